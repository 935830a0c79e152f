"""Which files of a folder are pipelines."""

from pathlib import Path
from typing import Final

DEFAULTS: Final = ("defaults.yml", "defaults.yaml")
"""dag-factory's names of the file that all pipelines share; the first that is there counts."""


def pipeline_files(folder: Path) -> list[Path]:
    """The pipelines of a folder, by name, without what they share."""
    found = [path for suffix in ("*.yml", "*.yaml") for path in folder.glob(suffix)]
    return sorted(path for path in found if path.name not in DEFAULTS)


def defaults_file(folder: Path) -> Path | None:
    """What the pipelines of a folder share, if they share anything."""
    return next((folder / name for name in DEFAULTS if (folder / name).exists()), None)
