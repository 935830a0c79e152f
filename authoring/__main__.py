"""``make validate`` and ``make schema``, and the search for words that the project doesn't use.

Usage: ``python -m authoring validate [folder] [--format text|json|github|sarif]``, ``python -m authoring
schema [--check]``, ``python -m authoring words [--count] [path...]``, and ``python -m authoring outline``.
Airflow is imported only where it is needed: by the schema, and by the full check of files that have passed
the fast one.
"""

import argparse
import contextlib
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

from authoring import outline
from authoring.wording import command
from weather_mlops.pipelines.findings import Finding, errors
from weather_mlops.pipelines.formats import FORMATS
from weather_mlops.pipelines.validation import validate

PROJECT = Path(__file__).resolve().parents[1]


def main(arguments: list[str]) -> int:
    """Run the command; 1 if there is something to fix, else 0."""
    parser = argparse.ArgumentParser(prog="python -m authoring", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("validate", help="check pipelines")
    check.add_argument("folder", nargs="?", type=Path, default=Path("pipelines"))
    check.add_argument("--format", choices=FORMATS, default="text")
    schema = commands.add_parser("schema", help="write schemas/ and the reference pages")
    schema.add_argument("--check", action="store_true", help="write nothing; exit with 1 if they are stale")
    words = commands.add_parser("words", help="find words that the project doesn't use (authoring/wording)")
    words.add_argument("paths", nargs="*", type=Path, help="files and folders; default: the whole project")
    words.add_argument("--count", action="store_true", help="print how often, by word and by folder")
    commands.add_parser("outline", help="convert the land of the maps again, from packages of npm")
    chosen = parser.parse_args(arguments)
    if chosen.command == "words":
        return command.run(PROJECT, chosen.paths, count=chosen.count)
    if chosen.command == "outline":
        outline.write(PROJECT / "src/weather_mlops/pages/charts/korea.json")
        return 0
    if chosen.command == "schema":
        return write_schema(check=chosen.check)
    if not chosen.folder.is_dir():
        parser.error(f"{chosen.folder} is not a folder: name the one with the pipelines")
    findings = validate(chosen.folder)
    if not errors(findings):
        findings = sorted([*findings, *_full(chosen.folder)])
    sys.stdout.write(FORMATS[chosen.format](findings) + "\n")
    return 1 if errors(findings) else 0


def write_schema(*, check: bool) -> int:
    """Write schemas and pages, or only check whether they are up to date."""
    with airflow_aside():
        from authoring import pages, schema  # noqa: PLC0415  they import Airflow

        files = schema.files()
        files |= pages.files(files)
    stale = [path for path, text in files.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in stale:
        sys.stdout.write(f"{path.relative_to(PROJECT)}: {'stale: run make schema' if check else 'written'}\n")
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(files[path], "utf-8")
    return 1 if check and stale else 0


def _full(folder: Path) -> list[Finding]:
    with airflow_aside():
        from authoring import full  # noqa: PLC0415  it imports Airflow

        return full.build(folder)


@contextlib.contextmanager
def airflow_aside() -> Iterator[None]:
    """Use Airflow with a temporary home: without settings from elsewhere, without warnings."""
    for name in [name for name in os.environ if name.startswith("AIRFLOW_")]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as home, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        os.environ |= {
            "AIRFLOW_HOME": home,
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
            "DO_NOT_TRACK": "1",
        }
        sys.path[:0] = [str(PROJECT / "plugins")]
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
