"""Stage the batches that a run passes from task to task, under ``staging/<run>/``."""

import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from weather_mlops import limits
from weather_mlops.errors import ObjectDamaged
from weather_mlops.lake.object_store import ObjectStore

COLLECTED: Final = "collected"
"""Batch of collect: tables rows, rejected, expected."""
AUDITED: Final = "audited"
"""Batch of validate: tables accepted, quarantined, expected; notes score, counts."""
PUBLISHED: Final = "published"
"""Marks a batch of a load as published: notes only, the changes."""
FAILED: Final = "failed"
"""Name of a table in the batches of a load: station-hours whose request failed, with the reason."""
TABLE: Final = ".parquet"
NOTES: Final = "notes.json"
# Errors of zipfile, pyarrow and json for damaged bytes.
_DAMAGE: Final = (
    zipfile.BadZipFile, zlib.error, pa.ArrowException, EOFError, OSError, ValueError, KeyError,
    NotImplementedError, RecursionError, RuntimeError, struct.error, TypeError, AttributeError,
)  # fmt: skip
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._=-]+")


def safe_run(run: str) -> str:
    """Convert a run's name to a part of S3 keys: readable, and unique.

    Airflow's run ids have ``:`` and ``+``. These are replaced, and a digest of the name is appended, so that
    different names stay different.
    """
    return f"{_UNSAFE.sub('_', run)}-{sha256(run.encode()).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class StagedBatch:
    """Tables, and notes about them, that one task passes to the next."""

    tables: Mapping[str, pa.Table]
    notes: Mapping[str, Any]


class Staging:
    """The staged batches of one run, one per task. Writing a batch again replaces it.

    A batch is one object, a zip of Parquet files: that takes few requests, and nobody sees a partial batch.

    Args:
        store: the bucket.
        run: unique name of the run.
    """

    def __init__(self, store: ObjectStore, run: str) -> None:
        self.store = store
        self.run = run
        self.prefix = f"staging/{safe_run(run)}/"

    def write(self, name: str, tables: Mapping[str, pa.Table], notes: Mapping[str, Any] | None = None) -> str:
        """Stage a batch, and return its key.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for title, table in tables.items():
                archive.writestr(f"{title}{TABLE}", _parquet(table, "lz4"))
            archive.writestr(NOTES, json.dumps(notes or {}, ensure_ascii=False))
        key = f"{self.prefix}{name}.zip"
        self.store.put(key, packed.getvalue(), "application/zip")
        return key

    def write_table(self, name: str, table: pa.Table) -> str:
        """Stage a large table as a separate Parquet file, and return its key.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        key = f"{self.prefix}{name}{TABLE}"
        self.store.put(key, _parquet(table, "zstd"))
        return key

    def read_table(self, name: str) -> pa.Table:
        """Read a table that ``write_table`` staged.

        Raises:
            FileNotFoundError: the run staged no such table.
            ObjectDamaged: the object can't be read.
            StorageUnavailable, StorageRefused.
        """
        key = f"{self.prefix}{name}{TABLE}"
        body = self.store.get(key, limits.STAGED_TABLE)
        with self._damage(key):
            return pq.read_table(pa.BufferReader(body))

    def has(self, name: str) -> bool:
        """Whether a batch is staged.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        return self.store.exists(f"{self.prefix}{name}.zip")

    def remove(self, *names: str) -> None:
        """Delete batches that are no longer needed.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        self.store.delete(*(f"{self.prefix}{name}.zip" for name in names))

    def read(self, name: str) -> StagedBatch:
        """Read a batch; its tables have the schemas that they were written with.

        Raises:
            FileNotFoundError: the run staged no such batch.
            ObjectDamaged: the object can't be read.
            StorageUnavailable, StorageRefused.
        """
        key = f"{self.prefix}{name}.zip"
        packed = io.BytesIO(self.store.get(key, limits.STAGED_BATCH))
        with self._damage(key), zipfile.ZipFile(packed) as archive:
            tables = {
                member.removesuffix(TABLE): pq.read_table(pa.BufferReader(_member(archive, member)))
                for member in archive.namelist()
                if member.endswith(TABLE)
            }
            return StagedBatch(tables, json.loads(_member(archive, NOTES)))

    @contextmanager
    def _damage(self, key: str) -> Iterator[None]:
        try:
            yield
        except _DAMAGE as error:
            raise ObjectDamaged(
                f"{self.store.where(key)}: damaged: {type(error).__name__}: {error}. Remove it, and clear "
                "the task that staged it, so that it is written again."
            ) from error


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as member:
        return limits.read_at_most(member, limits.STAGED_BATCH, name, ObjectDamaged)


def _parquet(table: pa.Table, compression: str) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression=compression)
    return bytes(sink.getvalue().to_pybytes())
