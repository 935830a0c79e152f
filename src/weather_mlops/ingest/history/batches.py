"""What the stages of a load share: where a batch is staged, its station-hours, the log of its progress."""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
from pyiceberg.catalog import Catalog

from weather_mlops.ingest.collection import EXPECTED_SCHEMA
from weather_mlops.ingest.history.plan import Request, months_of
from weather_mlops.lake.catalog import open_table
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.scan import keys_between
from weather_mlops.lake.schemas import KEY, OBSERVATIONS
from weather_mlops.lake.staging import Staging
from weather_mlops.lake.storage_errors import storage_errors

log = logging.getLogger(__name__)

LONGEST_REASON: Final = 300
FAILED_SCHEMA: Final = pa.schema([*(EXPECTED_SCHEMA.field(name) for name in KEY), ("reason", pa.string())])


@dataclass
class LoadProgress:
    """Logs the progress of a stage: requests done, rows per second, time left.

    Args:
        stage: name of the stage.
        requests: all requests of the stage, in order.
        calls_left: returns the calls left today; None for stages that don't call the API.
    """

    stage: str
    requests: Sequence[Request]
    calls_left: Callable[[], int] | None = None
    done: int = 0
    rows: int = 0
    begun: float = field(default_factory=time.monotonic)

    def advance(self, requests: int, rows: int) -> None:
        """Count requests that are done, with their rows, and log the progress."""
        self.done += requests
        self.rows += rows
        seconds = time.monotonic() - self.begun
        calls = "" if self.calls_left is None else f" calls_left={self.calls_left()}"
        left = self.requests[self.done :]
        log.info(
            "history: stage=%s months=%d/%d rows=%d rows_per_s=%.0f%s time_left_s=%.0f",
            self.stage,
            months_of(self.requests) - months_of(left),
            months_of(self.requests),
            self.rows,
            self.rows / seconds if seconds else 0,
            calls,
            seconds / self.done * len(left) if self.done else 0,
        )


def requests_of(batches: Iterable[tuple[int, tuple[Request, ...]]]) -> list[Request]:
    """The requests of batches with their indices, in order."""
    return [request for _, requests in batches for request in requests]


def staging_of(store: ObjectStore, run: str, batch_index: int) -> Staging:
    """Where a batch of a load is staged; the audit's page has the same name."""
    return Staging(store, f"{run}/part-{batch_index:04d}")


def present_keys(catalog: Catalog, requests: tuple[Request, ...]) -> np.ndarray:
    """Published keys of the hours of a batch."""
    table = open_table(catalog, OBSERVATIONS)
    with storage_errors(f"table {OBSERVATIONS.identifier}"):
        return keys_between(table, requests[0].begin, requests[-1].end)


def failed_rows(keys: pa.Table, reason: str) -> pa.Table:
    """Station-hours as rows of FAILED_SCHEMA, all with one reason."""
    return keys.append_column("reason", pa.repeat(reason, keys.num_rows)).cast(FAILED_SCHEMA)


def reason_of(error: Exception) -> str:
    """An error as the reason of a gap, at most LONGEST_REASON characters."""
    return f"{type(error).__name__}: {error}"[:LONGEST_REASON]
