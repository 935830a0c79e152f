"""Description of a schedule in words, and its next runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from cron_descriptor import Options, get_description
from croniter import croniter

from weather_mlops.pipelines.dates import parse_time
from weather_mlops.pipelines.effective import EffectivePipeline
from weather_mlops.pipelines.formatting import duration_of, shown

PRESETS: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
}
"""Airflow's names for cron schedules."""

UNTIMED: Final = {
    "@once": "once, as soon as it is switched on",
    "@continuous": "again as soon as the run before has ended",
    "none": "only by hand",
}
CRON_TIMETABLES: Final = ("CronTriggerTimetable", "CronDataIntervalTimetable")
WITH_SECONDS: Final = 6  # fields of a cron expression; Airflow takes the seconds last, cron_descriptor first


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a DAG runs.

    Attributes:
        words: the description.
        zone: time zone of the cron expression.
        cron: the expression; None if the DAG doesn't run by time.
        start: no run is before it.
        end: no run is after it.
    """

    words: str
    zone: ZoneInfo
    cron: str | None = None
    start: datetime | None = None
    end: datetime | None = None

    def next_runs(self, after: datetime, count: int = 5) -> list[datetime]:
        """The next runs after a time, in the DAG's time zone; none if it doesn't run by time.

        Args:
            after: timezone-aware.
            count: the number of runs, at most.
        """
        if self.cron is None:
            return []
        run = max(after, self.start - timedelta(seconds=1)) if self.start else after
        runs = [run := _following(self.cron, self.zone, run) for _ in range(count)]
        return [run for run in runs if self.end is None or run <= self.end]


def schedule_of(pipeline: EffectivePipeline) -> Schedule:
    """A DAG's schedule, by Airflow's rules: a cron expression is in the time zone of its start date."""
    zone = ZoneInfo(str(pipeline.value("timezone", "UTC")))
    value = pipeline.value("schedule")
    cron = _cron(value)
    if isinstance(value, Mapping) and "timezone" in value:
        zone = ZoneInfo(str(value["timezone"]))
    if cron is None:
        return Schedule(_words(value), zone)
    start, end = (parse_time(pipeline.value(name), zone) for name in ("start_date", "end_date"))
    catchup = f", and for all times since {start:%Y-%m-%d}" if start and pipeline.value("catchup") else ""
    return Schedule(f"{_cron_words(cron)} ({zone.key}){catchup}", zone, cron, start, end)


def _following(cron: str, zone: ZoneInfo, after: datetime) -> datetime:
    """The next run after a time, by Airflow's rules for changes to and from daylight saving time.

    An hourly schedule follows elapsed time, any other one follows local time.
    """
    wall = after.astimezone(zone).replace(tzinfo=None)
    runs = croniter(cron, wall)
    following: datetime = runs.get_next(datetime)
    if runs.expanded[1] == ["*"]:
        return (after.astimezone(UTC) + (following - wall)).astimezone(zone)
    return following.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)


def _cron(value: Any) -> str | None:
    if isinstance(value, Mapping) and str(value.get("__type__", "")).endswith(CRON_TIMETABLES):
        value = value.get("cron", (value.get("__args__") or [None])[0])
    if not isinstance(value, str) or value.strip().lower() in UNTIMED:
        return None
    return PRESETS.get(value, value)


def _cron_words(cron: str) -> str:
    options = Options()
    options.use_24hour_time_format = True
    fields = cron.split()
    if len(fields) == WITH_SECONDS:
        fields = [fields[-1], *fields[:-1]]
    words = str(get_description(" ".join(fields), options))
    return words[:1].lower() + words[1:]


def _words(value: Any) -> str:
    """Description of a schedule that is not a cron expression."""
    if value is None or isinstance(value, str):
        return UNTIMED[str(value or "none").strip().lower()]
    if isinstance(value, Sequence):
        return f"when {' and '.join(map(_asset, value))} changed"
    if (duration := duration_of(value)) is not None:
        return f"every {duration}"
    kind, several = str(value.get("__type__", "")), value.get("__args__")
    for key, name, word in (("__and__", ".AssetAll", " and "), ("__or__", ".AssetAny", " or ")):
        assets = several if kind.endswith(name) else value.get(key)
        if assets:
            return f"when {word.join(map(_asset, assets))} changed"
    if kind.endswith(".Asset"):
        return f"when {_asset(value)} changed"
    return shown(value)


def _asset(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value.get("name") or value.get("uri") or shown(value))
    return str(value)
