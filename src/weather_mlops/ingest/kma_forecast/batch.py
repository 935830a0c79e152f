"""The rows of a run, from look to look: what was fetched so far, staged where a look ends."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from weather_mlops.ingest.kma_forecast.plan import IssueRequest
from weather_mlops.kma.forecast.issues import valid_times
from weather_mlops.kma.forecast.rows import FORECAST_ROWS, UTC_TIME
from weather_mlops.kma.forecast.village import VillageForecast
from weather_mlops.lake.kma_forecast_gaps import StationIssue
from weather_mlops.lake.staging import COLLECTED, Staging

HOURS_SHARE: Final = 0.95
"""Where no pipeline says otherwise, a station-issue is whole with this share, 0 to 1, of its hours."""
_RAW_KEY: Final = pa.field("raw_key", pa.string(), nullable=False)
STAGED_ROWS: Final = FORECAST_ROWS.append(_RAW_KEY)
REJECTED: Final = pa.schema(
    [
        pa.field("issued_at", UTC_TIME, nullable=False),
        pa.field("cell", pa.string(), nullable=False),
        pa.field("position", pa.int32(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        _RAW_KEY,
    ]
)
EXPECTED: Final = pa.schema(
    [
        pa.field("station_id", pa.int32(), nullable=False),
        pa.field("issued_at", UTC_TIME, nullable=False),
        pa.field("origin", pa.string(), nullable=False),
        pa.field("hours", pa.int32(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
    ]
)
"""The station-issues that a run is about; the reason is empty where the request didn't fail."""


@dataclass
class ForecastBatch:
    """What a run has so far.

    Attributes:
        own: the run's own issue, UTC.
        hours_share: share, 0 to 1, of an issue's hours that a station must have for the issue to be whole.
        rows: STAGED_ROWS; one fetch of each station-issue.
        rejected: REJECTED, items that can't be read.
        raw_keys: of the stored answers.
        calls: requests that were sent.
        looks: looks that have ended.
        requested: station-issues that were requested, or are known to be missing, with their origin.
        reasons: why a station-issue could not be fetched.
    """

    own: datetime
    hours_share: float
    rows: pa.Table = field(default_factory=STAGED_ROWS.empty_table)
    rejected: pa.Table = field(default_factory=REJECTED.empty_table)
    raw_keys: list[str] = field(default_factory=list)
    calls: int = 0
    looks: int = 0
    requested: dict[StationIssue, str] = field(default_factory=dict)
    reasons: dict[StationIssue, str] = field(default_factory=dict)

    @classmethod
    def resumed(cls, staging: Staging, own: datetime, hours_share: float) -> "ForecastBatch":
        """What earlier looks of a run staged; nothing where this is the first one.

        Args:
            staging: of the run.
            own: the run's own issue, timezone-aware.
            hours_share: see the class.

        Raises:
            ObjectDamaged, StorageUnavailable, StorageRefused.
        """
        try:
            staged = staging.read(COLLECTED)
        except FileNotFoundError:
            return cls(own, hours_share)
        if staged.notes["finished"]:
            return cls(own, hours_share)
        expected = staged.tables["expected"].to_pylist()
        return cls(
            own,
            hours_share,
            staged.tables["rows"].cast(STAGED_ROWS),
            staged.tables["rejected"].cast(REJECTED),
            list(staged.notes["raw_keys"]),
            int(staged.notes["calls"]),
            int(staged.notes["looks"]),
            {(row["station_id"], row["issued_at"]): row["origin"] for row in expected},
            {(row["station_id"], row["issued_at"]): row["reason"] for row in expected if row["reason"]},
        )

    def stage(self, staging: Staging, *, finished: bool) -> None:
        """Stage everything; again replaces what was staged before.

        Args:
            staging: of the run.
            finished: whether no look follows. A task that is run again after that starts over, so that what
                the KMA has corrected meanwhile is fetched.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        tables = {"rows": self.rows, "rejected": self.rejected, "expected": self.expected}
        notes = {
            "own": self.own.isoformat(),
            "hours_share": self.hours_share,
            "raw_keys": self.raw_keys,
            "calls": self.calls,
            "looks": self.looks,
            "finished": finished,
        }
        staging.write(COLLECTED, tables, notes)

    @property
    def expected(self) -> pa.Table:
        """The station-issues as a table of EXPECTED."""
        hours = {issued_at: len(valid_times(issued_at)) for _, issued_at in self.requested}
        rows = [
            {
                "station_id": station_id,
                "issued_at": issued_at,
                "origin": origin,
                "hours": hours[issued_at],
                "reason": self.reasons.get((station_id, issued_at), ""),
            }
            for (station_id, issued_at), origin in self.requested.items()
        ]
        return pa.Table.from_pylist(rows, schema=EXPECTED)

    def request(self, request: IssueRequest, station_ids: Iterable[int], reason: str = "") -> None:
        """Count station-issues as requested, with the reason why they were not fetched."""
        for station_id in station_ids:
            key = (station_id, request.issued_at)
            self.requested[key] = request.origin
            self.reasons.pop(key, None)
            if reason:
                self.reasons[key] = reason

    def replace(self, rows: Collection[pa.Table], forecasts: Collection[VillageForecast], key: str) -> None:
        """Add fetched station-issues; they replace what an earlier look fetched of the same ones.

        Args:
            rows: FORECAST_ROWS of one issue.
            forecasts: that they come from, with the items that can't be read.
            key: of the stored answers.
        """
        self.raw_keys = list(dict.fromkeys([*self.raw_keys, key]))
        if not rows:
            return
        new = pa.concat_tables(list(rows))
        issued_at, stations = new["issued_at"][0], pc.unique(new["station_id"])
        is_same = pc.and_(
            pc.equal(self.rows["issued_at"], issued_at), pc.is_in(self.rows["station_id"], stations)
        )
        others = self.rows.filter(pc.invert(is_same))
        self.rows = pa.concat_tables([others, _with_key(new, key)]).cast(STAGED_ROWS)
        cells = pa.array([str(forecast.cell) for forecast in forecasts], pa.string())
        is_old = pc.and_(
            pc.equal(self.rejected["issued_at"], issued_at), pc.is_in(self.rejected["cell"], cells)
        )
        self.rejected = pa.concat_tables(
            [self.rejected.filter(pc.invert(is_old)), rejected_items(forecasts, key)]
        )


def _with_key(rows: pa.Table, key: str) -> pa.Table:
    return rows.append_column(_RAW_KEY, pa.repeat(key, rows.num_rows))


def rejected_items(forecasts: Iterable[VillageForecast], key: str) -> pa.Table:
    """The items of forecasts that can't be read, as a table of REJECTED, with the key of their answers."""
    rows = [
        {
            "issued_at": forecast.issued_at,
            "cell": str(forecast.cell),
            "position": item.position,
            "text": item.text,
            "reason": item.reason,
            "raw_key": key,
        }
        for forecast in forecasts
        for item in forecast.rejected
    ]
    return pa.Table.from_pylist(rows, schema=REJECTED)


def station_issues_of(rows: pa.Table) -> set[StationIssue]:
    """The station-issues of some rows with ``station_id`` and ``issued_at``; without unreadable ones."""
    distinct = rows.select(["station_id", "issued_at"]).group_by(["station_id", "issued_at"]).aggregate([])
    return {
        (row["station_id"], row["issued_at"]) for row in distinct.to_pylist() if row["station_id"] is not None
    }


def hours_of(rows: pa.Table) -> dict[StationIssue, int]:
    """How many hours of each station-issue have a forecast of the air temperature.

    Args:
        rows: ``station_id``, ``issued_at`` and ``air_temperature_c``, keys unique.
    """
    with_value = rows.select(["station_id", "issued_at", "air_temperature_c"])
    with_value = with_value.filter(with_value["air_temperature_c"].is_valid())
    counted = with_value.group_by(["station_id", "issued_at"]).aggregate([([], "count_all")])
    return {(row["station_id"], row["issued_at"]): row["count_all"] for row in counted.to_pylist()}


def complete(
    counted: Mapping[StationIssue, int], station_issues: Iterable[StationIssue], hours_share: float
) -> set[StationIssue]:
    """The station-issues that have this share, 0 to 1, of the hours that the issue should have."""
    needed = Counter[datetime]()
    done = set()
    for station_id, issued_at in station_issues:
        if issued_at not in needed:
            needed[issued_at] = len(valid_times(issued_at))
        if counted.get((station_id, issued_at), 0) >= hours_share * needed[issued_at]:
            done.add((station_id, issued_at))
    return done
