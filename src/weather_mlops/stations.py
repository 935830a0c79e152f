"""The open surface stations of the KMA: a list that ships with the project.

It is updated by ``python -m weather_mlops.kma.refresh``.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

from weather_mlops.errors import Misconfigured

ALL: Final = "all"
KOREAN_ENDING: Final = re.compile(r"(특별자치시|특별자치도|특별시|광역시|시|군|도)$")
ENGLISH_ENDING: Final = re.compile(r"[ -](si|gun|do|city|county|island)$")
"""Optional endings of names: 서울 or 서울시, Gimhae or Gimhae-si."""

NEAR: Final = 0.6
"""Least similarity (0 to 1, by difflib) of a name that is suggested."""


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
    text = resources.files("weather_mlops").joinpath("stations.csv").read_text("utf-8")
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


@cache
def stations_by_id() -> Mapping[int, Station]:
    """The open stations by id, ascending."""
    return MappingProxyType({station.id: station for station in load_stations()})


@cache
def station_ids() -> tuple[int, ...]:
    """The ids of the open stations, ascending."""
    return tuple(stations_by_id())


def resolve_station_ids(selection: str | int | Sequence[int | str]) -> tuple[int, ...]:
    """Resolve ids and names of stations (Korean or English, in any case) to ids, ascending.

    Args:
        selection: ``all``; or ids and names, as a list or joined by commas: ``108, 제주, busan``.

    Raises:
        Misconfigured: some are no open stations; the message suggests names for each of them.
    """
    if selection == ALL:
        return station_ids()
    parts = [part for item in _items(selection) for part in _parts(str(item))]
    if not parts:
        raise Misconfigured("stations: the list is empty: name stations, or write all")
    matches = [_matches(part) for part in parts]
    wrong = [_fault(part, ids) for part, ids in zip(parts, matches, strict=True) if len(ids) != 1]
    if wrong:
        raise Misconfigured(
            f"stations: {'; '.join(dict.fromkeys(wrong))}. Ids and names are in "
            "src/weather_mlops/stations.csv and in the table stations of `make query`"
        )
    return tuple(sorted({ids[0] for ids in matches}))


def station_named(name: str) -> int | None:
    """The id of the open station of this name, Korean or English; None where there is none, or several."""
    ids = () if any(letter.isdigit() for letter in name) else _matches(name.strip())
    return ids[0] if len(ids) == 1 else None


def _items(selection: str | int | Sequence[int | str]) -> Iterable[int | str]:
    return (
        re.split(r"[,;\n]", selection)
        if isinstance(selection, str)
        else [selection]
        if isinstance(selection, int)
        else selection
    )


def _parts(item: str) -> Iterator[str]:
    """Split an item into names: a name may have a blank in it, and blanks may separate names."""
    item = item.strip(" \t'\"[]")
    words = item.split()
    if len(words) > 1 and not _matches(item):
        yield from words
    elif item:
        yield item


def _matches(text: str) -> tuple[int, ...]:
    """Ids of the stations that a text names: by the exact name, else by a name with another ending."""
    if text.isdecimal():
        return (int(text),) if int(text) in stations_by_id() else ()
    exact, loose = _names()
    same = exact.get(_plain(text), ())
    if same:
        return same
    return tuple(sorted({each for form in _forms(_plain(text)) for each in loose.get(form, ())}))


@cache
def _names() -> tuple[dict[str, tuple[int, ...]], dict[str, tuple[int, ...]]]:
    """Ids by exact name, and by names with and without their endings."""
    exact: dict[str, tuple[int, ...]] = {}
    loose: dict[str, tuple[int, ...]] = {}
    for station in load_stations():
        for name in (_plain(station.korean), _plain(station.english)):
            exact[name] = (*exact.get(name, ()), station.id)
            for form in _forms(name):
                loose[form] = (*loose.get(form, ()), station.id)
    return exact, loose


def _plain(text: str) -> str:
    """Normalize a name: some systems decompose Korean syllables, and people write any case."""
    return unicodedata.normalize("NFC", text).casefold().strip()


def _forms(name: str) -> set[str]:
    """A name as it is, and without its ending, unless only one letter or syllable is left."""
    stems = {KOREAN_ENDING.sub("", name), ENGLISH_ENDING.sub("", name)}
    return {name, *(stem for stem in stems if len(stem) > 1)}


def _fault(text: str, ids: Sequence[int]) -> str:
    """Describe what is wrong with a name, and suggest others."""
    if ids:
        return f"{text!r} is the name of several: {_listed(ids)}: write the id"
    near = _similar(text)
    hint = f" (did you mean {_listed(near)}?)" if near else ""
    return f"{text!r} is no open station of the KMA{hint}"


def _similar(text: str) -> list[int]:
    """Ids of stations with similar names, the most similar first."""
    if text.isdecimal():
        return []
    exact, _ = _names()
    plain = _plain(text)
    names = [*get_close_matches(plain, exact, n=3, cutoff=NEAR)]
    names += [name for name in exact if len(plain) > 1 and plain in name and name not in names][:3]
    return list(dict.fromkeys(each for name in names for each in exact[name]))[:3]


def _listed(ids: Iterable[int]) -> str:
    named = stations_by_id()
    return " or ".join(f"{named[each].korean} {named[each].english} ({each})" for each in ids)
