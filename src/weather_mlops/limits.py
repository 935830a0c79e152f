"""Size limits of everything that is read, and the functions that enforce them.

The sender decides how large something is: a gzip of 600 kB may hold 600 MB. Everything that comes from
outside of a process, or is unpacked in it, is read by ``read_at_most`` or ``gunzip_at_most``, with one of the
limits of this module. The longest legitimate response is a month of all 97 stations: 744 × 97 rows of 284
bytes, 20.5 MB.
"""

import io
import zlib
from gzip import GzipFile
from typing import Final, NamedTuple, Protocol

from weather_mlops.errors import FormatChanged, WeatherError

MIB: Final = 1 << 20
CHUNK: Final = MIB
GZIP: Final = b"\x1f\x8b"


class Limit(NamedTuple):
    """How large something may be.

    Attributes:
        size: bytes, unpacked.
        what: the name of the thing, for messages.
        reason: why the size is enough, for messages.
    """

    size: int
    what: str
    reason: str

    def __str__(self) -> str:
        return f"over {self.size // MIB} MiB, the limit of {self.what}: {self.reason}"


KMA_RESPONSE: Final = Limit(64 * MIB, "a response of the KMA", "a month of all stations has 20")
IMPORTED_FILE: Final = Limit(
    128 * MIB,
    "a file of observations",
    "half a year of all stations, or 50 years of one. Cut it into several files.",
)
IMPORTED_ARCHIVE: Final = Limit(16 * IMPORTED_FILE.size, "all files of a zip", "16 of the largest files")
RAW_RESPONSE: Final = Limit(IMPORTED_FILE.size, "a stored response", "imported files are stored as well")
RAW_PAGE: Final = Limit(
    32 * MIB, "a response shown in the browser", "a month of all stations has 20; read a longer one from S3"
)
DOCUMENT: Final = Limit(32 * MIB, "a document or a page on S3", "the largest one has some MB")
JSON_DOCUMENT: Final = Limit(
    16 * MIB, "a JSON document", "the forecasts of all stations and targets have about 4"
)
MODEL_FILE: Final = Limit(128 * MIB, "a file of a model", "the boosters of a lead have some MB")
STAGED_BATCH: Final = Limit(
    256 * MIB,
    "what a task stages for the next one",
    "a batch of a load, 400,000 rows, has 110",
)
TABLE_FILE: Final = Limit(
    2048 * MIB,
    "a file of a table, or a part of one",
    "a month of all stations has 2, written by others 10 times",
)
STAGED_TABLE: Final = Limit(
    2048 * MIB, "a staged table", "as many rows as are ever learned from, with all features, have 300"
)
BACKUP_MANIFEST: Final = Limit(MIB, "the manifest of a backup", "it has a line for each table")


class Readable(Protocol):
    """Anything that bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most ``size``; none at the end."""


def read_at_most(
    stream: Readable, limit: Limit, where: str = "", error: type[WeatherError] = FormatChanged
) -> bytes:
    """Read all of a stream that is no longer than a limit.

    Args:
        stream: the source; never more than the limit and a chunk is in memory.
        limit: upper limit of its size.
        where: name of the source, for the message.
        error: class of the error to raise.

    Raises:
        FormatChanged: the stream is longer than the limit; or ``error``.
    """
    chunks, size = [], 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > limit.size:
            raise error(f"{where}: {limit}" if where else str(limit))
        chunks.append(chunk)
    return b"".join(chunks)


def gunzip_at_most(
    body: bytes,
    limit: Limit,
    where: str = "",
    error: type[WeatherError] = FormatChanged,
    fix: str = "Restore it from a copy.",
) -> bytes:
    """Unpack a gzip, all members of it, that holds no more than a limit; other bytes stay as they are.

    Args:
        body: a gzip, or other bytes.
        limit: upper limit of the unpacked size.
        where: name of the source, for the message.
        error: class of the error to raise.
        fix: how to fix a damaged gzip, for the message.

    Raises:
        FormatChanged: the gzip is damaged, or holds more than the limit; or ``error``.
    """
    if not body.startswith(GZIP):
        return body
    try:
        with GzipFile(fileobj=io.BytesIO(body)) as file:
            return read_at_most(file, limit, where, error)
    except error:  # it may be a subclass of OSError
        raise
    except (OSError, EOFError, zlib.error) as damage:
        message = f"a damaged gzip: {damage}. {fix}"
        raise error(f"{where}: {message}" if where else message) from damage
