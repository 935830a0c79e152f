"""Features from the KMA's forecast as it was known at the issue time, and from its recent errors.

Errors are outcome minus forecast. The error of an hour at a lead of 6 h is that of the forecast that was
known 6 h before it; it is known itself from that hour on.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from weather_mlops.clock import HOURS_PER_DAY
from weather_mlops.lake.panel import HOUR_STEP, Panel
from weather_mlops.model.climatology import day_angle
from weather_mlops.model.feature_names import KMA_ABOVE, KMA_HOURLY_ABOVE, KMA_WEEK_ERROR, Array, Named
from weather_mlops.model.kma_inputs import AROUND_HOURS, BIAS_DAYS, FAR_OFF, KmaInputs, known_error
from weather_mlops.model.rolling_windows import lagged, rolling_days_mean, rolling_mean, same_hour_mean
from weather_mlops.model.targets import Target

LEAST_SHARE: Final = 1 / 3
"""Of these days: an archive of two weeks has some forecasts that can be corrected."""
_LAST_HOURS: Final = (1, 2, 3, 6)


def of_kma(panel: Panel, target: Target, inputs: KmaInputs, lead: int) -> Iterator[Named]:
    """Features of one lead; unlike those of other modules, only at the issue times of the inputs.

    Args:
        panel: with the target's column.
        target: what is forecast; its name in features is T.
        inputs: the KMA's forecast as it was known at the hours of the panel.
        lead: hours, at least AROUND_HOURS fewer than the inputs have.
    """
    times, unit = inputs.issue_times - inputs.first, target.unit
    value = panel.values[target.column][:, inputs.first : inputs.first + inputs.target.shape[1]]
    now = value[:, times]
    ahead = inputs.target[:, times]
    forecast = ahead[..., lead]
    error = known_error(value, inputs.target, lead, FAR_OFF[target.column])
    yield from _of_recent_errors(error, forecast - now, times, lead, unit)
    yield from _of_error_size(error, times, unit)
    yield from _of_last_hours(value, inputs, target)
    yield from _of_course(inputs, lead, unit)
    yield from _of_valid_hour(inputs, forecast, lead, unit)
    angle = day_angle(panel.hours[inputs.issue_times] + lead * HOUR_STEP)
    yield (
        "kma_valid_sine",
        "sine of the valid time of the day (UTC)",
        np.broadcast_to(np.sin(angle), now.shape),
    )
    yield (
        "kma_valid_cosine",
        "cosine of the valid time of the day (UTC)",
        np.broadcast_to(np.cos(angle), now.shape),
    )


def _of_recent_errors(error: Array, above: Array, times: Array, lead: int, unit: str) -> Iterator[Named]:
    """The mean errors at this lead of a month, a week and a day, and the forecast corrected by them."""
    bias = rolling_days_mean(error, BIAS_DAYS, LEAST_SHARE)[:, times]
    hourly_bias = same_hour_mean(error, -lead % HOURS_PER_DAY, BIAS_DAYS, LEAST_SHARE)[:, times]
    yield (
        KMA_ABOVE,
        f"KMA's forecast, corrected by kma_error_{BIAS_DAYS}d, minus T [{unit}]",
        above + bias,
    )
    yield (
        KMA_HOURLY_ABOVE,
        f"KMA's forecast, corrected by kma_error_hour_{BIAS_DAYS}d, minus T [{unit}]",
        above + hourly_bias,
    )
    yield (
        f"kma_error_{BIAS_DAYS}d",
        f"mean error of KMA's forecast at this lead, last {BIAS_DAYS} days [{unit}]",
        bias,
    )
    yield (
        f"kma_error_hour_{BIAS_DAYS}d",
        f"the same at the valid hour of the day, minus kma_error_{BIAS_DAYS}d [{unit}]",
        hourly_bias - bias,
    )
    yield (
        "kma_error_hour_7d",
        f"the same of the last 7 days, minus kma_error_{BIAS_DAYS}d [{unit}]",
        same_hour_mean(error, -lead % HOURS_PER_DAY, 7)[:, times] - bias,
    )
    for hours in (24, 168):
        yield (
            f"kma_error_{hours}h",
            f"mean error at this lead, last {hours} h, minus kma_error_{BIAS_DAYS}d [{unit}]",
            rolling_mean(error, hours)[:, times] - bias,
        )


def _of_error_size(error: Array, times: Array, unit: str) -> Iterator[Named]:
    """How hard the last week was to forecast for the KMA."""
    off = np.abs(error - rolling_days_mean(error, BIAS_DAYS, LEAST_SHARE))
    yield (
        KMA_WEEK_ERROR,
        f"mean size of its error at this lead without the bias, last 168 h [{unit}]",
        rolling_mean(off, 168)[:, times],
    )


def _of_last_hours(value: Array, inputs: KmaInputs, target: Target) -> Iterator[Named]:
    """How far off the newest forecast is now, and was in the last hours."""
    times = inputs.issue_times - inputs.first
    unit = target.unit
    error = known_error(value, inputs.target, 0, FAR_OFF[target.column])
    mean_error = rolling_days_mean(error, BIAS_DAYS, LEAST_SHARE)
    off = error - mean_error
    yield (
        "kma_off",
        f"T minus KMA's forecast of now, minus its mean of {BIAS_DAYS} days [{unit}]",
        off[:, times],
    )
    for hours in _LAST_HOURS:
        yield f"kma_off_{hours}h_ago", f"kma_off {hours} h ago [{unit}]", lagged(off, hours)[:, times]
    for hours in (3, 6, 12):
        yield (
            f"kma_off_mean_{hours}h",
            f"mean of kma_off, last {hours} h [{unit}]",
            rolling_mean(off, hours)[:, times],
        )


def _of_course(inputs: KmaInputs, lead: int, unit: str) -> Iterator[Named]:
    """The forecast around the valid hour, over its day, and against earlier issues."""
    times = inputs.issue_times - inputs.first
    ahead = inputs.target[:, times]
    forecast = ahead[..., lead]
    yield (
        "kma_change",
        f"KMA's forecast of the valid time minus that of now [{unit}]",
        forecast - ahead[..., 0],
    )
    for hours in (1, AROUND_HOURS):
        before = ahead[..., max(lead - hours, 0)]
        yield (
            f"kma_rise_{hours}h",
            f"rise of KMA's forecast over {hours} h before [{unit}]",
            forecast - before,
        )
        yield (
            f"kma_rise_{hours}h_on",
            f"and over {hours} h after [{unit}]",
            ahead[..., lead + hours] - forecast,
        )
    around = ahead[..., max(lead - 12, 0) : lead + 12 + 1]
    with np.errstate(invalid="ignore"):
        high, low = np.fmax.reduce(around, axis=-1), np.fmin.reduce(around, axis=-1)
    yield (
        "kma_high",
        f"highest of KMA's forecast within 12 h of the valid time, minus it [{unit}]",
        high - forecast,
    )
    yield "kma_low", f"lowest of the same, minus it [{unit}]", low - forecast
    for hours in (3, 12):
        # Of the last leads, an earlier issue was not gathered that far.
        is_gathered = lead + hours < inputs.target.shape[-1]
        earlier = lagged(inputs.target[..., lead + hours if is_gathered else -1], hours)[:, times]
        if not is_gathered:
            earlier = np.full_like(earlier, np.nan)
        yield (
            f"kma_revision_{hours}h",
            f"forecast minus that known {hours} h ago [{unit}]",
            forecast - earlier,
        )


def _of_valid_hour(inputs: KmaInputs, forecast: Array, lead: int, unit: str) -> Iterator[Named]:
    """The forecast's other variables at the valid time, and its age."""
    yield "kma_forecast", f"KMA's forecast [{unit}]", forecast
    for name, values in inputs.variables.items():
        yield f"kma_{name}", f"KMA's forecast of {name}", values[..., lead]
    yield "kma_age", "hours since the newest issue", inputs.age_hours
