"""The open surface stations of the KMA: a list that ships with the project.

It is brought up to date by ``python -m weather_mlops.kma.refresh``.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import Final

from weather_mlops.errors import Misconfigured

ALL: Final = "all"
KOREAN_ENDING: Final = re.compile(r"(특별자치시|특별자치도|특별시|광역시|시|군|도)$")
ENGLISH_ENDING: Final = re.compile(r"[ -](si|gun|do|city|county|island)$")
"""What people write after the name of a place, or leave out: 서울시, Gimhae."""

NEAR: Final = 0.6
"""Likeness (0 to 1) of a name that may have been meant, as difflib counts it."""


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


def resolve_station_ids(wanted: str | int | Sequence[int | str]) -> tuple[int, ...]:
    """Station ids, ascending, of what people write: ids and names, Korean or English, in any case.

    Args:
        wanted: ``all``; or ids and names, as a list or joined by commas: ``108, 제주, busan``.

    Raises:
        Misconfigured: a sentence for each that is no open station, with the names that may have been meant.
    """
    if wanted == ALL:
        return tuple(station.id for station in load_stations())
    parts = [part for item in _items(wanted) for part in _parts(str(item))]
    if not parts:
        raise Misconfigured("stations: the list is empty: name stations, or write all")
    found = [_matches(part) for part in parts]
    wrong = [_fault(part, ids) for part, ids in zip(parts, found, strict=True) if len(ids) != 1]
    if wrong:
        raise Misconfigured(
            f"stations: {'; '.join(dict.fromkeys(wrong))}. Ids and names are in "
            "src/weather_mlops/kma/stations.csv and in the table stations of `make query`"
        )
    return tuple(sorted({ids[0] for ids in found}))


def station_named(name: str) -> int | None:
    """The id of the open station of this name, Korean or English; None where there is none, or several."""
    ids = () if any(letter.isdigit() for letter in name) else _matches(name.strip())
    return ids[0] if len(ids) == 1 else None


def _items(wanted: str | int | Sequence[int | str]) -> Iterable[int | str]:
    return (
        re.split(r"[,;\n]", wanted)
        if isinstance(wanted, str)
        else [wanted]
        if isinstance(wanted, int)
        else wanted
    )


def _parts(item: str) -> Iterator[str]:
    """What is named in an item: a name may have a blank in it, and blanks may stand between names."""
    item = item.strip(" \t'\"[]")
    words = item.split()
    if len(words) > 1 and not _matches(item):
        yield from words
    elif item:
        yield item


def _matches(text: str) -> tuple[int, ...]:
    """Ids of the stations that a text names: of this very name, or else of a name that ends otherwise."""
    if text.isdecimal():
        return tuple(station.id for station in load_stations() if station.id == int(text))
    exact, loose = _names()
    same = exact.get(_plain(text), ())
    if same:
        return same
    return tuple(sorted({each for form in _forms(_plain(text)) for each in loose.get(form, ())}))


@cache
def _names() -> tuple[dict[str, tuple[int, ...]], dict[str, tuple[int, ...]]]:
    """Stations by their names, and by their names with and without what they end in."""
    exact: dict[str, tuple[int, ...]] = {}
    loose: dict[str, tuple[int, ...]] = {}
    for station in load_stations():
        for name in (_plain(station.korean), _plain(station.english)):
            exact[name] = (*exact.get(name, ()), station.id)
            for form in _forms(name):
                loose[form] = (*loose.get(form, ()), station.id)
    return exact, loose


def _plain(text: str) -> str:
    """A name in one form: some systems take Korean syllables apart, and people write any case."""
    return unicodedata.normalize("NFC", text).casefold().strip()


def _forms(name: str) -> set[str]:
    """A name as it is, and without its ending; one syllable alone names nothing."""
    stems = {KOREAN_ENDING.sub("", name), ENGLISH_ENDING.sub("", name)}
    return {name, *(stem for stem in stems if len(stem) > 1)}


def _fault(text: str, ids: Sequence[int]) -> str:
    """What is wrong with a name, and what may have been meant."""
    if ids:
        return f"{text!r} is the name of several: {_listed(ids)}: write the id"
    near = _similar(text)
    hint = f" (did you mean {_listed(near)}?)" if near else ""
    return f"{text!r} is no open station of the KMA{hint}"


def _similar(text: str) -> list[int]:
    """Ids of the stations that may have been meant, the likeliest first."""
    if text.isdecimal():
        return []
    exact, _ = _names()
    plain = _plain(text)
    names = [*get_close_matches(plain, exact, n=3, cutoff=NEAR)]
    names += [name for name in exact if len(plain) > 1 and plain in name and name not in names][:3]
    return list(dict.fromkeys(each for name in names for each in exact[name]))[:3]


def _listed(ids: Iterable[int]) -> str:
    named = {station.id: station for station in load_stations()}
    return " or ".join(f"{named[each].korean} {named[each].english} ({each})" for each in ids)
