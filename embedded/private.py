"""Files and folders that only their owner may read: the system's folder, its secrets and its state."""

import os
from pathlib import Path
from typing import Final

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600


def make_private_folder(folder: Path) -> None:
    """Create a folder that only its owner may enter; an existing one is closed to others.

    Raises:
        OSError: it can't be created, or belongs to another user.
    """
    folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o777 != FOLDER_MODE:
        folder.chmod(FOLDER_MODE)


def write_private(file: Path, text: str) -> None:
    """Write a file atomically; at no time can anybody but its owner read it.

    Args:
        file: path of the file; an existing one is replaced, whatever its mode.
        text: its new content.

    Raises:
        OSError: the disk is full, or the folder can't be written.
    """
    _draft(file, text).replace(file)


def create_private(file: Path, text: str) -> None:
    """Write a file like ``write_private``, but keep one that another process created meanwhile.

    Raises:
        OSError: the disk is full, or the folder can't be written.
    """
    draft = _draft(file, text)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _draft(file: Path, text: str) -> Path:
    """Write a text to a temporary file next to another one, and flush it to the disk."""
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    try:
        with os.fdopen(descriptor, "w") as output:
            output.write(text)
            output.flush()
            os.fsync(output.fileno())  # else a crash of the machine could leave it empty
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    return draft
