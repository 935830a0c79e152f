"""The map of Korea: land in its right position, figures that cover nothing, colours that can be read."""

import json
import re
from importlib import resources
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weather_mlops.pages.charts import colour, korea, points
from weather_mlops.pages.charts.points import Point, Scale
from weather_mlops.stations import load_stations

FRAME = re.compile(r'<rect[^>]* x="([\d.-]+)" y="([\d.-]+)" width="([\d.]+)" height="([\d.]+)"')
NUMBER = r"-?(?:\d+\.?\d*|\.\d+)"


def of_all_stations(value=lambda station: 3 * (40 - station.latitude)):
    return [
        Point((each.latitude, each.longitude), f"{each.english}", f"forecasts/{each.id}", value(each))
        for each in load_stations()
    ]


def drawn(shown):
    return str(points.draw(shown, Scale.of([point.value for point in shown]), "a map"))


def frames_of(svg):
    return [tuple(map(float, numbers)) for numbers in FRAME.findall(svg)]


def test_no_figure_covers_another_figure_or_station():
    shown = of_all_stations()
    frames = frames_of(drawn(shown))
    middles = [korea.at(point.coordinates) for point in shown]

    assert len(frames) > 40
    for (x, y, wide, high), (x2, y2, wide2, high2) in combinations(frames, 2):
        assert x + wide <= x2 or x2 + wide2 <= x or y + high <= y2 or y2 + high2 <= y
    for x, y, wide, high in frames:
        inside = [each for each in middles if x < each[0] < x + wide and y < each[1] < y + high]
        assert len(inside) == 1  # its own


def test_every_station_is_drawn_once_and_links_to_its_page():
    svg = drawn(of_all_stations(lambda station: None if station.id % 2 else 1.0))
    links = re.findall(r'href="(forecasts/\d+)"', svg)

    assert sorted(links) == sorted(f"forecasts/{each.id}" for each in load_stations())
    assert svg.count('class="none"') == sum(each.id % 2 for each in load_stations())


def test_an_earlier_station_gets_its_figure_first():
    near = [(37.0, 127.0), (37.0, 127.2)]
    for order in (near, near[::-1]):
        shown = [Point(each, str(each), "a", 1.25) for each in order]
        (x, _, wide, _), *others = frames_of(drawn([*shown, Point((35.0, 128.0), "c", "a", 20.0)]))
        assert x < korea.at(order[0])[0] < x + wide
        assert len(others) == 1


@given(st.lists(st.floats(-60, 1100, allow_subnormal=False), min_size=1))
def test_a_scale_has_all_values_between_its_round_ends(values):
    scale = Scale.of(values)

    assert scale.ticks[0] <= min(values)
    assert max(values) <= scale.ticks[-1]
    assert 2 <= len(scale.ticks) <= points.MOST_STEPS + 1


def light_of(paint):
    parts = (int(paint[n : n + 2], 16) / 255 for n in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_higher_figure_has_a_brighter_colour(one, other):
    low, high = sorted((one, other))
    assert light_of(colour(low)) <= light_of(colour(high)) + 0.01  # rounding


@given(st.floats(0, 100))
def test_a_figure_can_be_read_on_its_colour(value):
    ends = [Point((34.0, east), "b", "b", end) for east, end in ((125.0, 0.0), (130.0, 100.0))]
    svg = drawn([Point((37.0, 127.0), "a", "a", value), *ends])
    paint = re.search(r"fill:(#[0-9a-f]{6})", svg)[1]
    ink = {"on-dark": 1.0, "on-light": 0.0}[re.search(r'class="(on-\w+)"', svg)[1]]
    lighter, darker = sorted((ink, light_of(paint)), reverse=True)

    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def test_the_land_is_small_and_names_its_source_and_licence():
    stored = resources.files("weather_mlops.pages.charts").joinpath(korea.FILE).read_bytes()

    assert len(stored) < 40_000
    assert "public domain" in json.loads(stored)["source"]


def inside(path, x, y):
    """Whether a point lies inside an outline of relative steps, by the rule of even and odd."""
    crossings = 0
    for ring in path.split("z"):
        numbers = list(map(float, re.findall(NUMBER, ring)))
        at, corners = (0.0, 0.0), []
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            at = (at[0] + dx, at[1] + dy)
            corners.append(at)
        for (x1, y1), (x2, y2) in zip(corners, corners[1:] + corners[:1], strict=True):
            if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
                crossings += 1
    return crossings % 2 == 1


@pytest.mark.parametrize(
    ("coordinates", "is_korea", "is_abroad"),
    [
        ((37.57, 126.97), True, False),  # Seoul
        ((33.36, 126.53), True, False),  # Jeju
        ((37.49, 130.86), True, False),  # Ulleungdo
        ((38.2, 126.3), False, True),  # north of the border
        ((33.3, 130.9), False, True),  # Kyushu
        ((36.5, 125.0), False, False),  # the Yellow Sea
    ],
)
def test_stations_lie_on_land_and_the_sea_is_free(coordinates, is_korea, is_abroad):
    x, y = korea.at(coordinates)
    land = korea.outline()

    assert inside(land["korea"], x, y) == is_korea
    assert inside(land["neighbours"], x, y) == is_abroad
