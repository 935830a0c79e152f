"""Which files of a folder are pipelines."""

from pathlib import Path
from typing import Final

DEFAULTS: Final = ("defaults.yml", "defaults.yaml")
"""dag-factory's names of the file that all pipelines share; the first that is there counts."""


def pipeline_files(folder: Path) -> list[Path]:
    """The pipelines of a folder, by name, without what they share and without the hidden files of editors."""
    found = [path for suffix in ("*.yml", "*.yaml") for path in folder.glob(suffix)]
    return sorted(path for path in found if path.name not in DEFAULTS and not path.name.startswith("."))


def text_of(file: Path) -> str:
    """As much of a file's text as can be read: none of one that isn't there, or of a folder."""
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""


def defaults_file(folder: Path) -> Path | None:
    """What the pipelines of a folder share, if they share anything."""
    return next((folder / name for name in DEFAULTS if (folder / name).exists()), None)
