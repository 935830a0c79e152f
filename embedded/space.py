"""Free space on the system's disk, watched while it runs: the system stops before a write fails."""

import shutil
from pathlib import Path
from typing import Final

from embedded.services import ServiceError

NEEDED_BYTES: Final = 1_000_000_000
"""Below this, nothing starts, and a running system prints a warning: there is still time to act."""
STOP_BYTES: Final = 250_000_000
"""Below this, everything stops. The largest write of a task is a model, 80 MB of boosters in a temporary
folder and again on S3: it still fits, and so does what the services write as they end. SQLite loses nothing
on a full disk, but Airflow's components end one by one if they can't write."""
MAKE_ROOM: Final = "Make room on this disk; logs of old runs in {folder}/airflow/logs may be deleted"


def free_bytes(folder: Path) -> int:
    """Return the free bytes on a folder's disk; the folder need not exist yet."""
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(existing).free


def shown(free: int) -> str:
    """Format free space with a suitable unit."""
    return f"{free / 1e9:.1f} GB" if free >= NEEDED_BYTES else f"{free / 1e6:.0f} MB"


def require_space(folder: Path) -> None:
    """Check that there is enough space to start.

    Raises:
        ServiceError: there isn't.
    """
    if (free := free_bytes(folder)) < NEEDED_BYTES:
        raise ServiceError(
            f"{shown(free)} free at {folder}: {shown(NEEDED_BYTES)} needed. {MAKE_ROOM.format(folder=folder)}"
        )


class SpaceWatch:
    """Reports once when free space becomes low, and when there is enough again.

    Args:
        folder: folder of the system.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._low = False

    def news(self) -> str | None:
        """Return a line if something changed since the last call; else None.

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
    """Return the warning about low free space, with what to do."""
    return (
        f"Low disk space: {shown(free)} free at {folder}; everything stops below {shown(STOP_BYTES)}. "
        f"{MAKE_ROOM.format(folder=folder)}."
    )
