"""The pages about data quality: all days, the stations of a day, and a station's month."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Final

from weather_mlops.browsing.data_docs import read_calendar
from weather_mlops.browsing.quality_days import Month, StationDay, Totals, month_of_station, of_day, totals
from weather_mlops.clock import KST
from weather_mlops.documents.quality_day import QualityDay, key_of
from weather_mlops.lake import documents
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.pages import rendering
from weather_mlops.pages.languages import Language
from weather_mlops.pages.visit import Visit
from weather_mlops.quality.docs import index
from weather_mlops.quality.docs.names import DOCS
from weather_mlops.stations import Station, load_stations

AT_A_TIME: Final = 8


def read(store: ObjectStore, days: Iterable[date]) -> dict[date, QualityDay]:
    """The documents of days; days without one are left out.

    Raises:
        StorageUnavailable, StorageRefused.
    """

    def read_one(day: date) -> QualityDay | None:
        return documents.read_or_none(store, key_of(day), QualityDay, "the day is shown without its stations")

    chosen = list(days)
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        pairs = zip(chosen, pool.map(read_one, chosen), strict=True)
        return {day: document for day, document in pairs if document is not None}


def render_days(store: ObjectStore, visit: Visit, now: datetime) -> str:
    """The page of all days.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    calendar = read_calendar(store)
    counted = read(store, (date.fromisoformat(day) for day in calendar.days))
    figures: dict[str, Totals] = {day.isoformat(): totals(document, now) for day, document in counted.items()}
    stations = [(station.id, labelled(station, visit.language)) for station in load_stations()]
    return index.render_calendar(calendar, visit, figures=figures, stations=stations if counted else ())


def render_day(store: ObjectStore, day: date, visit: Visit, now: datetime) -> str:
    """The page of a day.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    keys = [entry.key for entry in store.list(f"{DOCS}/{day:%Y/%m/%d}/")]
    document = read(store, [day]).get(day)
    stations: list[StationDay] = of_day(document, visit.language, now) if document else []
    return index.render_day(
        day.isoformat(),
        keys,
        visit,
        stations=stations,
        totals=totals(document, now) if document else None,
        updated_at=document.updated_at if document else None,
    )


def render_station(store: ObjectStore, station: Station, first: date, visit: Visit, now: datetime) -> str:
    """The page of a station's month.

    Args:
        store: the bucket.
        station: the station.
        first: first day of the month.
        visit: language and links.
        now: the time, timezone-aware.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    month = Month(first)
    return rendering.render(
        "quality_station.html",
        visit,
        station=station,
        name=labelled(station, visit.language),
        month=month,
        today=now.astimezone(KST).date(),
        weeks=month_of_station(month, station.id, read(store, month.days), now),
    )


def labelled(station: Station, language: Language) -> str:
    """The name of a station in the reader's language."""
    return station.korean if language.name == "ko" else station.english
