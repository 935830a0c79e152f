"""Which files of a folder are pipelines."""

import os
from pathlib import Path
from typing import Final

from weather_mlops.pipelines import limits
from weather_mlops.pipelines.findings import Finding
from weather_mlops.pipelines.keys import SHIPPED

DEFAULTS: Final = ("defaults.yml", "defaults.yaml")
"""dag-factory's names of the file that all pipelines share; the first existing one counts."""


def pipeline_files(folder: Path) -> list[Path]:
    """The pipelines of a folder, sorted by name, without defaults.yml and without hidden files of editors.

    At most ``limits.MAX_FILES``, of which the shipped ones come first.
    """
    return sorted(_all(folder)[: limits.MAX_FILES])


def check(folder: Path) -> list[Finding]:
    """A finding if there are more pipelines than are read."""
    files = _all(folder)
    return [limits.too_many_files(path, len(files)) for path in files[limits.MAX_FILES :][:1]]


def _all(folder: Path) -> list[Path]:
    """All pipelines of a folder: the shipped ones first, then by name."""
    files = [path for suffix in ("*.yml", "*.yaml") for path in folder.glob(suffix)]
    pipelines = [path for path in files if path.name not in DEFAULTS and not path.name.startswith(".")]
    return sorted(pipelines, key=lambda path: (path.stem not in SHIPPED.values(), path))


def text_of(file: Path) -> str:
    """A file's text; empty if it doesn't exist, can't be read, is too large, or isn't a file."""
    try:
        content = limits.read(file)
    except OSError:
        return ""
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else ""


def defaults_file(folder: Path) -> Path | None:
    """``defaults.yml`` of a folder, if it exists, even as a broken link."""
    return next((folder / name for name in DEFAULTS if os.path.lexists(folder / name)), None)
