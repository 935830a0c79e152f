"""The project's own files, in a folder of a test."""

import shutil
from pathlib import Path

from embedded.components import PROJECT


def copied_project(folder: Path) -> Path:
    """What Airflow reads of the project, to be changed by a test."""
    for name in ("dags", "pipelines", "plugins", "schemas", "expectations"):
        shutil.copytree(PROJECT / name, folder / name)
    return folder
