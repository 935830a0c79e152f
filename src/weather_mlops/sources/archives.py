"""Read files that are plain, gzipped or in a zip; unpacked one at a time, with a size limit."""

import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from weather_mlops import limits
from weather_mlops.errors import FileRefused
from weather_mlops.sources.quoting import escaped

# Some servers compress files twice.
_MOST_GZIPPED: Final = 2
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
# Errors of the decompressors for damaged data. zipfile doesn't catch ValueError and struct.error of its own
# parsing, and raises RuntimeError for a password.
_DAMAGE: Final = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, RuntimeError, struct.error,
)  # fmt: skip
# Files that macOS and Windows add to zips and folders.
_LITTER: Final = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_ENCRYPTED: Final = 0x1
# Encoding of names in zips of Korean Windows, unless they are flagged as UTF-8.
_NAMES: Final = "cp949"

Unpacked = tuple[str, bytes | FileRefused]
"""A name for messages (``months.zip:a.txt`` in a zip), and the bytes, or the reason why there are none."""


def unpacked(path: Path) -> Iterator[Unpacked]:
    """Yield the content of a file: itself, unpacked if it is a gzip, or each file of a zip.

    Damage and excess size are not raised, but yielded in place of the bytes, so that the other files can be
    read.
    """
    name = escaped(str(path))
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            what = "a folder: name the files in it" if stat.S_ISDIR(mode) else "not a file"
            yield name, FileRefused(f"{what}, as in FILES='{name}/*'" if stat.S_ISDIR(mode) else what)
            return
        with path.open("rb") as file:
            is_zip = file.read(len(_ZIP[0])) in _ZIP
    except OSError as error:
        yield name, FileRefused(f"can't be opened: {error.strerror or error}")
        return
    yield from _members(path) if is_zip else [(name, _file(path))]


def ungzipped(body: bytes) -> bytes:
    """Unpack bytes that are gzipped once or twice; other bytes stay as they are.

    Raises:
        FileRefused: the gzip is damaged, too large, or gzipped more than twice.
    """
    for _ in range(_MOST_GZIPPED):
        body = _ungzipped(body)
    if body.startswith(limits.GZIP):
        raise FileRefused(f"gzipped more than {_MOST_GZIPPED} times: unpack it first")
    return body


def _ungzipped(body: bytes) -> bytes:
    if body == limits.GZIP[:1]:
        raise FileRefused("a gzip cut off after its first byte. Download or copy it again.")
    again = "Download or copy it again."
    return limits.gunzip_at_most(body, limits.IMPORTED_FILE, error=FileRefused, fix=again)


def _file(path: Path) -> bytes | FileRefused:
    try:
        with path.open("rb") as file:
            return ungzipped(limits.read_at_most(file, limits.IMPORTED_FILE, error=FileRefused))
    except FileRefused as refused:
        return refused
    except OSError as error:
        return FileRefused(f"can't be read: {error.strerror or error}")


def _members(path: Path) -> Iterator[Unpacked]:
    shown = escaped(str(path))
    try:
        archive = _opened(path)
    except _DAMAGE as error:
        yield shown, FileRefused(f"a damaged zip: {error}. Download or copy it again.")
        return
    with archive:
        infos = [
            info
            for info in archive.infolist()
            if not info.filename.endswith("/") and not _is_litter(info.filename)
        ]
        if "[Content_Types].xml" in archive.namelist():
            yield shown, FileRefused("a workbook of Excel: save its sheet as CSV")
            return
        if not infos:
            yield shown, FileRefused("a zip without a file in it")
        left = limits.IMPORTED_ARCHIVE.size
        for info in infos:
            name = f"{shown}:{escaped(info.filename)}"
            if left <= 0:
                yield name, FileRefused(f"the zip has {limits.IMPORTED_ARCHIVE}. Unpack it first.")
                return
            body = _member(archive, info)
            # A refused file may have been unpacked up to the limit, or up to its announced size.
            left -= len(body) if isinstance(body, bytes) else min(info.file_size, limits.IMPORTED_FILE.size)
            yield name, body


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path, metadata_encoding=_NAMES)
    except UnicodeDecodeError:
        return zipfile.ZipFile(path)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes | FileRefused:
    if info.flag_bits & _ENCRYPTED:
        return FileRefused("in a zip with a password: unpack it first")
    if info.compress_type not in _METHODS:
        return FileRefused(f"packed by method {info.compress_type}, which isn't known: unpack it first")
    try:
        with archive.open(info) as file:
            body = limits.read_at_most(file, limits.IMPORTED_FILE, error=FileRefused)
        if body.startswith(_ZIP):
            return FileRefused("a zip in a zip: unpack it first")
        return ungzipped(body)
    except FileRefused as refused:
        return refused
    except _DAMAGE as error:
        return FileRefused(f"damaged in the zip: {error}. Download or copy the zip again.")


def _is_litter(name: str) -> bool:
    return name.startswith(_LITTER[0]) or name.rpartition("/")[2] in _LITTER
