"""The fast check as a command.

Usage: ``python -m weather_mlops.pipelines [folder] [--format text|json|github|sarif]``
"""

import argparse
import sys
from pathlib import Path

from weather_mlops.errors import Misconfigured
from weather_mlops.pipelines.findings import errors
from weather_mlops.pipelines.formats import FORMATS
from weather_mlops.pipelines.validation import validate


def main(arguments: list[str]) -> int:
    """Check a folder; 1 if a file has an error, 2 if nothing could be checked."""
    parser = argparse.ArgumentParser(prog="python -m weather_mlops.pipelines", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("pipelines"))
    parser.add_argument("--format", choices=FORMATS, default="text")
    chosen = parser.parse_args(arguments)
    if not chosen.folder.is_dir():
        parser.error(f"{chosen.folder} is not a folder: name the one with the pipelines")
    try:
        findings = validate(chosen.folder)
    except Misconfigured as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    sys.stdout.write(FORMATS[chosen.format](findings) + "\n")
    return 1 if errors(findings) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
