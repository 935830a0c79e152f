"""The file of a backup: a tar of one dump per database and a manifest that says what is in them.

``weather-20261127T033000Z.tar``, and beside it ``….tar.sha256``, which is written last: a tar without it is
no backup.
"""

import hashlib
import json
import re
import shutil
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from weather_mlops.errors import BackupUnusable

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
SEAL: Final = ".sha256"
_NAME: Final = re.compile(r"weather-(\d{8}T\d{6}Z)\.tar")
_TIME: Final = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Dump:
    """One database of a backup.

    Attributes:
        database: its name on the server that it came from.
        server: major version of that server.
        sha256: of the dump file.
        rows: of each table.
    """

    database: str
    server: int
    sha256: str
    rows: Mapping[str, int]


@dataclass(frozen=True)
class Manifest:
    """What a backup holds.

    Attributes:
        made_at: UTC.
        revision: of the code that ran, as far as it is known.
        dumps: by role.
    """

    made_at: datetime
    revision: str
    dumps: Mapping[str, Dump]

    def text(self) -> str:
        """As JSON."""
        told = {"format": FORMAT, "made_at": self.made_at.isoformat(), "revision": self.revision}
        return json.dumps(
            {**told, "dumps": {role: asdict(dump) for role, dump in self.dumps.items()}}, indent=1
        )

    @classmethod
    def read(cls, text: str, where: str) -> "Manifest":
        """From JSON.

        Raises:
            BackupUnusable: it is of another format.
        """
        try:
            told: dict[str, Any] = json.loads(text)
            if told["format"] != FORMAT:
                raise BackupUnusable(f"{where}: format {told['format']}; this code reads {FORMAT}")
            dumps = {role: Dump(**dump) for role, dump in told["dumps"].items()}
            if not all(role.isidentifier() for role in dumps):
                raise BackupUnusable(
                    f"{where}: its manifest names no databases of this project: {list(dumps)}"
                )
            return cls(datetime.fromisoformat(told["made_at"]), told["revision"], dumps)
        except (ValueError, KeyError, TypeError) as error:
            if isinstance(error, BackupUnusable):
                raise
            raise BackupUnusable(
                f"{where}: its manifest can't be read: {error}. Take another backup."
            ) from None


class Backup(NamedTuple):
    """A backup, by the name of its file."""

    name: str
    made_at: datetime


def name_of(made_at: datetime) -> str:
    """The name of a backup's file."""
    return f"weather-{made_at.astimezone(UTC):{_TIME}}.tar"


def sealed(names: Iterable[str]) -> list[Backup]:
    """The whole backups among files of these names, the newest first. Whatever else lies there is ignored."""
    known = set(names)
    found = []
    for name in known:
        match = _NAME.fullmatch(name)
        if match and name + SEAL in known:
            found.append(Backup(name, datetime.strptime(match[1], _TIME).replace(tzinfo=UTC)))
    return sorted(found, reverse=True)


def unsealed(names: Iterable[str]) -> list[str]:
    """Files that killed runs left: parts of backups, and none of other programs."""
    known = set(names)
    whole = {backup.name for backup in sealed(known)}
    ours = re.compile(rf"({_NAME.pattern})({re.escape(SEAL)})?(\.part)?")
    return sorted(
        name for name in known if (match := ours.fullmatch(name)) and (match[1] not in whole or match[4])
    )


def sha256_of(file: Path) -> str:
    """Of a file's content."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def seal_of(file: Path, name: str) -> str:
    """The line that ``sha256sum --check`` reads."""
    return f"{sha256_of(file)}  {name}\n"


def pack(manifest: Manifest, dumps: Mapping[str, Path], file: Path) -> None:
    """Write the tar."""
    listing = file.with_name(f"{file.name}.{MANIFEST}")
    try:
        listing.write_text(manifest.text())
        with tarfile.open(file, "w") as tar:
            tar.add(listing, MANIFEST)
            for role, dump in dumps.items():
                tar.add(dump, f"{role}.dump")
    finally:
        listing.unlink(missing_ok=True)


def unpack(file: Path, seal: str, folder: Path) -> tuple[Manifest, dict[str, Path]]:
    """Take a backup apart, after its checksum was compared.

    Args:
        file: the tar.
        seal: what lies beside it.
        folder: where the dumps go.

    Returns:
        What it says, and the dumps by role; each compared with its own checksum.

    Raises:
        BackupUnusable: it is damaged.
    """
    if seal.split()[:1] != [sha256_of(file)]:
        raise BackupUnusable(
            f"{file.name}: its SHA-256 is not that beside it: it is damaged. Take another backup."
        )
    try:
        with tarfile.open(file) as tar:
            manifest = Manifest.read(_member(tar, MANIFEST).read().decode(), file.name)
            dumps = {role: folder / f"{role}.dump" for role in manifest.dumps}
            for dump in dumps.values():
                with dump.open("wb") as output:
                    shutil.copyfileobj(_member(tar, dump.name), output)
    except (tarfile.TarError, OSError, KeyError, UnicodeDecodeError) as error:
        raise BackupUnusable(f"{file.name}: can't be taken apart: {error}. Take another backup.") from None
    for role, dump in dumps.items():
        if sha256_of(dump) != manifest.dumps[role].sha256:
            raise BackupUnusable(f"{file.name}: {dump.name} in it is damaged. Take another backup.")
    return manifest, dumps


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    """A file in a tar, by a name that is ours: no path of the tar's is ever followed."""
    content = tar.extractfile(name)
    if content is None:
        raise KeyError(f"{name} is no file")
    return content
