"""Which gaps to request again, and by which few calls of the API."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from weather_mlops.clock import HOUR
from weather_mlops.kma.endpoints import LONGEST_SPAN
from weather_mlops.lake.keys import key_list, to_datetime


@dataclass(frozen=True, slots=True)
class GapCall:
    """A call for missing hours: a period, both ends included (UTC), and stations."""

    begin: datetime
    end: datetime
    station_ids: tuple[int, ...]


def of_stations(register: pa.Table, station_ids: Collection[int]) -> pa.Table:
    """Select the gaps of some stations, so that only stations that are collected are requested."""
    chosen = pa.array(list(station_ids), register.schema.field("station_id").type)
    return register.filter(pc.is_in(register["station_id"], chosen))


def plan_calls(gaps: pa.Table, max_calls: int) -> list[GapCall]:
    """Combine many gaps into few calls, the newest first.

    Gaps that are one hour apart share a call, for all stations that miss any of its hours; so do those 2, 4,
    8, ... hours apart if there would be more calls than allowed. Gaps beyond the last call wait for another
    run. No call is longer than LONGEST_SPAN.

    Args:
        gaps: rows with the columns of KEY.
        max_calls: upper limit of calls.
    """
    stations: dict[datetime, set[int]] = {}
    for station, hour in key_list(gaps):
        stations.setdefault(to_datetime(hour), set()).add(station)
    hours = sorted(stations, reverse=True)
    apart = HOUR
    while len(groups := _grouped(hours, apart)) > max_calls and apart < LONGEST_SPAN:
        apart *= 2
    return [
        GapCall(group[-1], group[0], tuple(sorted(set().union(*(stations[hour] for hour in group)))))
        for group in groups[: max(0, max_calls)]
    ]


def _grouped(hours: Sequence[datetime], apart: timedelta) -> list[list[datetime]]:
    """Group hours, newest first, that are at most ``apart`` from each other."""
    groups: list[list[datetime]] = []
    for hour in hours:
        if groups and groups[-1][-1] - hour <= apart and groups[-1][0] - hour <= LONGEST_SPAN:
            groups[-1].append(hour)
        else:
            groups.append([hour])
    return groups
