"""Encryption of a dump with a passphrase, by the command ``openssl``: it can be decrypted without this code.

AES-256-CBC; its key is derived by PBKDF2. CBC alone doesn't detect a changed file: the signature of the
backup and the checksum of each dump do (``archive.py``).
"""

import os
import subprocess
from pathlib import Path
from typing import Final

from weather_mlops.errors import BackupUnusable, Misconfigured

PASSPHRASE: Final = "BACKUP_PASSPHRASE"  # noqa: S105  a variable's name
# The count is OWASP's for PBKDF2 with SHA-256. docs/operations.md gives the same options.
_OPENSSL: Final = (
    "openssl",
    "enc",
    "-aes-256-cbc",
    "-pbkdf2",
    "-iter",
    "600000",
    "-pass",
    f"env:{PASSPHRASE}",
)


def encrypt(plain: Path, encrypted: Path, passphrase: str) -> None:
    """Encrypt a file.

    Raises:
        Misconfigured: ``openssl`` is missing.
        OSError: the file can't be written.
    """
    error = _openssl(["-in", str(plain), "-out", str(encrypted)], passphrase)
    if error:
        raise OSError(f"openssl can't write {encrypted}: {error}")


def decrypt(encrypted: Path, plain: Path, passphrase: str, backup: str) -> None:
    """Decrypt a file that ``encrypt`` wrote.

    Args:
        encrypted: the encrypted file.
        plain: path of the decrypted file.
        passphrase: passphrase that it was encrypted with.
        backup: name of the backup, for messages.

    Raises:
        Misconfigured: ``openssl`` is missing.
        BackupUnusable: the passphrase is another one, or the file is damaged.
    """
    if _openssl(["-d", "-in", str(encrypted), "-out", str(plain)], passphrase):
        raise BackupUnusable(
            f"{backup}: can't be decrypted with this {PASSPHRASE}. Add the one to .env that was set when it "
            "was made."
        )


def _openssl(options: list[str], passphrase: str) -> str:
    """Run openssl; the passphrase is passed in its environment, which no process list shows.

    Returns:
        Its error output; empty after success.
    """
    try:
        done = subprocess.run(  # noqa: S603  fixed options and our own paths
            [*_OPENSSL, *options],
            env={**os.environ, PASSPHRASE: passphrase},
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError:
        raise Misconfigured(
            "openssl is not installed: add it to the image, or unset BACKUP_PASSPHRASE"
        ) from None
    return "" if done.returncode == 0 else done.stderr.strip() or f"exit status {done.returncode}"
