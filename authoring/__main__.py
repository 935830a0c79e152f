"""``python -m authoring schema [--check]``."""

import os
import sys
import tempfile

os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp()


def main() -> int:
    from authoring import schema

    for path, text in schema.files().items():
        path.write_text(text, "utf-8")
    return 0


sys.exit(main())
