"""Features that belong to one lead: what is known of the valid time, and how the days before went on."""

from collections.abc import Iterator

import numpy as np

from weather_mlops.lake.panel import HOUR_STEP, Panel, prolonged
from weather_mlops.model.climatology import Climatology, day_angle
from weather_mlops.model.feature_names import CLIMATOLOGY, WEEK_ABOVE, WEEK_ERROR, Array, Choice, Named
from weather_mlops.model.rolling_windows import lagged, repetition_error, rolling_mean, week_mean
from weather_mlops.model.sun import sine_of_elevation
from weather_mlops.model.targets import Target


def of_lead(
    panel: Panel, target: Target, climatology: Climatology, lead: int, uses: Choice
) -> Iterator[Named]:
    """Climatology, days before, sky and sun at the valid time; the week's features only if used."""
    value, unit = panel.values[target.column], target.unit
    now = climatology.at(panel.hours)
    anomaly = value - now
    valid = panel.hours + lead * HOUR_STEP
    expected = climatology.at(valid)
    day = 24 * ((lead + 23) // 24)
    shape = value.shape
    yield (
        "climatology_change",
        f"climatology at the valid time minus that of now [{unit}]",
        expected - now,
    )
    yield CLIMATOLOGY, f"climatology at the valid time minus T [{unit}]", expected - value
    # The newest days whose valid hour was observed already: from 24 h ahead on, not yesterday.
    for rank in (1, 2, 3):
        back = day + 24 * (rank - 1)
        then, start = lagged(value, back - lead), lagged(value, back)
        days = back // 24
        yield f"course_{rank}d", f"change of T over the same hours {days} days ago [{unit}]", then - start
        yield (
            f"anomaly_{rank}d",
            f"anomaly of T at the valid hour {days} days ago [{unit}]",
            (lagged(anomaly, back - lead)),
        )
    if uses(WEEK_ERROR):  # costs twice as much as all others of a lead, and a long history doesn't use it
        yield from _of_last_week(value, day, lead, unit)
    cloud, dew = panel.values["cloud_total_tenths"], panel.values["dew_point_c"]
    yield (
        "cloud_1d",
        "mean cloud cover of 3 h up to the valid hour, the day before [tenths]",
        (lagged(rolling_mean(cloud, 3), day - lead)),
    )
    yield (
        "dew_point_1d",
        "dew point at the valid hour, the day before, minus now [K]",
        (lagged(dew, day - lead) - dew),
    )
    elevation = sine_of_elevation(prolonged(panel.hours, lead), panel.latitude, panel.longitude)
    yield "sun_valid", "sine of the sun's elevation at the valid time", elevation[:, lead:]
    # Summed hour by hour from the issue to the valid time, for all issue times at once.
    light = np.maximum(elevation, 0)
    total = np.zeros(shape, np.float32)
    for ahead in range(1, lead + 1):
        total += light[:, ahead : ahead + panel.length]
    yield "sun_until_valid", "sum of the sun's sine of elevation by day until the valid time [h]", total
    angle = day_angle(valid)
    yield "valid_day_sine", "sine of the valid time of the day (UTC)", np.broadcast_to(np.sin(angle), shape)
    yield (
        "valid_day_cosine",
        "cosine of the valid time of the day (UTC)",
        np.broadcast_to(np.cos(angle), shape),
    )


def _of_last_week(value: Array, day: int, lead: int, unit: str) -> Iterator[Named]:
    """Counterparts of the climatology for a short history, from the days of the last week."""
    yield (
        WEEK_ABOVE,
        f"mean of T at the valid hour of the last 7 days, minus T [{unit}]",
        week_mean(value, day - lead) - value,
    )
    yield (
        WEEK_ERROR,
        f"mean absolute error of the last days' forecasts that T changes as the day before [{unit}]",
        repetition_error(value, lead),
    )
