"""PyIceberg's files on S3 with few requests: one PUT per file, one GET per small file, none for a cached one.

PyIceberg's own pyarrow file system checks that a file exists before it writes it, and requests its size
before it reads it: three requests instead of one. All files of an Iceberg table are immutable and have unique
names, so a file that was once read or written in this process is not requested again.
"""

import io
from collections import OrderedDict
from dataclasses import replace
from threading import Lock
from typing import Any, Final, Self, cast
from urllib.parse import urlsplit

import pyarrow as pa
from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile, OutputStream
from pyiceberg.typedef import EMPTY_DICT, Properties

from weather_mlops.lake.damage import check_avro, opened
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.s3_access import S3Access

TAIL: Final = (
    1 << 20
)  # bytes; a file up to this size is read in one request, of a larger one its Parquet footer
CACHE: Final = 32 << 20  # bytes cached in this process


def io_properties(access: S3Access) -> dict[str, str]:
    """Properties of a catalog whose files are read and written by this module."""
    credentials = {
        "access-key-id": access.access_key_id,
        "secret-access-key": access.secret_access_key,
        "session-token": access.session_token,
        "region": access.region,
    }
    given = {
        "py-io-impl": f"{__name__}.S3FileIO",
        "s3.endpoint": access.endpoint_url,
        **{f"s3.{name}": value for name, value in credentials.items()},
        **{
            f"client.{name}": value for name, value in credentials.items()
        },  # AWS Glue, where that is the catalog
    }
    return {name: value for name, value in given.items() if value is not None}


class S3FileIO(FileIO):
    """PyIceberg's access to a bucket. PyIceberg instantiates it by the property ``py-io-impl``."""

    def __init__(self, properties: Properties = EMPTY_DICT) -> None:
        super().__init__(properties)
        self._access = S3Access(
            bucket="",
            endpoint_url=properties.get("s3.endpoint"),
            access_key_id=properties.get("s3.access-key-id"),
            secret_access_key=properties.get("s3.secret-access-key"),
            session_token=properties.get("s3.session-token"),
            region=properties.get("s3.region", "us-east-1"),
        )

    def new_input(self, location: str) -> "S3File":
        """A file to read."""
        return S3File(self._access, location)

    def new_output(self, location: str) -> "S3File":
        """A file to write."""
        return S3File(self._access, location)

    def locate(self, location: str) -> tuple[ObjectStore, str]:
        """The bucket and the key of a location."""
        file = S3File(self._access, location)
        return file.store, file.key

    def delete(self, location: str | InputFile | OutputFile) -> None:
        """Remove a file."""
        S3File(self._access, location if isinstance(location, str) else location.location).delete()


class _Cache:
    """Whole files by location; the least recently used ones are dropped first."""

    def __init__(self, limit: int) -> None:
        self._files: OrderedDict[str, bytes] = OrderedDict()
        self._room = limit
        self._lock = Lock()

    def get(self, name: str) -> bytes | None:
        with self._lock:
            if name in self._files:
                self._files.move_to_end(name)
            return self._files.get(name)

    def put(self, name: str, body: bytes) -> None:
        with self._lock:
            if name not in self._files and len(body) <= TAIL:
                self._files[name] = body
                self._room -= len(body)
            while self._room < 0:
                self._room += len(self._files.popitem(last=False)[1])

    def drop(self, name: str) -> None:
        with self._lock:
            self._room += len(self._files.pop(name, b""))


_cache: Final = _Cache(CACHE)


class S3File(InputFile, OutputFile):
    """A file of a table, ``s3://bucket/key``."""

    def __init__(self, access: S3Access, location: str) -> None:
        super().__init__(location)
        parts = urlsplit(location)
        self.store = ObjectStore(replace(access, bucket=parts.netloc))
        self.key = parts.path.lstrip("/")
        self._name = f"{access.endpoint_url} {location}"
        self._size: int | None = None

    def __len__(self) -> int:
        if self._size is None:
            known = _cache.get(self._name)
            self._size = self.store.get_range(self.key, "-1")[1] if known is None else len(known)
        return self._size

    def exists(self) -> bool:
        """Whether the file exists."""
        return _cache.get(self._name) is not None or self.store.exists(self.key)

    def open(self, seekable: bool = True) -> InputStream:  # noqa: ARG002, FBT001, FBT002  PyIceberg's signature
        """A stream of its bytes: read in one request, or of a large file in ranges, as needed."""
        opened.add(self)
        known = _cache.get(self._name)
        if known is not None:
            return cast("InputStream", pa.BufferReader(known))
        tail, size = self.store.get_range(self.key, f"-{TAIL}")
        if self.location.endswith(".avro"):
            body = tail if len(tail) == size else self.store.get(self.key)
            check_avro(self.location, body)
            _cache.put(self._name, body)
            return cast("InputStream", pa.BufferReader(body))
        if len(tail) == size:
            _cache.put(self._name, tail)
            return cast("InputStream", pa.BufferReader(tail))
        return cast("InputStream", pa.PythonFile(_Ranges(self.store, self.key, tail, size), mode="r"))

    def create(self, overwrite: bool = False) -> OutputStream:  # noqa: ARG002, FBT001, FBT002  names are unique
        """A stream whose bytes become the file when it is closed."""
        return cast("OutputStream", _Upload(self))

    def to_input_file(self) -> "S3File":
        """This file, to be read."""
        return self

    def write(self, body: bytes) -> None:
        """Write the whole file."""
        self.store.put(self.key, body)
        self._size = len(body)
        _cache.put(self._name, body)

    def forget(self) -> None:
        """Drop the file from the cache, so that it is read from S3 the next time."""
        self._size = None
        _cache.drop(self._name)

    def delete(self) -> None:
        """Delete the file."""
        self.forget()
        self.store.delete(self.key)


class _Upload:
    """A stream that is written as an object, by one PUT, when it is closed; not if its writer failed."""

    def __init__(self, file: S3File) -> None:
        self._file = file
        self._buffer = io.BytesIO()
        self.closed = False

    def write(self, data: Any) -> int:
        return self._buffer.write(data)

    def tell(self) -> int:
        return self._buffer.tell()

    def flush(self) -> None:
        """Do nothing: the object is written at the end."""

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._file.write(self._buffer.getvalue())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        self.closed = True


class _Ranges(io.RawIOBase):
    """A large object that is read in ranges, as needed; its end was read already."""

    def __init__(self, store: ObjectStore, key: str, tail: bytes, size: int) -> None:
        super().__init__()
        self._store, self._key, self._tail, self._size = store, key, tail, size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        end = self._size if size is None or size < 0 else min(self._size, self._position + size)
        begin = self._position
        if begin >= end:
            return b""
        self._position = end
        tail_begin = self._size - len(self._tail)
        if begin >= tail_begin:
            return self._tail[begin - tail_begin : end - tail_begin]
        return self._store.get_range(self._key, f"{begin}-{end - 1}")[0]
