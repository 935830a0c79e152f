"""Health of the KMA's API, from stored responses, the ledger of calls and the tries of the collection.

No call is made to measure it. A failed call leaves no response, but the task that made the call fails:
Airflow counts its tries, and a failed try has failed for the whole hour, after the client's own retries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from weather_mlops.clock import HOUR, KST
from weather_mlops.kma.endpoints import PERIOD
from weather_mlops.lake.object_store import ObjectStore, StoredObject
from weather_mlops.lake.quota import DailyCalls
from weather_mlops.lake.raw import PREFIX, SIDECAR, read_sidecar
from weather_mlops.monitoring.airflow_api import TaskRun
from weather_mlops.monitoring.checks import FIRST_COLLECTION, Check, CheckSeverity
from weather_mlops.monitoring.figures.system import KmaFigures
from weather_mlops.monitoring.section_builder import Rule

SILENT: Final = Rule("kma_silent", "h", CheckSeverity.CRITICAL)
ERRORS: Final = Rule("kma_errors", "%")
BUDGET: Final = Rule("kma_budget", "%")
DAG_ID: Final = "data_collection"
TASK_ID: Final = "collect_weather_data"
LOOK_BACK_DAYS: Final = 31
"""How far back the last response is looked for; the collection requests no older hours."""
COUNTED: Final = timedelta(hours=24)
"""Period in which responses and tries are counted."""
TRIES_NEEDED: Final = 6
"""Fewer tries are too few for an error share: one failure would be 20 %."""


@dataclass(frozen=True, slots=True)
class KmaStatus:
    """Responses and calls of the KMA's API, as stored on S3.

    Attributes:
        last_success_at: when the newest response of the hourly collection was complete (UTC); None = never.
        responses: number of responses in the last 24 h.
        calls_used: calls used today (KST).
        calls_left: calls left today (KST).
    """

    last_success_at: datetime | None
    responses: int
    calls_used: int
    calls_left: int

    def as_dict(self, now: datetime) -> KmaFigures:
        """Return the figures of the section."""
        at = self.last_success_at
        return {
            "last_success_at": None if at is None else at.isoformat(),
            "last_success_age_h": None if at is None else round((now - at) / HOUR, 2),
            "replies_24h": self.responses,
            "calls_used": self.calls_used,
            "calls_left": self.calls_left,
        }


@dataclass(frozen=True, slots=True)
class Tries:
    """Number of tries of the hourly call in the last 24 h, and of the failed ones."""

    total: int
    failed: int

    @classmethod
    def of(cls, runs: Sequence[TaskRun]) -> "Tries":
        """Count the tries of several runs; all but the last try of a successful or running one failed."""
        failed_states = {"failed", "up_for_retry"}
        failed = sum(run.tries if run.state in failed_states else max(0, run.tries - 1) for run in runs)
        return cls(sum(run.tries for run in runs), failed)

    def as_dict(self) -> KmaFigures:
        """Return the figures of the section."""
        share = round(self.failed / self.total, 3) if self.total else None
        return {"tries_24h": self.total, "failed_tries_24h": self.failed, "error_share": share}


def measure(store: ObjectStore, now: datetime, daily_calls: int) -> KmaStatus:
    """Read the newest responses and the ledger of calls.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    newest, n_responses = None, 0
    for back in range(LOOK_BACK_DAYS):
        of_day = _responses(store, now - timedelta(days=back))
        n_responses += sum(entry.modified > now - COUNTED for entry in of_day)
        newest = max([*of_day, *([newest] if newest else [])], key=lambda entry: entry.modified, default=None)
        # Shortly after midnight a run requests hours of the day before: so at least two days are read.
        if newest is not None and back:
            break
    at = None
    if newest is not None:
        at = datetime.fromisoformat(read_sidecar(store, newest.key)["fetched_at"])
    left = DailyCalls(store, daily_calls, lambda: now).left
    return KmaStatus(at, n_responses, daily_calls - left, left)


def status_checks(
    status: KmaStatus, now: datetime, *, daily_calls: int, max_silent_h: float, min_calls_left_share: float
) -> list[Check]:
    """Compare responses and calls with their limits."""
    used = f"{status.calls_used} of {daily_calls} calls of today (KST) are used"
    budget = BUDGET.above(100 * status.calls_used / daily_calls, 100 * (1 - min_calls_left_share), used)
    if status.last_success_at is None:
        reason = f"no response of {PERIOD} in {LOOK_BACK_DAYS} days: not collected yet, or stopped long ago"
        return [SILENT.unknown(reason, max_silent_h, awaits=FIRST_COLLECTION), budget]
    age = (now - status.last_success_at) / HOUR
    detail = f"last response at {status.last_success_at.astimezone(KST):%Y-%m-%d %H:%M} KST"
    return [SILENT.above(age, max_silent_h, detail), budget]


def tries_check(tries: Tries, max_error_share: float) -> Check:
    """Compare the failed tries of the collection with their limit."""
    if tries.total < TRIES_NEEDED:
        reason = f"not enough yet: {tries.total} of {TRIES_NEEDED} tries in 24 h"
        return ERRORS.unknown(reason, 100 * max_error_share)
    detail = f"{tries.failed} of {tries.total} tries of {TASK_ID} failed in 24 h"
    return ERRORS.above(100 * tries.failed / tries.total, 100 * max_error_share, detail)


def _responses(store: ObjectStore, moment: datetime) -> list[StoredObject]:
    """List the sidecars of responses whose period begins on the day (KST) of a time."""
    day = moment.astimezone(KST)
    entries = store.list(f"{PREFIX}{PERIOD}/{day:%Y/%m/%d}/")
    return [entry for entry in entries if entry.key.endswith(SIDECAR)]
