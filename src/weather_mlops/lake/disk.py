"""Detect a full disk: unlike other faults of storage, waiting doesn't help, somebody must make room."""

import errno
import shutil
import sqlite3
from typing import Final

from weather_mlops.errors import StorageRefused
from weather_mlops.settings import LocalData

FULL_BYTES: Final = 64_000_000
"""Free space below which a failed write is attributed to the disk: the S3 server writes several blocks of
4 MB at once, and has removed those of the failed write before it answers."""
_POSTGRES_DISK_FULL: Final = "53100"  # https://www.postgresql.org/docs/current/errcodes-appendix.html


def storage_full(where: str, reason: str) -> StorageRefused:
    """The error of a full disk.

    Args:
        where: what was being written.
        reason: error message of the system that has no room.
    """
    folder = LocalData().weather_data_folder
    if folder is None or not folder.exists():
        disk = "the disk is full"
    else:
        free = shutil.disk_usage(folder).free / 1e6
        disk = f"the disk of {folder} is full ({free:.0f} MB free)"
    return StorageRefused(f"{where}: {reason}: {disk}. Make room on it, then run this again.")


def data_disk_is_full() -> bool:
    """Whether the disk of S3 and the catalog is full; False where it isn't on this machine, or doesn't exist.

    The embedded S3 server answers with the same error, InternalError, whatever the reason.
    """
    folder = LocalData().weather_data_folder
    return folder is not None and folder.exists() and shutil.disk_usage(folder).free < FULL_BYTES


def says_disk_is_full(error: BaseException | None) -> bool:
    """Whether an error of the operating system, of SQLite or of PostgreSQL says that the disk is full."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT}
    return getattr(error, "pgcode", None) == _POSTGRES_DISK_FULL
