"""Free space on the disk of the system, watched while it runs: it stops before a write fails."""

import shutil
from pathlib import Path
from typing import Final

from embedded.services import ServiceError

NEEDED_BYTES: Final = 1_000_000_000
"""Below it nothing starts, and what runs prints a warning: there is still time to act."""
STOP_BYTES: Final = 250_000_000
"""Below it everything stops. The largest write of a task is a model, 80 MB of boosters in a temporary folder
and again on S3: it still fits, and so does what the parts write as they end. SQLite loses nothing on a full
disk, but Airflow's parts end one by one when they can't write."""
MAKE_ROOM: Final = "Make room on this disk; logs of old runs in {folder}/airflow/logs may be deleted"


def free_bytes(folder: Path) -> int:
    """Free bytes on a folder's disk; the folder need not exist yet."""
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(existing).free


def shown(free: int) -> str:
    """Free space in the unit that people count in."""
    return f"{free / 1e9:.1f} GB" if free >= NEEDED_BYTES else f"{free / 1e6:.0f} MB"


def require_space(folder: Path) -> None:
    """See that there is space to start.

    Raises:
        ServiceError: there isn't.
    """
    if (free := free_bytes(folder)) < NEEDED_BYTES:
        raise ServiceError(
            f"{shown(free)} free at {folder}: {shown(NEEDED_BYTES)} needed. {MAKE_ROOM.format(folder=folder)}"
        )


class SpaceWatch:
    """Says when free space becomes low, once, and when there is enough again.

    Args:
        folder: of the system.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._low = False

    def news(self) -> str | None:
        """A line where something changed since the last call.

        Raises:
            ServiceError: there is so little that everything must stop.
        """
        free = free_bytes(self._folder)
        if free < STOP_BYTES:
            raise ServiceError(
                f"the disk is full: {shown(free)} free at {self._folder}. Everything stops before a write to "
                f"a database fails. {MAKE_ROOM.format(folder=self._folder)}, then start again"
            )
        if self._low == (free < NEEDED_BYTES):
            return None
        self._low = not self._low
        if not self._low:
            return f"Enough disk space again: {shown(free)} free at {self._folder}"
        return low_space(free, self._folder)


def low_space(free: int, folder: Path) -> str:
    """What to do about little free space."""
    return (
        f"Low disk space: {shown(free)} free at {folder}; everything stops below {shown(STOP_BYTES)}. "
        f"{MAKE_ROOM.format(folder=folder)}."
    )
