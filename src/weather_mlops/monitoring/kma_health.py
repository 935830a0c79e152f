"""How the KMA's API does, by what we have: replies in raw, the ledger of calls, tries of the collection.

No call is made for it. A failed call leaves no reply; what tells of it is the task that made it: its tries
are counted by Airflow, and a try that fails has failed for the whole hour, after the client's own attempts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from weather_mlops.clock import HOUR, KST
from weather_mlops.kma.endpoints import PERIOD
from weather_mlops.lake.object_store import ObjectStore, StoredObject
from weather_mlops.lake.quota import DailyCalls
from weather_mlops.lake.raw import PREFIX, SIDECAR, read_sidecar
from weather_mlops.monitoring.airflow_api import TaskRun
from weather_mlops.monitoring.checks import FIRST_COLLECTION, Check, CheckSeverity
from weather_mlops.monitoring.section_builder import Rule

SILENT: Final = Rule("kma_silent", "h", CheckSeverity.CRITICAL)
ERRORS: Final = Rule("kma_errors", "%")
BUDGET: Final = Rule("kma_budget", "%")
DAG_ID: Final = "data_collection"
TASK_ID: Final = "collect_weather_data"
LOOK_BACK_DAYS: Final = 31
"""As far back as a last success is looked for; the collection itself asks for no older hours."""
DAY: Final = timedelta(days=1)
TRIES_NEEDED: Final = 6
"""With fewer a share of them says nothing: one failure would be 20 %."""


@dataclass(frozen=True, slots=True)
class Feed:
    """What S3 has of it.

    Attributes:
        last_success_at: when the newest reply of the hourly feed was whole (UTC); None = never.
        replies: of the last 24 h.
        calls_used: of today's (KST).
        calls_left: of today's.
    """

    last_success_at: datetime | None
    replies: int
    calls_used: int
    calls_left: int

    def as_dict(self, now: datetime) -> dict[str, Any]:
        """For the section's figures."""
        at = self.last_success_at
        return {
            "last_success_at": at and at.isoformat(),
            "last_success_age_h": None if at is None else round((now - at) / HOUR, 2),
            "replies_24h": self.replies,
            "calls_used": self.calls_used,
            "calls_left": self.calls_left,
        }


@dataclass(frozen=True, slots=True)
class Tries:
    """How often the hourly call was tried in the last 24 h, and how often in vain."""

    made: int
    failed: int

    @classmethod
    def of(cls, runs: Sequence[TaskRun]) -> "Tries":
        """Of the task in several runs: of one that succeeded or still goes on, all tries but the last."""
        lost = {"failed", "up_for_retry"}
        failed = sum(run.tries if run.state in lost else max(0, run.tries - 1) for run in runs)
        return cls(sum(run.tries for run in runs), failed)

    def as_dict(self) -> dict[str, Any]:
        """For the section's figures."""
        share = round(self.failed / self.made, 3) if self.made else None
        return {"tries_24h": self.made, "failed_tries_24h": self.failed, "error_share": share}


def measure(store: ObjectStore, now: datetime, daily_calls: int) -> Feed:
    """Look at raw and at the ledger.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    newest, replies = None, 0
    for back in range(LOOK_BACK_DAYS):
        found = _responses(store, now - back * DAY)
        replies += sum(entry.modified > now - DAY for entry in found)
        newest = max([*found, *([newest] if newest else [])], key=lambda entry: entry.modified, default=None)
        # Shortly after midnight a run asks for hours of the day before: two days are looked at in any case.
        if newest is not None and back:
            break
    at = None
    if newest is not None:
        at = datetime.fromisoformat(read_sidecar(store, newest.key)["fetched_at"])
    left = DailyCalls(store, daily_calls, lambda: now).left
    return Feed(at, replies, daily_calls - left, left)


def feed_checks(
    feed: Feed, now: datetime, *, daily_calls: int, max_silent_h: float, min_calls_left_share: float
) -> list[Check]:
    """What S3 has, held to its limits."""
    used = f"{feed.calls_used} of {daily_calls} calls of today (KST) are used"
    budget = BUDGET.above(100 * feed.calls_used / daily_calls, 100 * (1 - min_calls_left_share), used)
    if feed.last_success_at is None:
        why = (
            f"no reply of {PERIOD} in {LOOK_BACK_DAYS} days: nothing was collected yet, or it ended long ago"
        )
        return [SILENT.unknown(why, max_silent_h, awaits=FIRST_COLLECTION), budget]
    age = (now - feed.last_success_at) / HOUR
    detail = f"last reply at {feed.last_success_at.astimezone(KST):%Y-%m-%d %H:%M} KST"
    return [SILENT.above(age, max_silent_h, detail), budget]


def tries_check(tries: Tries, max_error_share: float) -> Check:
    """Tries of the collection, held to their limit."""
    if tries.made < TRIES_NEEDED:
        why = f"not enough yet: {tries.made} tries of {TRIES_NEEDED} in 24 h"
        return ERRORS.unknown(why, 100 * max_error_share)
    detail = f"{tries.failed} of {tries.made} tries of {TASK_ID} failed in 24 h"
    return ERRORS.above(100 * tries.failed / tries.made, 100 * max_error_share, detail)


def _responses(store: ObjectStore, moment: datetime) -> list[StoredObject]:
    """Sidecars of replies whose period begins on the day (KST) of a moment."""
    day = moment.astimezone(KST)
    entries = store.list(f"{PREFIX}{PERIOD}/{day:%Y/%m/%d}/")
    return [entry for entry in entries if entry.key.endswith(SIDECAR)]
