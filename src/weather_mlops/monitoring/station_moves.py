"""Whether the KMA lists a station at other coordinates than stations.csv: it is asked once a day at most.

``monitoring/kma/stations.json`` contains what the KMA answered last, or why it could not be asked.
"""

import json
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

import numpy as np

from weather_mlops.clock import KST
from weather_mlops.errors import FormatChanged, KmaUnavailable, Misconfigured, WeatherError
from weather_mlops.kma.forecast.cells import cell_at, cell_of
from weather_mlops.lake import documents
from weather_mlops.lake.documents import Moment
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.panel import offsets_km
from weather_mlops.monitoring.checks import Check
from weather_mlops.monitoring.figures.official import MovedStation, MoveFigures
from weather_mlops.monitoring.section_builder import Rule
from weather_mlops.monitoring.sensors import RISE_KM_PER_M
from weather_mlops.stations import Station, stations_by_id

log = logging.getLogger(__name__)

LIST_KEY: Final = "monitoring/kma/stations.json"
MOVED: Final = Rule("station_moved", "km")


@dataclass(frozen=True, slots=True)
class ListedStation:
    """Coordinates of a station as the KMA lists them: degrees, and metres above sea level."""

    id: int
    latitude: float
    longitude: float
    elevation_m: float


@dataclass(frozen=True)
class StationList:
    """What the KMA answered. The fields are keys of the stored document.

    Attributes:
        asked_at: when it was asked.
        failed: why it could not be asked; empty = it answered.
        stations: what it listed.
    """

    asked_at: Moment
    failed: str
    stations: Sequence[ListedStation]


def listed(
    store: ObjectStore, ask: Callable[[], Iterable[Station]], station_ids: Collection[int], now: datetime
) -> StationList:
    """Return today's list (KST): the stored one, or else the KMA's answer, which is stored.

    A failure is stored as well, so that the KMA is not asked again before tomorrow; an error of the
    configuration is not, because then nothing was asked.

    Args:
        store: the bucket.
        ask: requests the list from the KMA.
        station_ids: ids of the watched stations.
        now: the time, timezone-aware.

    Raises:
        Misconfigured, StorageUnavailable, StorageRefused.
        KmaUnavailable: the KMA could not be asked today.
    """
    stations = documents.read_or_none(store, LIST_KEY, StationList, "the list of stations is requested again")
    if stations is None or stations.asked_at.astimezone(KST).date() != now.astimezone(KST).date():
        stations = _request(ask, station_ids, now)
        body = {**asdict(stations), "asked_at": stations.asked_at.isoformat()}
        store.put(LIST_KEY, json.dumps(body, ensure_ascii=False).encode(), "application/json")
    if stations.failed:
        asked_at = stations.asked_at.astimezone(KST)
        raise KmaUnavailable(
            f"{stations.failed} (asked at {asked_at:%Y-%m-%d %H:%M} KST; the list of stations is requested "
            "once a day)"
        )
    return stations


def compare(stations: StationList, station_ids: Collection[int]) -> dict[int, float]:
    """Distance of each watched station that is listed from its coordinates in stations.csv, in km.

    10 m of elevation count as 1 km, as for the neighbours of a station.
    """
    known = stations_by_id()
    watched = [each for each in stations.stations if each.id in station_ids and each.id in known]
    distances = {}
    for each in watched:
        before = known[each.id]
        latitudes = np.array([before.latitude, each.latitude])
        longitudes = np.array([before.longitude, each.longitude])
        east, north = (float(offset[0, 1]) for offset in offsets_km(latitudes, longitudes))
        rise = (each.elevation_m - before.elevation_m) * RISE_KM_PER_M
        distances[each.id] = float(np.sqrt(east**2 + north**2 + rise**2))
    return distances


def figures_of(stations: StationList, distances: dict[int, float], max_moved_km: float) -> MoveFigures:
    """Figures of the section: only stations that moved are named."""
    by_id = {each.id: each for each in stations.stations}
    moved: list[MovedStation] = []
    for station_id, distance in distances.items():
        if distance > max_moved_km:
            known, each = stations_by_id()[station_id], by_id[station_id]
            moved.append(
                {
                    "id": station_id,
                    "korean": known.korean,
                    "english": known.english,
                    "moved_km": round(distance, 2),
                    "latitude": each.latitude,
                    "longitude": each.longitude,
                    "elevation_m": each.elevation_m,
                }
            )
    return {"asked_at": stations.asked_at.isoformat(), "compared": len(distances), "moved": moved}


def checks(stations: StationList, distances: dict[int, float], max_moved_km: float) -> list[Check]:
    """A check of each station that was compared."""
    by_id = {each.id: each for each in stations.stations}
    return [
        MOVED.above(round(distance, 3), max_moved_km, _detail(by_id[station_id]), str(station_id))
        for station_id, distance in distances.items()
    ]


def _detail(each: ListedStation) -> str:
    known = stations_by_id()[each.id]
    before, after = cell_of(known), cell_at(each.latitude, each.longitude)
    cells = f"forecast cell {before.x},{before.y}"
    cells += "" if before == after else f" becomes {after.x},{after.y}"
    return (
        f"{known.english}: listed at {each.latitude:.4f} N {each.longitude:.4f} E {each.elevation_m:.0f} m, "
        f"in stations.csv {known.latitude:.4f} N {known.longitude:.4f} E {known.elevation_m:.0f} m; {cells}"
    )


def _request(
    ask: Callable[[], Iterable[Station]], station_ids: Collection[int], now: datetime
) -> StationList:
    try:
        stations = [ListedStation(s.id, s.latitude, s.longitude, s.elevation_m) for s in ask()]
        present = len({station.id for station in stations}.intersection(station_ids))
        if present < len(station_ids) / 2:
            raise FormatChanged(
                f"stn_inf lists {present} of {len(station_ids)} watched stations: a part of the list"
            )
    except Misconfigured:
        raise
    except WeatherError as error:
        log.warning("the list of stations is not known today: %s", error)
        return StationList(now, f"{type(error).__name__}: {error}", ())
    return StationList(now, "", stations)
