"""Tells people how far a training has come: one small object on S3, and lines in the log.

Nothing reads the object but pages, and nobody removes it: the decision about its version makes it obsolete.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from weather_mlops.documents.training_progress import SCHEMA, TrainingProgress, TrainingStep
from weather_mlops.errors import StorageRefused, StorageUnavailable
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.s3_access import PAGE_RETRIES
from weather_mlops.model.versions import as_json

log = logging.getLogger(__name__)

EVERY_S: Final = 5.0
"""Between two objects of one step: a request each five seconds costs nothing next to a training."""

Report = Callable[[TrainingStep, int, int, float | None], None]
"""Takes a step, the number of trained leads, that of all, and the seconds left."""


def key_of(target: str) -> str:
    """The key of a target's object."""
    return f"models/{target}/training.json"


def unreported(_step: TrainingStep, _lead: int, _leads: int, _seconds_left: float | None) -> None:
    """Report nothing: nobody waits."""


@dataclass(frozen=True, slots=True)
class TrainedPart:
    """What is trained: its name in the log, and whom its progress is reported to.

    Attributes:
        name: in the log.
        step: in the report.
        report: takes the progress.
    """

    name: str
    step: TrainingStep = "training"
    report: Report = unreported


class ProgressReport:
    """Reports the progress of a training to S3; a storage that refuses or doesn't answer stops no training.

    Args:
        store: the bucket.
        target: what is trained.
        version: of the model.
    """

    def __init__(self, store: ObjectStore, target: str, version: str) -> None:
        self._store = ObjectStore(store.access, PAGE_RETRIES)  # a training doesn't wait for its report
        self._target, self._version = target, version
        self._step: TrainingStep | None = None
        self._written = 0.0

    def begin(self, step: TrainingStep) -> None:
        """Report that a step begins."""
        self._put({"schema": SCHEMA, "version": self._version, "step": step, "at": _now()})

    def trained(self, step: TrainingStep, lead: int, leads: int, seconds_left: float | None) -> None:
        """Report that the models of some leads are trained, unless the last report was just now."""
        is_first, is_last = step != self._step, lead == leads
        if not (is_first or is_last) and time.monotonic() - self._written < EVERY_S:
            return
        self._step, self._written = step, time.monotonic()
        self._put(
            {
                "schema": SCHEMA,
                "version": self._version,
                "step": step,
                "at": _now(),
                "lead": lead,
                "leads": leads,
                "seconds_left": seconds_left,
            }
        )

    def _put(self, progress: TrainingProgress) -> None:
        try:
            self._store.put(key_of(self._target), as_json(progress), "application/json")
        except (StorageUnavailable, StorageRefused) as error:
            log.warning("the pages don't show how far the training is: %s", error)


def _now() -> str:
    return datetime.now(UTC).isoformat()
