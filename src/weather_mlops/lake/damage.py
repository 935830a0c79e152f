"""Find the file of a table that is missing or damaged, and name the command that repairs it.

A damaged file makes PyIceberg, its Avro reader and pyarrow raise about a dozen types of exceptions,
SystemError and OSError among them, and few name the file. So neither type nor message decides: after a
failure, the files that were opened meanwhile are read again one by one, each with the reader of its format.
"""

import re
import zlib
from calendar import monthrange
from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Lock
from typing import TYPE_CHECKING, Final

from pyiceberg.exceptions import ResolveError, ValidationError

from weather_mlops.errors import ObjectDamaged, StorageRefused, WeatherError
from weather_mlops.limits import TABLE_FILE

if TYPE_CHECKING:
    from enum import Enum

    from pyiceberg.table.metadata import TableMetadata

    from weather_mlops.lake.file_io import S3File

REMEMBERED: Final = 10_000  # files; 20 years of months are 240 in each table
FAILURES: Final = (
    OSError,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    SystemError,
    MemoryError,
    zlib.error,
    ResolveError,
    ValidationError,
)
"""What readers raise on damaged files."""

TAKE_UP: Final = "`make tables` (in production `make restore-tables`)"
"""The command of ``lake/recovery.py``, in messages."""

_MONTH: Final = re.compile(r"/(\w+)_month=(\d{4}-\d{2})/")
_OF_KMA_FORECASTS: Final = "/warehouse/weather/kma_forecast"
"""Begins the names of the KMA's forecast's tables, whose rows are in raw, unlike those of our forecasts."""
_ALLOCATION: Final = re.compile(r"size (\d+)")
"""In Arrow's message, "malloc of size 4096 failed"."""
_LONGEST: Final = 200  # characters of a library's message


class Opened:
    """The files of tables that this process opened last; thread-safe."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, tuple[int, S3File]] = OrderedDict()
        self._count = 0
        self._lock = Lock()

    def add(self, file: "S3File") -> None:
        """Remember a file that is about to be read."""
        with self._lock:
            self._count += 1
            self._files[file.location] = (self._count, file)
            self._files.move_to_end(file.location)
            if len(self._files) > REMEMBERED:
                self._files.popitem(last=False)

    def mark(self) -> int:
        """A mark of the current position, for ``since``."""
        return self._count

    def since(self, mark: int) -> list["S3File"]:
        """Files that were opened after a mark."""
        with self._lock:
            return [file for number, file in self._files.values() if number > mark]


opened: Final = Opened()


def first_problem(files: Iterable["S3File"]) -> str | None:
    """Describe the first file that can't be read, and how to repair it; None if all can be read.

    Raises:
        StorageUnavailable, StorageRefused: S3 doesn't answer, or refuses.
    """
    for file in files:
        if (problem := problem_of(file)) is not None:
            return f"{file.location} {problem}. {_repair(file.location)}"
    return None


def problem_of(file: "S3File") -> str | None:
    """Describe why a file can't be read (missing, or damaged); None if it can be.

    Args:
        file: metadata, manifest list, manifest or Parquet; other files are only checked for existence.

    Raises:
        StorageUnavailable, StorageRefused: S3 doesn't answer, or refuses; or this process lacks memory, file
            handles or threads, which is no fault of the file.
    """
    file.forget()
    try:
        _read(file)
    except FileNotFoundError:
        return "is missing"
    except WeatherError:
        raise
    except FAILURES as error:
        file.forget()  # it may be replaced by a copy
        if _is_shortage(error):
            raise StorageRefused(
                f"{file.location} can't be read here: {str(error) or type(error).__name__}. "
                "The file isn't damaged: free memory, or raise the process limit, then run this again."
            ) from error
        reason = " ".join(str(error).split()) or type(error).__name__
        return f"is damaged ({reason[:_LONGEST]})"
    return None


def _is_shortage(error: BaseException) -> bool:
    """Whether a reader failed because the process lacks resources, rather than because of the file.

    A damaged file can request more memory than any file of a table needs. For damage, readers raise OSError
    without errno; one with errno comes from the operating system.
    """
    if isinstance(error, MemoryError):
        size = _ALLOCATION.search(str(error))
        return size is None or int(size[1]) <= TABLE_FILE.size
    if isinstance(error, OSError):
        return error.errno is not None
    return isinstance(error, RuntimeError) and "new thread" in str(error)


def metadata_of(file: "S3File") -> "TableMetadata":
    """Read a metadata file.

    Raises:
        ObjectDamaged: it is missing or can't be read.
        StorageUnavailable, StorageRefused: S3 doesn't answer, or refuses.
    """
    from pyiceberg.serializers import FromInputFile  # noqa: PLC0415

    if (problem := problem_of(file)) is not None:
        raise ObjectDamaged(f"{file.location} {problem}")
    return FromInputFile.table_metadata(file)


def _read(file: "S3File") -> None:
    # Needed only after a failure, and slow to import (half a second).
    import pyarrow.parquet as pq  # noqa: PLC0415
    from pyiceberg.io.pyarrow import pyarrow_to_schema  # noqa: PLC0415
    from pyiceberg.serializers import FromInputFile  # noqa: PLC0415

    if file.location.endswith(".metadata.json"):
        FromInputFile.table_metadata(file)
    elif file.location.endswith(".avro"):
        with file.open():  # checks it
            pass
    elif file.location.endswith(".parquet"):
        with file.open() as stream:
            table = pq.read_table(stream)
        table.validate(full=True)
        pyarrow_to_schema(table.schema)
    elif not file.exists():
        raise FileNotFoundError(file.location)


def check_avro(location: str, body: bytes) -> None:
    """Make sure that a manifest list or a manifest can be decoded to its last byte.

    PyIceberg's own reader doesn't check this: it accepts a truncated file as a shorter one, and its decoder
    in C trusts the lengths in the file, so that it reads out of bounds and the process dies. The decoder used
    here checks them; it takes about 30 ms for 150 data files, once for each file that is read from S3.

    Args:
        location: URL of the file, whose name tells the two kinds apart.
        body: all bytes of the file.

    Raises:
        Exception: one of FAILURES: it can't be decoded.
    """
    # Imported here because it takes half a second, which parsing a DAG doesn't need.
    from pyiceberg import manifest  # noqa: PLC0415
    from pyiceberg.avro.decoder import StreamingBinaryDecoder  # noqa: PLC0415
    from pyiceberg.avro.file import MAGIC, META_SCHEMA, AvroFileHeader  # noqa: PLC0415
    from pyiceberg.avro.resolver import construct_reader, resolve_reader  # noqa: PLC0415

    is_list = location.rpartition("/")[2].startswith("snap-")
    schemas = manifest.MANIFEST_LIST_FILE_SCHEMAS if is_list else manifest.MANIFEST_ENTRY_SCHEMAS
    enums: dict[int, Callable[..., Enum]] = (  # by field, as PyIceberg reads them
        {517: manifest.ManifestContent}
        if is_list
        else {0: manifest.ManifestEntryStatus, 101: manifest.FileFormat, 134: manifest.DataFileContent}
    )
    stream = StreamingBinaryDecoder(body)
    header = construct_reader(META_SCHEMA, {-1: AvroFileHeader}).read(stream)
    if header.magic != MAGIC:
        raise ValueError("it does not begin like an Avro file")
    codec = header.compression_codec()
    reader = resolve_reader(header.get_schema(), schemas[manifest.DEFAULT_READ_VERSION], read_enums=enums)
    records = 0
    while stream.tell() < len(body):
        count, block = stream.read_int(), stream.read_bytes()
        if stream.read(len(header.sync)) != header.sync:
            raise ValueError("a block does not end where it should")
        content = StreamingBinaryDecoder(codec.decompress(block) if codec else block)
        for _ in range(count):
            reader.read(content)
        records += count
    if not (records or is_list):
        raise ValueError("it was cut off before its first entry")


def _repair(location: str) -> str:
    if not location.endswith(".parquet"):
        return f"Stop the system and register the state before it: {TAKE_UP}."
    month = _MONTH.search(location)
    if month is None:
        return "Restore it from a copy, or rebuild the table from raw: `make rebuild APPLY=1`."
    column, name = month.groups()
    year, number = map(int, name.split("-"))
    days = f"FROM={name}-01 TO={name}-{monthrange(year, number)[1]}"
    if column == "observed_at" or _OF_KMA_FORECASTS in location:
        return f"Restore it from a copy, or rebuild its month from raw: `make rebuild {days} APPLY=1`."
    if column == "day":
        return (
            f"Restore it from a copy, or remove it from the table: `make rebuild {days} APPLY=1`; then "
            f"`make verify {days}` computes its figures again."
        )
    return (
        "Restore it from a copy: our own forecasts are not in raw. Without a copy, "
        f"`make rebuild {days} APPLY=1` removes it from the table, and its forecasts are lost."
    )
