"""The land on the maps: coast, neighbours and provinces of Korea as SVG paths, from Natural Earth.

Natural Earth (naturalearthdata.com) is in the public domain. Its data at 1:10 million come from two packages
of npm, whose versions are pinned: countries of ``world-atlas``, provinces of Superset's map of Korea.
"""

import json
import math
import subprocess
import tarfile
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, Final

from weather_mlops.pages.charts import korea

COUNTRIES: Final = ("world-atlas@2.0.2", "package/countries-10m.json")
PROVINCES: Final = (
    "@superset-ui/legacy-plugin-chart-country-map@0.20.3",
    "package/lib/countries/korea.geojson",
)
SOURCE: Final = (
    "Natural Earth 1:10m, public domain (naturalearthdata.com): countries from npm world-atlas 2.0.2 (ISC), "
    "provinces from npm @superset-ui/legacy-plugin-chart-country-map 0.20.3 (Apache-2.0); simplified by "
    "authoring/outline.py"
)
KOREA: Final = "South Korea"
TOLERANCE: Final = 0.45  # units of the map; a unit is 1 to 1.4 px on a page
SMALLEST: Final = 1.6  # units: smaller islands are left out
MARGIN: Final = 4.0  # units around the map, so that no cut edge is seen

Point = tuple[float, float]
Line = Sequence[Point]


def write(path: Path) -> None:
    """Fetch the packages, convert them, and write the file."""
    with tempfile.TemporaryDirectory() as folder:
        countries = _from_npm(*COUNTRIES, Path(folder))
        provinces = _from_npm(*PROVINCES, Path(folder))
    path.write_text(json.dumps(outline(countries, provinces), indent=1) + "\n", "utf-8")


def outline(countries: Any, provinces: Any) -> dict[str, str]:
    """The content of the file.

    Args:
        countries: TopoJSON with an object ``countries``, whose members have a name.
        provinces: GeoJSON of the provinces of Korea.
    """
    arcs = list(_arcs(countries))
    land: dict[bool, list[Line]] = {True: [], False: []}
    for country in countries["objects"]["countries"]["geometries"]:
        rings = [_ring(indices, arcs) for polygon in _polygons(country) for indices in polygon]
        land[country["properties"]["name"] == KOREA] += filter(None, map(_clipped, rings))
    borders = [_simplified([korea.at((north, east)) for east, north in line]) for line in _shared(provinces)]
    return {
        "source": SOURCE,
        "korea": _path(land[True], closed=True),
        "neighbours": _path(land[False], closed=True),
        "provinces": _path(borders, closed=False),
    }


def _from_npm(package: str, member: str, folder: Path) -> Any:
    packed = subprocess.run(  # noqa: S603  a pinned package
        ["npm", "pack", package, "--silent", "--pack-destination", str(folder)],  # noqa: S607
        check=True,
        capture_output=True,
        text=True,
    )
    with tarfile.open(folder / packed.stdout.split()[-1]) as archive:
        content = archive.extractfile(member)
        if content is None:
            raise FileNotFoundError(f"{package} has no {member}")
        return json.load(content)


def _arcs(topology: Any) -> Iterator[Line]:
    """The arcs of a TopoJSON, simplified, in units of the map: neighbours still share their border."""
    (east, north), (west, south) = topology["transform"]["scale"], topology["transform"]["translate"]
    for arc in topology["arcs"]:
        steps = accumulate(arc, lambda at, step: (at[0] + step[0], at[1] + step[1]))
        yield _simplified([korea.at((y * north + south, x * east + west)) for x, y in steps])


def _polygons(geometry: Any) -> Iterable[list[list[int]]]:
    return [geometry["arcs"]] if geometry["type"] == "Polygon" else geometry["arcs"]


def _ring(indices: Sequence[int], arcs: Sequence[Line]) -> list[Point]:
    """A ring of arcs, each of which begins where the one before ends; of ~n the points are reversed."""
    points: list[Point] = []
    for index in indices:
        arc = arcs[index] if index >= 0 else arcs[~index][::-1]
        points += arc if not points else arc[1:]
    return points[:-1]


def _clipped(ring: Line) -> list[Point]:
    """The part of a ring on the map and its margin; empty where there is none, or it is too small."""
    limits = ((0, -MARGIN, 1), (0, korea.WIDTH + MARGIN, -1), (1, -MARGIN, 1), (1, korea.HEIGHT + MARGIN, -1))
    points = list(ring)
    for axis, limit, sign in limits:
        points = list(_cut(points, axis, limit, sign))
    if not points:
        return []
    extent = max(max(each) - min(each) for each in zip(*points, strict=True))
    return points if extent >= SMALLEST else []


def _cut(points: Line, axis: int, limit: float, sign: int) -> Iterator[Point]:
    """The part of a ring on one side of a line: Sutherland and Hodgman's algorithm for one edge."""
    for before, point in pairwise([*points[-1:], *points]):
        inside = [sign * (each[axis] - limit) >= 0 for each in (before, point)]
        if inside[0] != inside[1]:
            share = (limit - before[axis]) / (point[axis] - before[axis])
            yield (
                before[0] + share * (point[0] - before[0]),
                before[1] + share * (point[1] - before[1]),
            )
        if inside[1]:
            yield point


def _shared(provinces: Any) -> Iterator[list[Point]]:
    """The borders between provinces, degrees east and north: edges that two of them have, as lines."""
    edges: Counter[frozenset[Point]] = Counter()
    for feature in provinces["features"]:
        shape = feature["geometry"]
        polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
        for ring in (ring for polygon in polygons for ring in polygon):
            points = [(float(east), float(north)) for east, north in ring]
            edges.update({frozenset(edge) for edge in pairwise(points) if edge[0] != edge[1]})
    neighbours: defaultdict[Point, set[Point]] = defaultdict(set)
    for edge in (edge for edge, count in edges.items() if count > 1):
        one, other = edge
        neighbours[one].add(other)
        neighbours[other].add(one)
    # Lines begin where they end in the sea or meet others; what is left then are closed lines.
    ends = [point for point, others in neighbours.items() if len(others) != 2]  # noqa: PLR2004
    for start in [*ends, *neighbours]:
        while neighbours[start]:
            yield _walked(start, neighbours, frozenset(ends))


def _walked(start: Point, neighbours: dict[Point, set[Point]], ends: frozenset[Point]) -> list[Point]:
    """A line from a point to the next end, whose edges are taken out of the neighbours."""
    line = [start]
    while neighbours[line[-1]] and (len(line) == 1 or line[-1] not in ends):
        point = min(neighbours[line[-1]])
        neighbours[line[-1]].remove(point)
        neighbours[point].remove(line[-1])
        line.append(point)
    return line


def _simplified(line: Line) -> list[Point]:
    """A line without the points that are closer than TOLERANCE to it: Douglas and Peucker's algorithm."""
    if len(line) < 3:  # noqa: PLR2004  nothing between the ends
        return list(line)
    distances = [_distance(point, line[0], line[-1]) for point in line[1:-1]]
    farthest = max(range(len(distances)), key=distances.__getitem__)
    if distances[farthest] < TOLERANCE:
        return [line[0], line[-1]]
    return _simplified(line[: farthest + 2])[:-1] + _simplified(line[farthest + 1 :])


def _distance(point: Point, start: Point, end: Point) -> float:
    """Distance of a point from a line; from its start where both ends are one point."""
    length = math.dist(start, end)
    if length == 0:
        return math.dist(point, start)
    (x, y), (x0, y0), (x1, y1) = point, start, end
    return abs((x1 - x0) * (y0 - y) - (x0 - x) * (y1 - y0)) / length


def _path(lines: Iterable[Line], *, closed: bool) -> str:
    """Lines as the data of an SVG path, to a tenth of a unit, by relative steps."""
    drawn = []
    for line in lines:
        tenths = [(round(10 * x), round(10 * y)) for x, y in line]
        steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(tenths) if a != b]
        numbers = "".join(f"{_signed(x / 10)}{_signed(y / 10)}" for x, y in steps)
        start = f"M{tenths[0][0] / 10:g} {tenths[0][1] / 10:g}l"
        drawn.append(start + numbers.lstrip() + ("z" if closed else ""))
    return "".join(drawn)


def _signed(value: float) -> str:
    """A number that can follow another one directly."""
    text = f"{value:g}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:g}"
    return text if text.startswith("-") else f" {text}"
