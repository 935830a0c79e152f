"""The land of the maps, converted from the formats of its sources."""

import itertools
import re

from authoring import outline
from weather_mlops.pages.charts import korea

NORTH, EAST = 37.0, 127.0
SIDE = 1.0  # degrees


def square(east, north):
    """The corners of a square, from the south-west on."""
    return [
        [east, north],
        [east, north + SIDE],
        [east + SIDE, north + SIDE],
        [east + SIDE, north],
        [east, north],
    ]


def topology(rings_by_country):
    """TopoJSON in thousandths of a degree, an arc for each ring."""
    arcs, geometries = [], []
    for name, ring in rings_by_country.items():
        thousandths = [[round(1000 * east), round(1000 * north)] for east, north in ring]
        steps = [[b[0] - a[0], b[1] - a[1]] for a, b in itertools.pairwise(thousandths)]
        geometries.append({"type": "Polygon", "properties": {"name": name}, "arcs": [[len(arcs)]]})
        arcs.append([thousandths[0], *steps])
    transform = {"scale": [0.001, 0.001], "translate": [0, 0]}
    return {"transform": transform, "arcs": arcs, "objects": {"countries": {"geometries": geometries}}}


def provinces(*rings):
    shapes = [{"type": "Polygon", "coordinates": [ring]} for ring in rings]
    return {"features": [{"geometry": shape} for shape in shapes]}


def corners_of(path):
    """The corners of each line of a path."""
    lines = []
    for line in path.split("M")[1:]:
        numbers = list(map(float, re.findall(r"-?(?:\d+\.?\d*|\.\d+)", line)))
        corners = [(numbers[0], numbers[1])]
        for dx, dy in zip(numbers[2::2], numbers[3::2], strict=True):
            corners.append((round(corners[-1][0] + dx, 1), round(corners[-1][1] + dy, 1)))
        lines.append(corners)
    return lines


def rounded(north, east):
    return tuple(round(part, 1) for part in korea.at((north, east)))


def test_korea_and_its_neighbours_are_drawn_in_map_units():
    land = outline.outline(
        topology({"South Korea": square(EAST, NORTH), "Japan": square(129.5, 33.0)}), provinces()
    )

    (corners,) = corners_of(land["korea"])
    assert corners == [rounded(north, east) for east, north in square(EAST, NORTH)[:-1]]
    assert len(corners_of(land["neighbours"])) == 1
    assert land["provinces"] == ""


def test_land_off_the_map_is_cut_off_or_left_out():
    world = {"Russia": square(37.0, 55.0), "China": [[110, 37], [110, 38], [125, 38], [125, 37], [110, 37]]}
    land = outline.outline(topology(world), provinces())

    (china,) = corners_of(land["neighbours"])
    assert min(x for x, _ in china) == -outline.MARGIN
    assert max(x for x, _ in china) == rounded(37, 125)[0]


def test_only_borders_between_provinces_are_lines():
    land = outline.outline(
        topology({}), provinces(square(EAST, NORTH), square(EAST + SIDE, NORTH), square(EAST, 35.0))
    )

    (line,) = corners_of(land["provinces"])
    ends = [rounded(NORTH, EAST + SIDE), rounded(NORTH + SIDE, EAST + SIDE)]
    assert sorted(line) == sorted(ends)


def test_points_on_a_straight_line_are_left_out():
    ring = square(EAST, NORTH)
    ring[1:1] = [[EAST, NORTH + 0.3], [EAST + 0.001, NORTH + 0.6]]
    land = outline.outline(topology({"South Korea": ring}), provinces())

    assert len(corners_of(land["korea"])[0]) == 4
