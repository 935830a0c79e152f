"""What a run hands from task to task, under ``staging/<run>/``."""

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
"""Of collect: tables rows, rejected, expected."""
AUDITED: Final = "audited"
"""Of validate: tables accepted, quarantined, expected; notes score, counts."""
PUBLISHED: Final = "published"
"""Of a part of a load that is done: notes only, what publishing it changed."""
FAILED: Final = "failed"
"""Table of a part of a load, in both parcels: station-hours that could not be had, and the reason."""
TABLE: Final = ".parquet"
NOTES: Final = "notes.json"
# What zipfile, pyarrow and json raise for bytes that aren't what was written.
_DAMAGE: Final = (
    zipfile.BadZipFile, zlib.error, pa.ArrowException, EOFError, OSError, ValueError, KeyError,
    NotImplementedError, RecursionError, RuntimeError, struct.error, TypeError, AttributeError,
)  # fmt: skip
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._=-]+")


def safe_run(run: str) -> str:
    """A run's name as a part of S3 keys: readable, and different for different runs.

    Airflow's run ids hold ``:`` and ``+``; they are replaced, and a digest of the name keeps two names apart
    that would become one.
    """
    return f"{_UNSAFE.sub('_', run)}-{sha256(run.encode()).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class StagedBatch:
    """What one task hands on: tables, and notes beside them."""

    tables: Mapping[str, pa.Table]
    notes: Mapping[str, Any]


class Staging:
    """What the tasks of one run hand on, a parcel each. Writing one again replaces it.

    A parcel is one object, a zip of Parquet files: a run makes few requests, and nobody sees half a parcel.

    Args:
        store: the bucket.
        run: name of the run, unique.
    """

    def __init__(self, store: ObjectStore, run: str) -> None:
        self.store = store
        self.run = run
        self.prefix = f"staging/{safe_run(run)}/"

    def write(self, name: str, tables: Mapping[str, pa.Table], notes: Mapping[str, Any] | None = None) -> str:
        """Stage a parcel; its key.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as parcel:
            for title, table in tables.items():
                parcel.writestr(f"{title}{TABLE}", _parquet(table, "lz4"))
            parcel.writestr(NOTES, json.dumps(notes or {}, ensure_ascii=False))
        key = f"{self.prefix}{name}.zip"
        self.store.put(key, packed.getvalue(), "application/zip")
        return key

    def write_table(self, name: str, table: pa.Table) -> str:
        """Stage a large table as a Parquet file of its own, for others to read, too; its key.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        key = f"{self.prefix}{name}{TABLE}"
        self.store.put(key, _parquet(table, "zstd"))
        return key

    def read_table(self, name: str) -> pa.Table:
        """Such a table.

        Raises:
            FileNotFoundError: the run staged no such table.
            ObjectDamaged: it can't be read.
            StorageUnavailable, StorageRefused.
        """
        key = f"{self.prefix}{name}{TABLE}"
        body = self.store.get(key, limits.STAGED_TABLE)
        with self._damage(key):
            return pq.read_table(pa.BufferReader(body))

    def has(self, name: str) -> bool:
        """Whether such a parcel is staged.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        return self.store.exists(f"{self.prefix}{name}.zip")

    def remove(self, *names: str) -> None:
        """Remove parcels that are no longer needed.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        self.store.delete(*(f"{self.prefix}{name}.zip" for name in names))

    def read(self, name: str) -> StagedBatch:
        """A staged parcel, its tables with the schemas that they were written with.

        Raises:
            FileNotFoundError: the run staged no such parcel.
            ObjectDamaged: it can't be read.
            StorageUnavailable, StorageRefused.
        """
        key = f"{self.prefix}{name}.zip"
        packed = io.BytesIO(self.store.get(key, limits.STAGED_BATCH))
        with self._damage(key), zipfile.ZipFile(packed) as parcel:
            tables = {
                member.removesuffix(TABLE): pq.read_table(pa.BufferReader(_member(parcel, member)))
                for member in parcel.namelist()
                if member.endswith(TABLE)
            }
            return StagedBatch(tables, json.loads(_member(parcel, NOTES)))

    @contextmanager
    def _damage(self, key: str) -> Iterator[None]:
        try:
            yield
        except _DAMAGE as error:
            raise ObjectDamaged(
                f"{self.store.where(key)}: damaged: {type(error).__name__}: {error}. Remove it, and clear "
                "the task that staged it: it writes it again."
            ) from error


def _member(parcel: zipfile.ZipFile, name: str) -> bytes:
    with parcel.open(name) as member:
        return limits.read_at_most(member, limits.STAGED_BATCH, name, ObjectDamaged)


def _parquet(table: pa.Table, compression: str) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression=compression)
    return bytes(sink.getvalue().to_pybytes())
