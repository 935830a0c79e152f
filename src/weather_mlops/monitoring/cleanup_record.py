"""What a cleanup removed, and the record of the last cleanup on S3."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Required

from typing_extensions import TypedDict

from weather_mlops.errors import WeatherError
from weather_mlops.lake import documents
from weather_mlops.lake.documents import Moment
from weather_mlops.lake.object_store import ObjectStore

RECORD: Final = "monitoring/cleanup.json"
"""Record of the last cleanup: it runs once a day, since listing all objects each half hour is wasted work."""


class RemovedDocument(TypedDict, total=False):
    """What a cleanup removed, as it is stored.

    Attributes:
        cleaned: number of removed objects by kind.
        removed_mb: their size, in 10**6 bytes.
        removed_models: removed versions: ``air_temperature/<version>``.
        not_cleaned: errors by kind.
    """

    cleaned: dict[str, int]
    removed_mb: float
    removed_models: list[str]
    not_cleaned: dict[str, str]


class CleanupSummary(RemovedDocument, total=False):
    """The XCom of the task: whether it cleaned up, in a sentence, and what it removed."""

    cleanup: Required[str]


@dataclass
class Removed:
    """Objects that were (in a dry run: would be) removed, by kind; and the kinds that failed."""

    counts: dict[str, int] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)
    models: list[str] = field(default_factory=list)
    failed: dict[str, WeatherError] = field(default_factory=dict)

    def add(self, kind: str, count: int, size: int = 0) -> None:
        """Add to the count and bytes of a kind."""
        self.counts[kind] = self.counts.get(kind, 0) + count
        self.bytes[kind] = self.bytes.get(kind, 0) + size

    def as_dict(self) -> RemovedDocument:
        """Return the stored form."""
        return {
            "cleaned": {kind: count for kind, count in self.counts.items() if count},
            "removed_mb": round(sum(self.bytes.values()) / 1e6, 2),
            "removed_models": self.models,
            "not_cleaned": {kind: str(error) for kind, error in self.failed.items()},
        }


def last_done(store: ObjectStore) -> datetime | None:
    """Return when the last cleanup ran; None = never, or the record can't be read.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    consequence = "cleanup: the record of the last one is ignored, cleaning up now"
    record = documents.read_or_none(store, RECORD, _Record, consequence)
    return record.at if record else None


@dataclass(frozen=True, slots=True)
class _Record:
    at: Moment


def record(store: ObjectStore, done: Removed, now: datetime) -> None:
    """Store the record of a cleanup.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    body = json.dumps({"at": now.isoformat(), **done.as_dict()}, ensure_ascii=False, indent=1)
    store.put(RECORD, body.encode(), "application/json")
