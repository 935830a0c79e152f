"""The map of Korea: where a place lies on it, and the land with its provinces.

The outline is Natural Earth's (public domain), converted by ``authoring/outline.py``.
"""

import json
import math
from functools import cache
from importlib import resources
from typing import Final, TypedDict

Coordinates = tuple[float, float]
"""Degrees north and east."""

WEST, EAST, SOUTH, NORTH = 124.3, 131.3, 32.9, 38.75  # degrees: all stations, and some sea
SQUEEZE: Final = math.cos(math.radians(36))
"""Length of a degree of longitude in degrees of latitude, in the middle of the map."""
WIDTH: Final = 440  # units
SCALE: Final = WIDTH / ((EAST - WEST) * SQUEEZE)
HEIGHT: Final = round((NORTH - SOUTH) * SCALE)
FILE: Final = "korea.json"


class Outline(TypedDict):
    """The land as the data of SVG paths, and where they are from."""

    source: str
    korea: str
    neighbours: str
    provinces: str


def at(coordinates: Coordinates) -> tuple[float, float]:
    """A place on the map, in its units."""
    north, east = coordinates
    return (east - WEST) * SQUEEZE * SCALE, (NORTH - north) * SCALE


@cache
def outline() -> Outline:
    """The land, from the file of the package."""
    text = resources.files("weather_mlops.pages.charts").joinpath(FILE).read_text("utf-8")
    stored: Outline = json.loads(text)
    return stored
