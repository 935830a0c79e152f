"""What a run hands from task to task, under ``staging/<run>/``."""

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from weather_mlops.lake.store import ObjectStore

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._=-]+")


def safe_run(run: str) -> str:
    """A run's name as a part of S3 keys: readable, and different for different runs.

    Airflow's run ids hold ``:`` and ``+``; they are replaced, and a digest of the name keeps two names apart
    that would become one.
    """
    return f"{_UNSAFE.sub('_', run)}-{sha256(run.encode()).hexdigest()[:8]}"


class Staging:
    """The staged tables and documents of one run. Writing one again replaces it.

    Args:
        store: the bucket.
        run: name of the run, unique.
    """

    def __init__(self, store: ObjectStore, run: str) -> None:
        self.store = store
        self.run = run
        self.prefix = f"staging/{safe_run(run)}/"

    def write_table(self, name: str, table: pa.Table) -> str:
        """Stage a table as Parquet; its key.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd")
        return self._put(f"{name}.parquet", sink.getvalue().to_pybytes(), "application/vnd.apache.parquet")

    def read_table(self, name: str) -> pa.Table:
        """A staged table, with the schema that it was written with.

        Raises:
            FileNotFoundError: the run staged no such table.
            StorageUnavailable, StorageRefused.
        """
        return pq.read_table(pa.BufferReader(self.store.get(f"{self.prefix}{name}.parquet")))

    def write_json(self, name: str, document: Mapping[str, Any]) -> str:
        """Stage a document; its key.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        text = json.dumps(document, ensure_ascii=False, indent=1)
        return self._put(f"{name}.json", text.encode(), "application/json")

    def read_json(self, name: str) -> dict[str, Any]:
        """A staged document.

        Raises:
            FileNotFoundError: the run staged no such document.
            StorageUnavailable, StorageRefused.
        """
        document: dict[str, Any] = json.loads(self.store.get(f"{self.prefix}{name}.json"))
        return document

    def exists(self, name: str) -> bool:
        """Whether the run staged this, by its name with the ending: ``rows.parquet``."""
        return self.store.exists(f"{self.prefix}{name}")

    def _put(self, name: str, body: bytes, content_type: str) -> str:
        self.store.put(f"{self.prefix}{name}", body, content_type)
        return f"{self.prefix}{name}"
