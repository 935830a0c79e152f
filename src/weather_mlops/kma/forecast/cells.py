"""Cells of the KMA's forecast grid: which one a station lies in, and where a cell stands in a grid's values.

The grid is a Lambert conformal conic projection with cells of 5 km, 149 from west to east and 253 from south
to north, both counted from 1. A neighbouring cell can be 1 °C off in the mountains, so a station takes the
forecast of its own cell unless somebody configures another one.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from weather_mlops.errors import Misconfigured
from weather_mlops.stations import Station, load_stations, resolve_station_ids

COLUMNS: Final = 149
ROWS: Final = 253
CELL_COUNT: Final = COLUMNS * ROWS

# The projection as the KMA publishes it (guide of the short-term forecast's open API, C source at its end).
EARTH_RADIUS_KM: Final = 6371.00877
CELL_KM: Final = 5.0
STANDARD_PARALLELS_DEG: Final = (30.0, 60.0)
ORIGIN_LONGITUDE_DEG: Final = 126.0
ORIGIN_LATITUDE_DEG: Final = 38.0
ORIGIN_CELL: Final = (43, 136)

_CELL: Final = re.compile(r"(\d{1,3})[,_](\d{1,3})")
_OVERRIDE: Final = "write station=x,y, several with a semicolon between them: 152=102,83; 101=73,134"


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """A cell of the grid.

    Attributes:
        x: from the west, 1 to 149; ``nx`` in KMA's requests.
        y: from the south, 1 to 253; ``ny`` in KMA's requests.

    Raises:
        Misconfigured: it lies outside of the grid.
    """

    x: int
    y: int

    def __post_init__(self) -> None:
        if not (1 <= self.x <= COLUMNS and 1 <= self.y <= ROWS):
            raise Misconfigured(
                f"cell {self.x},{self.y} is outside of the KMA's forecast grid: x is 1 to {COLUMNS}, "
                f"y is 1 to {ROWS}"
            )

    def __str__(self) -> str:
        return f"{self.x}_{self.y}"

    @property
    def index(self) -> int:
        """Where the cell stands in the values of a grid, from 0: row by row from the south."""
        return (self.y - 1) * COLUMNS + self.x - 1

    @classmethod
    def parse(cls, text: str) -> "Cell":
        """The cell that a text names as ``102_83`` or ``102,83``.

        Raises:
            Misconfigured: the text has another form, or the cell lies outside of the grid.
        """
        match = _CELL.fullmatch("".join(text.split()))
        if not match:
            raise Misconfigured(f"{text[:40]!r} is no cell of the forecast grid: write x,y, such as 60,127")
        return cls(int(match[1]), int(match[2]))


def cell_at(latitude: float, longitude: float) -> Cell:
    """The cell that a point lies in.

    Args:
        latitude: degrees north.
        longitude: degrees east.

    Raises:
        Misconfigured: the point lies outside of the grid.
    """
    # The projection has no value at the south pole, and none for what is no point of the earth.
    if not (-90 < latitude <= 90 and math.isfinite(longitude)):  # noqa: PLR2004  degrees of a quarter circle
        raise Misconfigured(f"{latitude} N {longitude} E is outside of the KMA's forecast grid")
    x, y = project(latitude, longitude)
    return Cell(math.floor(x + 0.5), math.floor(y + 0.5))


def project(latitude: float, longitude: float) -> tuple[float, float]:
    """Column and row of a point, with fractions; a whole number is the middle of a cell.

    Args:
        latitude: degrees north.
        longitude: degrees east.
    """
    cone, scale, origin_radius = _cone()
    radius = scale / math.tan(math.pi / 4 + math.radians(latitude) / 2) ** cone
    turn = math.remainder(longitude - ORIGIN_LONGITUDE_DEG, 360)
    angle = cone * math.radians(turn)
    return (
        ORIGIN_CELL[0] + radius * math.sin(angle),
        ORIGIN_CELL[1] + origin_radius - radius * math.cos(angle),
    )


@cache
def _cone() -> tuple[float, float, float]:
    """Constant of the cone, scale, and radius of the origin's parallel, in cells."""
    first, second = map(math.radians, STANDARD_PARALLELS_DEG)
    slope = math.tan(math.pi / 4 + first / 2)
    cone = math.log(math.cos(first) / math.cos(second)) / math.log(math.tan(math.pi / 4 + second / 2) / slope)
    scale = EARTH_RADIUS_KM / CELL_KM * slope**cone * math.cos(first) / cone
    origin = math.tan(math.pi / 4 + math.radians(ORIGIN_LATITUDE_DEG) / 2)
    return cone, scale, scale / origin**cone


def cell_of(station: Station) -> Cell:
    """The cell that a station stands in."""
    return cell_at(station.latitude, station.longitude)


def cells_of(station_ids: Iterable[int], overrides: Mapping[int, Cell] | None = None) -> dict[int, Cell]:
    """The cell whose forecast each station takes: its own, or the one that is configured for it.

    Args:
        station_ids: open stations.
        overrides: other cells by station id, as ``parse_overrides`` gives them.

    Raises:
        Misconfigured: an id is no open station.
    """
    chosen = {**_own_cells(), **(overrides or {})}
    ids = list(station_ids)
    if unknown := [station_id for station_id in ids if station_id not in _own_cells()]:
        raise Misconfigured(
            f"no open stations: {', '.join(map(str, unknown))}. Ids are in src/weather_mlops/stations.csv"
        )
    return {station_id: chosen[station_id] for station_id in ids}


def stations_by_cell(cells: Mapping[int, Cell]) -> dict[Cell, tuple[int, ...]]:
    """The stations that share a cell, by cell: they share its requests as well."""
    shared: dict[Cell, tuple[int, ...]] = {}
    for station_id, cell in sorted(cells.items()):
        shared[cell] = (*shared.get(cell, ()), station_id)
    return shared


def parse_overrides(text: str) -> dict[int, Cell]:
    """Cells that stations take instead of their own, of ``152=102,83; 101=73,134``; none of an empty text.

    Raises:
        Misconfigured: it has another form, names no open station, or a cell outside of the grid.
    """
    overrides: dict[int, Cell] = {}
    for part in filter(str.strip, text.split(";")):
        name, equals, cell = part.partition("=")
        if not equals:
            raise Misconfigured(f"{part.strip()[:40]!r} is no cell of a station: {_OVERRIDE}")
        overrides |= dict.fromkeys(resolve_station_ids(name.strip()), Cell.parse(cell))
    return overrides


def stations_of_file(cell: Cell, station: str = "") -> tuple[int, ...]:
    """The stations that an imported file of a cell is for.

    Args:
        cell: of the file.
        station: the one station that somebody names for it, id or name; empty for those that stand in it.

    Raises:
        Misconfigured: the name is no open station, or none is named and no station stands in the cell.
    """
    if station.strip():
        return resolve_station_ids(station.strip())
    own = stations_by_cell(_own_cells()).get(cell, ())
    if own:
        return own
    nearest = min(load_stations(), key=lambda each: _distance_km(cell, each))
    raise Misconfigured(
        f"no station stands in cell {cell} of this forecast. The nearest is {nearest.english} "
        f"({nearest.id}), {_distance_km(cell, nearest):.0f} km from its middle: name the station that the "
        f"file is for, such as STATION={nearest.id}"
    )


@cache
def _own_cells() -> Mapping[int, Cell]:
    return {station.id: cell_of(station) for station in load_stations()}


def _distance_km(cell: Cell, station: Station) -> float:
    x, y = project(station.latitude, station.longitude)
    return CELL_KM * math.hypot(x - cell.x, y - cell.y)
