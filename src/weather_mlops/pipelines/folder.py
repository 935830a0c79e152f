"""Which files of a folder are pipelines."""

import os
from pathlib import Path
from typing import Final

from weather_mlops.pipelines import limits
from weather_mlops.pipelines.findings import Finding
from weather_mlops.pipelines.keys import SHIPPED

DEFAULTS: Final = ("defaults.yml", "defaults.yaml")
"""dag-factory's names of the file that all pipelines share; the first that is there counts."""


def pipeline_files(folder: Path) -> list[Path]:
    """The pipelines of a folder, by name, without what they share and without the hidden files of editors.

    Of more than ``limits.MAX_FILES`` the first ones; those that the project ships are among them.
    """
    return sorted(_all(folder)[: limits.MAX_FILES])


def check(folder: Path) -> list[Finding]:
    """Whether there are more pipelines than can be read."""
    found = _all(folder)
    return [limits.too_many_files(path, len(found)) for path in found[limits.MAX_FILES :][:1]]


def _all(folder: Path) -> list[Path]:
    """All pipelines of a folder: those that the project ships, then by name."""
    found = [path for suffix in ("*.yml", "*.yaml") for path in folder.glob(suffix)]
    pipelines = [path for path in found if path.name not in DEFAULTS and not path.name.startswith(".")]
    return sorted(pipelines, key=lambda path: (path.stem not in SHIPPED.values(), path))


def text_of(file: Path) -> str:
    """A file's text; none of one that isn't there, can't be read, is too large, or is no file."""
    try:
        content = limits.read(file)
    except OSError:
        return ""
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else ""


def defaults_file(folder: Path) -> Path | None:
    """What the pipelines of a folder share, if they share anything; also a link that leads nowhere."""
    return next((folder / name for name in DEFAULTS if os.path.lexists(folder / name)), None)
