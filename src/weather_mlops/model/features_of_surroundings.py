"""Features of a station from the others: its nearest neighbours, and planes fitted through all stations."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from weather_mlops.lake.panel import KM_PER_DEGREE, Panel, offsets_km
from weather_mlops.model.feature_names import Array, Named
from weather_mlops.model.rolling_windows import lagged, rolling_mean

NEIGHBOURS: Final = 4


def of_neighbours(
    panel: Panel, value: Array, anomaly: Array, wind: tuple[Array, Array], unit: str
) -> Iterator[Named]:
    """The nearest stations, nearest first; where there are fewer, the features are missing."""
    pressure, cloud, dew = (
        panel.values[name] for name in ("sea_level_pressure_hpa", "cloud_total_tenths", "dew_point_c")
    )
    east_km, north_km = offsets_km(panel.latitude, panel.longitude)
    distance = np.hypot(east_km, north_km)
    np.fill_diagonal(distance, np.inf)
    order = np.argsort(distance, axis=1, kind="stable")
    mean_wind = rolling_mean(wind[0], 6), rolling_mean(wind[1], 6)
    for rank in range(NEIGHBOURS):
        exists = rank < len(panel.stations) - 1
        nearest = order[:, rank] if exists else np.zeros(len(panel.stations), np.int64)

        def of(array: Array, nearest: Array = nearest, *, exists: bool = exists) -> Array:
            return array[nearest] if exists else np.full_like(array, np.nan)

        n, name = f"neighbour {rank + 1}", f"near{rank + 1}"
        yield f"{name}_anomaly", f"anomaly of T at {n} minus here [{unit}]", of(anomaly) - anomaly
        for lag in (1, 3):
            change = of(value) - lagged(of(value), lag)
            yield f"{name}_change_{lag}h", f"change of T at {n} over {lag} h [{unit}]", change
        for lag in (6, 24):
            change = of(anomaly) - lagged(of(anomaly), lag)
            yield (
                f"{name}_anomaly_change_{lag}h",
                f"change of the anomaly at {n} over {lag} h [{unit}]",
                change,
            )
        yield f"{name}_pressure", f"sea-level pressure at {n} minus here [hPa]", of(pressure) - pressure
        yield (
            f"{name}_pressure_change_3h",
            f"change of the pressure at {n} over 3 h [hPa]",
            (of(pressure) - lagged(of(pressure), 3)),
        )
        yield f"{name}_dew_point", f"dew point at {n} minus here [K]", of(dew) - dew
        yield f"{name}_cloud_3h", f"mean cloud cover at {n}, last 3 h [tenths]", rolling_mean(of(cloud), 3)
        yield f"{name}_wind_east", f"wind towards the east at {n} [m/s]", of(wind[0])
        yield f"{name}_wind_north", f"wind towards the north at {n} [m/s]", of(wind[1])
        # Advection: the part of the mean wind that blows from the neighbour to here, times the difference of
        # the anomalies per km. The minus: the offset points to the neighbour, the wind that counts from it.
        rows = np.arange(len(panel.stations))
        away = np.maximum(distance[rows, nearest], 1)[:, None] if exists else np.ones((len(rows), 1))
        from_there = -(
            mean_wind[0] * (east_km[rows, nearest][:, None] / away)
            + mean_wind[1] * (north_km[rows, nearest][:, None] / away)
        )
        yield (
            f"{name}_advection",
            f"6-h wind from {n} × its anomaly difference / distance [{unit} m/s/km]",
            (from_there * (of(anomaly) - anomaly) / away),
        )


def of_gradients(panel: Panel, anomaly: Array, unit: str) -> Iterator[Named]:
    """Planes fitted through all stations: the pressure's gives the large-scale wind, T's what it brings."""
    east, north = _plane(panel, panel.values["sea_level_pressure_hpa"])
    warm_east, warm_north = _plane(panel, anomaly)
    shape = (len(panel.stations), panel.length)
    for name, slope in (("east", east), ("north", north)):
        doc = f"slope of the sea-level pressure towards the {name} over all stations [hPa/100 km]"
        yield f"pressure_slope_{name}", doc, np.broadcast_to(slope, shape)
        change = slope - lagged(slope, 6)
        yield (
            f"pressure_slope_{name}_change_6h",
            "its change over 6 h [hPa/100 km]",
            np.broadcast_to(change, shape),
        )
    # The geostrophic wind blows along the isobars: (−∂p/∂y, ∂p/∂x).
    brought = north * warm_east - east * warm_north
    yield (
        "geostrophic_advection",
        f"what that wind brings, up to a constant [hPa {unit}/(100 km)²]",
        (np.broadcast_to(brought, shape)),
    )


def _plane(panel: Panel, values: Array) -> tuple[Array, Array]:
    """Slopes of the plane through all stations, towards the east and the north, per 100 km; shape (hours,).

    NaN where fewer than three stations are known, or all lie on a line.
    """
    # Least squares of z = a·x + b·y by the normal equations, for all hours at once: coordinates and values
    # are centred on the stations known in each hour, and the 2 × 2 system is solved by Cramer's rule.
    scale = KM_PER_DEGREE / 100
    east = (panel.longitude - panel.longitude.mean()) * scale * np.cos(np.deg2rad(panel.latitude.mean()))
    north = (panel.latitude - panel.latitude.mean()) * scale
    known = np.isfinite(values)
    count = known.sum(axis=0)
    safe = np.maximum(count, 1)

    def centred(each: Array) -> Array:
        return np.where(known, each - np.where(known, each, 0).sum(axis=0) / safe, 0)

    x, y, z = (
        centred(np.broadcast_to(east[:, None], values.shape)),
        centred(np.broadcast_to(north[:, None], values.shape)),
        centred(np.where(known, values.astype(np.float64), 0)),
    )
    xx, yy, xy, xz, yz = ((a * b).sum(axis=0) for a, b in ((x, x), (y, y), (x, y), (x, z), (y, z)))
    area = xx * yy - xy**2
    usable = (count > 2) & (area > 1e-3)  # noqa: PLR2004  three points make a plane
    safe_area = np.where(usable, area, 1)
    return (
        np.where(usable, (xz * yy - yz * xy) / safe_area, np.nan),
        np.where(usable, (yz * xx - xz * xy) / safe_area, np.nan),
    )
