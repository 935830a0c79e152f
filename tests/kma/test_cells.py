"""The cell of the forecast grid that a point, a station, a text or a file is for."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weather_mlops.errors import Misconfigured
from weather_mlops.kma.forecast.cells import (
    CELL_COUNT,
    COLUMNS,
    ROWS,
    Cell,
    cell_at,
    cell_of,
    cells_of,
    parse_overrides,
    project,
    stations_by_cell,
    stations_of_file,
)
from weather_mlops.stations import load_stations, station_ids

GOLDEN = Path(__file__).parent / "golden" / "forecast_cells.csv"
STATIONS = list(csv.DictReader(GOLDEN.read_text("utf-8").splitlines()))
# Both implementations differ by rounding only, far less than a station's distance from a border of its cell:
# that is 1.2 m at the nearest (232, Cheonan), while the last digit of a coordinate is worth 10 m.
ROUNDING = 1e-9
cells = st.builds(Cell, st.integers(1, COLUMNS), st.integers(1, ROWS))


def published(latitude: float, longitude: float) -> tuple[float, float]:
    """The C source of the KMA's guide (lamcproj), line by line."""
    pi = math.asin(1.0) * 2.0
    degrees = pi / 180.0
    earth, olon, olat = 6371.00877 / 5.0, 126.0 * degrees, 38.0 * degrees
    slat1, slat2 = 30.0 * degrees, 60.0 * degrees
    sn = math.tan(pi * 0.25 + slat2 * 0.5) / math.tan(pi * 0.25 + slat1 * 0.5)
    sn = math.log(math.cos(slat1) / math.cos(slat2)) / math.log(sn)
    sf = math.tan(pi * 0.25 + slat1 * 0.5)
    sf = math.pow(sf, sn) * math.cos(slat1) / sn
    ro = earth * sf / math.pow(math.tan(pi * 0.25 + olat * 0.5), sn)
    ra = earth * sf / math.pow(math.tan(pi * 0.25 + latitude * degrees * 0.5), sn)
    theta = longitude * degrees - olon
    theta -= 2.0 * pi if theta > pi else 0.0
    theta += 2.0 * pi if theta < -pi else 0.0
    theta *= sn
    return ra * math.sin(theta) + 43, ro - ra * math.cos(theta) + 136


@pytest.mark.parametrize(
    ("latitude", "longitude", "x", "y"),
    [(37.5665, 126.9780, 60, 127), (37.1641, 128.9856, 95, 119), (37.90262, 127.73570, 73, 134)],
)
def test_published_points_lie_in_their_cells(latitude, longitude, x, y):
    assert cell_at(latitude, longitude) == Cell(x, y)


@pytest.mark.parametrize(
    ("station", "x", "y"),
    [
        (108, 60, 127), (112, 54, 125), (133, 67, 101), (136, 90, 106), (143, 90, 91), (146, 63, 89),
        (156, 59, 75), (159, 97, 74), (184, 53, 38),
    ],
)  # fmt: skip
def test_stations_of_large_cities_have_their_cells(station, x, y):
    assert cells_of([station]) == {station: Cell(x, y)}


@pytest.mark.parametrize("row", STATIONS, ids=lambda row: row["station"])
def test_each_station_has_the_cell_of_the_published_formula(row):
    latitude, longitude = float(row["latitude"]), float(row["longitude"])
    x, y = published(latitude, longitude)

    assert project(latitude, longitude) == pytest.approx((x, y), abs=ROUNDING)
    assert (
        cell_at(latitude, longitude) == Cell(int(row["x"]), int(row["y"])) == Cell(int(x + 0.5), int(y + 0.5))
    )


def test_all_open_stations_lie_in_the_grid():
    stations = load_stations()

    assert len(STATIONS) == 97
    for station in stations:
        x, y = published(station.latitude, station.longitude)
        assert cell_of(station) == Cell(int(x + 0.5), int(y + 0.5))
    assert cells_of(station_ids()) == {station.id: cell_of(station) for station in stations}


@given(st.floats(31, 44), st.floats(123, 132))
def test_any_point_of_korea_has_the_cell_of_the_published_formula(latitude, longitude):
    x, y = published(latitude, longitude)

    assert project(latitude, longitude) == pytest.approx((x, y), abs=ROUNDING)
    if abs(x % 1 - 0.5) > ROUNDING and abs(y % 1 - 0.5) > ROUNDING and 1 <= x <= COLUMNS and 1 <= y <= ROWS:
        assert cell_at(latitude, longitude) == Cell(int(x + 0.5), int(y + 0.5))


@given(st.floats(31, 44), st.floats(123, 132), st.integers(-2, 2))
def test_longitudes_of_another_turn_are_the_same_place(latitude, longitude, turns):
    assert project(latitude, longitude + 360 * turns) == pytest.approx(project(latitude, longitude))


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        (0.0, 0.0), (37.5, 140.0), (37.5, 120.0), (30.0, 127.0), (44.0, 127.0), (127.0, 37.5), (90.0, 126.0),
        (-90.0, 126.0), (-91.0, 126.0), (91.0, 126.0), (math.nan, 126.0), (37.5, math.nan), (37.5, math.inf),
        (math.inf, 126.0), (-99.0, -99.0),
    ],
)  # fmt: skip
def test_a_point_outside_of_the_grid_is_refused(latitude, longitude):
    with pytest.raises(Misconfigured, match="outside of the KMA's forecast grid"):
        cell_at(latitude, longitude)


@pytest.mark.parametrize(("x", "y"), [(0, 1), (1, 0), (150, 253), (149, 254), (-1, -1)])
def test_a_cell_outside_of_the_grid_is_refused_with_its_limits(x, y):
    with pytest.raises(Misconfigured, match=rf"cell {x},{y} is outside .* x is 1 to 149, y is 1 to 253"):
        Cell(x, y)


@given(cells)
def test_a_cell_s_index_is_its_place_in_a_grid(cell):
    values = np.arange(CELL_COUNT).reshape(ROWS, COLUMNS)  # row by row from the south

    assert cell.index == (cell.y - 1) * 149 + (cell.x - 1) == values[cell.y - 1, cell.x - 1]


def test_the_corners_of_a_grid_are_its_first_and_last_values():
    corners = [Cell(1, 1), Cell(149, 1), Cell(1, 2), Cell(149, 253)]

    assert [cell.index for cell in corners] == [0, 148, 149, 37_696]
    assert CELL_COUNT == 37_697


@given(cells, st.sampled_from(["{x}_{y}", "{x},{y}", " {x} , {y}\n", "{x:03}_{y:03}"]))
def test_a_cell_is_read_from_each_of_its_spellings(cell, form):
    assert Cell.parse(form.format(x=cell.x, y=cell.y)) == Cell.parse(str(cell)) == cell


@pytest.mark.parametrize(
    "text", ["", "60", "60 127", "60;127", "60,127,1", "a,b", "-60,127", "6.0,127", "0060,1"]
)
def test_a_text_that_is_no_cell_is_quoted_with_an_example(text):
    with pytest.raises(Misconfigured, match="is no cell of the forecast grid: write x,y, such as 60,127"):
        Cell.parse(text)


@pytest.mark.parametrize("text", ["0,1", "150,1", "1,254", "999_999"])
def test_a_text_of_a_cell_outside_of_the_grid_is_refused(text):
    with pytest.raises(Misconfigured, match="x is 1 to 149, y is 1 to 253"):
        Cell.parse(text)


def test_stations_with_the_same_cell_share_its_requests():
    shared = cells_of([119, 108, 159], {119: Cell(60, 127)})

    assert stations_by_cell(shared) == {Cell(60, 127): (108, 119), Cell(97, 74): (159,)}
    assert stations_by_cell({}) == {}


@given(st.dictionaries(st.sampled_from(station_ids()), cells))
def test_each_station_is_in_exactly_one_group_that_of_its_cell(overrides):
    chosen = cells_of(station_ids(), overrides)
    groups = stations_by_cell(chosen)

    assert {station: cell for cell, group in groups.items() for station in group} == chosen
    assert sum(map(len, groups.values())) == len(station_ids())
    assert all(list(group) == sorted(group) for group in groups.values())


def test_an_override_replaces_the_cell_of_its_station_alone():
    assert cells_of([152, 108], {152: Cell(102, 83), 90: Cell(1, 1)}) == {
        152: Cell(102, 83),
        108: Cell(60, 127),
    }


def test_unknown_stations_are_named_with_the_file_that_has_all():
    with pytest.raises(
        Misconfigured, match=r"no open stations: 1, 999\. .* in src/weather_mlops/stations\.csv$"
    ):
        cells_of([108, 1, 999], {999: Cell(1, 1)})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        (" ; ", {}),
        ("152=102,83", {152: Cell(102, 83)}),
        ("152=102,83; 101=73,134", {152: Cell(102, 83), 101: Cell(73, 134)}),
        ("152 = 102_83 ;\n101=73 , 134;", {152: Cell(102, 83), 101: Cell(73, 134)}),
        ("Seoul=60,127;제주=53,38", {108: Cell(60, 127), 184: Cell(53, 38)}),
        ("108,119=60,127", {108: Cell(60, 127), 119: Cell(60, 127)}),
    ],
)
def test_overrides_are_read_as_people_write_them(text, expected):
    assert parse_overrides(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("152", "'152' is no cell of a station: write station=x,y"),
        ("152:102,83", "'152:102,83' is no cell of a station"),
        ("152=102,83 101=73,134", "is no cell of the forecast grid"),
        ("152=", "'' is no cell of the forecast grid"),
        ("152=102", "'102' is no cell of the forecast grid"),
        ("152=102,283", "y is 1 to 253"),
        ("999=102,83", "'999' is no open station"),
        ("Soul=60,127", "did you mean 서울 Seoul"),
        ("=60,127", "the list is empty"),
    ],
)
def test_an_override_that_cannot_be_read_is_named(text, message):
    with pytest.raises(Misconfigured, match=message.replace("?", "[?]")):
        parse_overrides(text)


def test_a_file_is_for_the_stations_in_its_cell():
    assert stations_of_file(Cell(60, 127)) == (108,)
    assert stations_of_file(Cell(60, 127), " Seoul ") == stations_of_file(Cell(1, 1), "108") == (108,)


@pytest.mark.parametrize(
    ("cell", "nearest"),
    [
        (Cell(73, 133), r"Chuncheon \(101\), 6 km"),  # the cell next to its own
        (Cell(60, 126), r"Seoul \(108\), 5 km"),
        (Cell(102, 83), r"Ulsan \(152\), 9 km"),
    ],
)
def test_a_file_of_an_empty_cell_is_refused_with_the_nearest(cell, nearest):
    message = rf"no station stands in cell {cell} .* The nearest is {nearest} .*, such as STATION=\d+$"
    with pytest.raises(Misconfigured, match=message):
        stations_of_file(cell)


def test_a_file_for_an_unknown_station_is_refused():
    with pytest.raises(Misconfigured, match="'Nowhere' is no open station"):
        stations_of_file(Cell(60, 127), "Nowhere")
