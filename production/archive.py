"""The file of a backup: a tar of one dump per database, and a manifest that describes them.

``weather-20261127T033000Z.tar``, and next to it ``….tar.sha256``, which is written last: a tar without it is
not a complete backup. That file, the seal, has two lines:

- the SHA-256 of the tar and its name, as ``sha256sum --check`` reads them: against damage;
- a comment with the HMAC-SHA-256 of that line, by the key ``BACKUP_KEY``: against forgery. Somebody who can
  write to the bucket can neither forge a backup nor give an older one a newer name.
"""

import hashlib
import hmac
import re
import shutil
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from production import encryption
from weather_mlops import limits
from weather_mlops.errors import BackupUnusable

MANIFEST: Final = "manifest.json"
SEAL: Final = ".sha256"
ENCRYPTED: Final = ".enc"
_SIGNATURE: Final = "# HMAC-SHA-256: "
_NAME: Final = re.compile(r"weather-(\d{8}T\d{6}Z)\.tar")
_TIME: Final = "%Y%m%dT%H%M%SZ"
# Errors that tarfile raises for damaged archives. The last four come from crafted headers: chained long names
# exceed the recursion limit, and numbers are parsed without a check.
_TAR_ERRORS: Final = (
    tarfile.TarError,
    OSError,
    KeyError,
    ValueError,
    OverflowError,
    AttributeError,
    RecursionError,
)


@dataclass(frozen=True)
class Keys:
    """The secrets of backups, from ``.env``.

    Attributes:
        signing: key of the HMAC.
        passphrase: passphrase of the dumps; None = they are not encrypted.
    """

    signing: bytes = field(repr=False)
    passphrase: str | None = field(default=None, repr=False)


class Dump(BaseModel):
    """One database of a backup.

    Attributes:
        database: its name on the server that was dumped.
        server: major version of that server.
        sha256: checksum of the dump file before encryption.
        rows: number of rows of each table.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    database: str
    server: int
    sha256: str
    rows: Mapping[str, int]


class BackupManifest(BaseModel):
    """The contents of a backup.

    Attributes:
        format: version of this document and the tar.
        made_at: time of the backup (UTC).
        revision: revision of the code that ran; empty if unknown.
        dumps: dumps by role of the database.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: Literal[1] = 1
    made_at: AwareDatetime
    revision: str
    dumps: Mapping[str, Dump]

    @classmethod
    def read(cls, text: bytes, where: str) -> "BackupManifest":
        """Parse the JSON of a manifest.

        Args:
            text: the JSON.
            where: name of the backup, for messages.

        Raises:
            BackupUnusable: it isn't a manifest of this format.
        """
        try:
            manifest = cls.model_validate_json(text)
        except ValidationError as error:
            fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
            location = ".".join(map(str, fault["loc"]))
            raise BackupUnusable(
                f"{where}: its manifest can't be read: {location}: {fault['msg']}. Use another backup."
            ) from None
        if not all(role.isidentifier() for role in manifest.dumps):
            raise BackupUnusable(
                f"{where}: its manifest names no databases of this project: {list(manifest.dumps)}"
            )
        return manifest


class Backup(NamedTuple):
    """A backup: the name of its file, and its time."""

    name: str
    made_at: datetime


def name_of(made_at: datetime) -> str:
    """Return the file name of a backup."""
    return f"weather-{made_at.astimezone(UTC):{_TIME}}.tar"


def complete(names: Iterable[str]) -> list[Backup]:
    """Return the complete backups among file names, the newest first; other files are ignored."""
    known = set(names)
    backups = []
    for name in known:
        match = _NAME.fullmatch(name)
        if match and name + SEAL in known:
            backups.append(Backup(name, datetime.strptime(match[1], _TIME).replace(tzinfo=UTC)))
    return sorted(backups, reverse=True)


def incomplete(names: Iterable[str]) -> list[str]:
    """Return the files of incomplete backups, which killed runs left; none of other programs."""
    known = set(names)
    whole = {backup.name for backup in complete(known)}
    ours = re.compile(rf"({_NAME.pattern})({re.escape(SEAL)})?(\.part)?")
    return sorted(
        name for name in known if (match := ours.fullmatch(name)) and (match[1] not in whole or match[4])
    )


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def seal_of(file: Path, name: str, key: bytes) -> str:
    """Make the seal of a tar.

    Args:
        file: the tar.
        name: the name that it will have; it is signed with the content.
        key: key of the HMAC.

    Returns:
        The text of the seal.
    """
    checksum = f"{sha256_of(file)}  {name}\n"
    return f"{checksum}{_SIGNATURE}{_signature(checksum, key)}\n"


def check_seal(file: Path, seal: str, key: bytes, *, unverified: bool = False) -> None:
    """Compare a tar with its seal.

    Args:
        file: the tar.
        seal: the text of its seal.
        key: key of the HMAC.
        unverified: whether to check for damage only, and not the signature.

    Raises:
        BackupUnusable: it is damaged, not signed, or signed with another key.
    """
    checksum, _, signature = seal.partition("\n")
    if checksum.split()[:1] != [sha256_of(file)]:
        raise BackupUnusable(
            f"{file.name}: its SHA-256 differs from that in {file.name}{SEAL}: it is damaged. "
            "Use another backup."
        )
    if unverified:
        return
    if not signature.startswith(_SIGNATURE):
        raise BackupUnusable(
            f"{file.name}: it is not signed: made before backups were signed, or by somebody else. Only if "
            f"you know where it comes from: make restore FILE={file.name} UNVERIFIED=1"
        )
    expected = _signature(f"{sha256_of(file)}  {file.name}\n", key)
    if not hmac.compare_digest(signature.removeprefix(_SIGNATURE).strip().encode(), expected.encode()):
        raise BackupUnusable(
            f"{file.name}: its signature isn't of this content, this name and the BACKUP_KEY of .env: the "
            "file was renamed or forged, or the key is another one. Only if you know where it comes from: "
            f"make restore FILE={file.name} UNVERIFIED=1"
        )


def _signature(checksum: str, key: bytes) -> str:
    return hmac.digest(key, checksum.encode(), "sha256").hex()


def pack(manifest: BackupManifest, dumps: Mapping[str, Path], file: Path, passphrase: str | None) -> None:
    """Write the tar.

    Args:
        manifest: its manifest.
        dumps: dumps by role. Each is removed after its encryption, so that the disk needs no room for both.
        file: the tar.
        passphrase: passphrase of the dumps; None = they are not encrypted.

    Raises:
        Misconfigured: ``openssl`` is missing.
        OSError: a file can't be written.
    """
    listing = file.with_name(f"{file.name}.{MANIFEST}")
    try:
        listing.write_text(manifest.model_dump_json(indent=1))
        with tarfile.open(file, "w") as tar:
            tar.add(listing, MANIFEST)
            for role, dump in dumps.items():
                if passphrase is None:
                    tar.add(dump, f"{role}.dump")
                    continue
                encrypted = dump.with_name(dump.name + ENCRYPTED)
                encryption.encrypt(dump, encrypted, passphrase)
                dump.unlink()
                tar.add(encrypted, f"{role}.dump{ENCRYPTED}")
                encrypted.unlink()
    finally:
        listing.unlink(missing_ok=True)


def unpack(
    file: Path, seal: str, folder: Path, keys: Keys, *, unverified: bool = False
) -> tuple[BackupManifest, dict[str, Path]]:
    """Check the seal of a backup, and extract it.

    Args:
        file: the tar.
        seal: the text of its seal.
        folder: folder for the dumps.
        keys: keys that verify and decrypt it.
        unverified: whether to check for damage only, and not the signature.

    Returns:
        Its manifest, and the decrypted dumps by role; each has been compared with its checksum.

    Raises:
        BackupUnusable: it is damaged, forged, or encrypted with a passphrase that ``keys`` lacks.
        Misconfigured: ``openssl`` is missing.
    """
    check_seal(file, seal, keys.signing, unverified=unverified)
    try:
        with tarfile.open(file, "r:") as tar:  # "r:" = not compressed: a small file stays small
            manifest = BackupManifest.read(_content(tar, MANIFEST, file.name), file.name)
            members = {role: _member(tar, f"{role}.dump") for role in manifest.dumps}
            for member in members.values():
                _extract(tar, member, folder / member.name)
    except BackupUnusable:
        raise
    except _TAR_ERRORS as error:
        raise BackupUnusable(
            f"{file.name}: can't be extracted: {type(error).__name__}: {error}. Use another backup."
        ) from None
    dumps = {role: _decrypted(file, folder / member.name, keys) for role, member in members.items()}
    for role, dump in dumps.items():
        if sha256_of(dump) != manifest.dumps[role].sha256:
            raise BackupUnusable(
                f"{file.name}: {dump.name} in it is damaged, or was encrypted with another "
                f"{encryption.PASSPHRASE}. Use another backup."
            )
    return manifest, dumps


def _decrypted(file: Path, dump: Path, keys: Keys) -> Path:
    """Decrypt a dump if it is encrypted; return the path of the plain dump."""
    if dump.suffix != ENCRYPTED:
        return dump
    if keys.passphrase is None:
        raise BackupUnusable(
            f"{file.name}: it is encrypted, and {encryption.PASSPHRASE} is not set: add the one to .env "
            "that was set when it was made"
        )
    plain = dump.with_suffix("")
    encryption.decrypt(dump, plain, keys.passphrase, file.name)
    dump.unlink()
    return plain


def _member(tar: tarfile.TarFile, name: str) -> tarfile.TarInfo:
    """Return a regular file in a tar, plain or encrypted.

    The name is given by us: no path or link of the tar is followed.

    Raises:
        KeyError: there is no such file.
    """
    names = tar.getnames()
    member = tar.getmember(name if name in names else name + ENCRYPTED)
    # A sparse file would be extracted to any size that its header names.
    if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or member.issparse():
        raise KeyError(f"{name} is not a regular file")
    return member


def _content(tar: tarfile.TarFile, name: str, where: str) -> bytes:
    member = _member(tar, name)
    content = tar.extractfile(member)
    if content is None:
        raise KeyError(f"{name} is no file")
    return limits.read_at_most(content, limits.BACKUP_MANIFEST, where, BackupUnusable)


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, to: Path) -> None:
    content = tar.extractfile(member)
    if content is None:
        raise KeyError(f"{member.name} is no file")
    with to.open("wb") as output:
        shutil.copyfileobj(content, output)
