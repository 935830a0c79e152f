"""What only its owner may read: the folder of the system, and the files with its secrets and its state."""

import os
from pathlib import Path
from typing import Final

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600


def make_private_folder(folder: Path) -> None:
    """Make a folder that only its owner may enter; one that exists is closed to others.

    Raises:
        OSError: it can't be made, or belongs to somebody else.
    """
    folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o777 != FOLDER_MODE:
        folder.chmod(FOLDER_MODE)


def write_private(file: Path, text: str) -> None:
    """Write a file as a whole, or not at all; nobody but its owner can read it at any moment.

    Args:
        file: the file; one that exists is replaced, whatever its mode.
        text: what it will hold.

    Raises:
        OSError: the disk is full, or the folder can't be written.
    """
    _draft(file, text).replace(file)


def create_private(file: Path, text: str) -> None:
    """The same, where there is no such file; one that another process made meanwhile stays as it is.

    Raises:
        OSError: as of ``write_private``.
    """
    draft = _draft(file, text)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _draft(file: Path, text: str) -> Path:
    """A file next to another one, on the disk as a whole."""
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
