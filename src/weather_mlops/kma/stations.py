"""The open surface stations of the KMA: a list that ships with the project.

It is brought up to date by ``python -m weather_mlops.kma.refresh``.
"""

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Station:
    """A surface station.

    Attributes:
        id: KMA's number.
        korean: name.
        english: name, official romanisation.
        latitude: degrees north.
        longitude: degrees east.
        elevation_m: metres above sea level, of the present site.
        opened: first day of observations under this number, at this or an earlier site.
        closed: last day, or None while it is open.
    """

    id: int
    korean: str
    english: str
    latitude: float
    longitude: float
    elevation_m: float
    opened: date
    closed: date | None


@cache
def load_stations() -> tuple[Station, ...]:
    """The open stations, by id."""
    text = resources.files("weather_mlops.kma").joinpath("stations.csv").read_text("utf-8")
    return tuple(
        Station(
            int(row["id"]),
            row["korean"],
            row["english"],
            float(row["latitude"]),
            float(row["longitude"]),
            float(row["elevation_m"]),
            date.fromisoformat(row["opened"]),
            date.fromisoformat(row["closed"]) if row["closed"] else None,
        )
        for row in csv.DictReader(text.splitlines())
    )
