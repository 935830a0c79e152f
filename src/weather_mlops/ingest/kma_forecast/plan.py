"""Which issues of the KMA's forecast a run requests, and at which stations. Pure functions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from weather_mlops.clock import HOUR
from weather_mlops.errors import Misconfigured
from weather_mlops.kma.forecast.issues import AVAILABLE_FOR, issues_between, newest_issue
from weather_mlops.lake.gaps import HORIZON
from weather_mlops.lake.kma_forecast_gaps import StationIssue

Origin = Literal["own", "lookback", "missed", "gap"]
"""Why an issue is requested: the run's own one; one before it, for corrections; not requested by any run, as
after an outage; in the register of gaps."""

USUALLY_OUT: Final = timedelta(minutes=15)
"""After this time an issue is out. A run that somebody starts takes the newest one that is."""
SAFETY: Final = HOUR
"""An issue this close to the end of its availability may be gone when its request arrives."""
_THREE_HOURS: Final = 3 * HOUR
_LONGEST_LOOKBACK: Final = 16


@dataclass(frozen=True, slots=True)
class IssueRequest:
    """One issue at some stations.

    Attributes:
        issued_at: UTC.
        station_ids: ascending.
        origin: why it is requested.
    """

    issued_at: datetime
    station_ids: tuple[int, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class CollectionPlan:
    """What a run requests.

    Attributes:
        own: the run's own issue.
        others: further ones in the order in which they are requested: corrections first, then newest first.
        too_old: issues that no run has requested and that getVilageFcst doesn't have any more: only the
            register takes them, and a load of history can fetch them.
    """

    own: IssueRequest
    others: tuple[IssueRequest, ...]
    too_old: tuple[IssueRequest, ...]


def issue_of_run(moment: datetime, *, scheduled: bool) -> datetime:
    """The issue that a run is for, in UTC.

    Args:
        moment: end of the run's interval, or when somebody requested it; timezone-aware.
        scheduled: whether its schedule started it: then it waits for the issue at or before the moment.
    """
    return newest_issue(moment, timedelta() if scheduled else USUALLY_OUT)


def plan(  # noqa: PLR0913  keyword only: what a plan depends on
    own: datetime,
    *,
    station_ids: Sequence[int],
    newest_collected: datetime | None,
    due: Iterable[StationIssue],
    now: datetime,
    lookback_issues: int = 0,
) -> CollectionPlan:
    """Plan a run.

    Args:
        own: the run's own issue.
        station_ids: stations that are collected.
        newest_collected: newest issue that a run has requested; all after it were missed. None = none was.
        due: gaps to request again.
        now: the time, timezone-aware.
        lookback_issues: issues before its own that are requested again, for corrections; 0 to 16.

    Raises:
        Misconfigured: ``lookback_issues`` is out of range.
    """
    if not 0 <= lookback_issues <= _LONGEST_LOOKBACK:
        raise Misconfigured(
            f"lookback_issues is {lookback_issues}: give 0 to {_LONGEST_LOOKBACK}; older issues are not "
            "available"
        )
    stations, oldest = tuple(sorted(station_ids)), now - AVAILABLE_FOR + SAFETY
    repeated = [own - back * _THREE_HOURS for back in range(1, lookback_issues + 1)]
    lookback = [IssueRequest(issue, stations, "lookback") for issue in repeated if issue >= oldest]
    missed = [issue for issue in _missed(newest_collected, own, now) if issue not in repeated]
    planned = {own, *repeated, *missed}
    by_issue: dict[datetime, set[int]] = {}
    for station_id, issued_at in due:
        if station_id in stations and issued_at not in planned and oldest <= issued_at < own:
            by_issue.setdefault(issued_at, set()).add(station_id)
    others = [IssueRequest(issue, stations, "missed") for issue in missed if issue >= oldest]
    others += [IssueRequest(issue, tuple(sorted(ids)), "gap") for issue, ids in by_issue.items()]
    others.sort(key=lambda request: request.issued_at, reverse=True)
    return CollectionPlan(
        IssueRequest(own, stations, "own"),
        (*lookback, *others),
        tuple(IssueRequest(issue, stations, "missed") for issue in missed if issue < oldest),
    )


def _missed(newest_collected: datetime | None, own: datetime, now: datetime) -> list[datetime]:
    """Issues between the newest one that was requested and the run's own one, at most HORIZON back."""
    if newest_collected is None:
        return []
    first = max(newest_collected + _THREE_HOURS, now - HORIZON)
    return list(issues_between(first, own - _THREE_HOURS))
