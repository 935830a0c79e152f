"""The forecast grid: the cell of each station, and the station that speaks for each cell.

Lambert conformal conic with the KMA's constants (Snyder, Map Projections, 1987, equations 15-1 to 15-4).
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.climate import Geography
from simulator.noise import Floats

WIDTH, HEIGHT = 149, 253
CELL_KM: Final = 5.0
RADIUS: Final = 6371.00877 / CELL_KM  # of the earth, in cells
NO_STATION: Final = -1
# A cell farther than this from any station has no value, as the sea and the north have none in the KMA's: so
# about a quarter of the cells have one, as there.
REACH_KM: Final = 50.0


def position(latitude: ArrayLike, longitude: ArrayLike) -> tuple[Floats, Floats]:
    """Column and row of points, counted from 1, with fractions."""
    south, north, origin = np.radians([30.0, 60.0, 38.0])

    def isometric(phi: ArrayLike) -> Floats:
        return np.asarray(np.tan(np.pi / 4 + np.asarray(phi) / 2))

    n = np.log(np.cos(south) / np.cos(north)) / np.log(isometric(north) / isometric(south))
    f = np.cos(south) * isometric(south) ** n / n
    rho = RADIUS * f / isometric(np.radians(latitude)) ** n
    theta = n * np.radians(np.asarray(longitude) - 126.0)
    rho_origin = RADIUS * f / isometric(origin) ** n
    return 43 + rho * np.sin(theta), 136 + rho_origin - rho * np.cos(theta)


def station_of_each_cell(places: Geography) -> NDArray[np.int64]:
    """Index of the nearest station for each cell, row by row from the south; NO_STATION where none is near.

    A station's own cell is always its own.
    """
    x, y = position(places.latitude, places.longitude)
    rows, columns = np.mgrid[1 : HEIGHT + 1, 1 : WIDTH + 1]
    distance = np.hypot(columns.ravel()[:, None] - x, rows.ravel()[:, None] - y)
    nearest = np.where(distance.min(axis=1) * CELL_KM > REACH_KM, NO_STATION, distance.argmin(axis=1))
    own = (np.floor(y + 0.5).astype(np.int64) - 1) * WIDTH + np.floor(x + 0.5).astype(np.int64) - 1
    nearest[own] = np.arange(len(x))
    return nearest
