"""Features from the KMA's forecast as it was known at the issue time, and from its recent errors.

Errors are outcome minus forecast. The error of an hour at a lead of 6 h is that of the forecast that was
known 6 h before it; it is known itself from that hour on.
"""

from collections.abc import Iterator

import numpy as np

from weather_mlops.clock import HOURS_PER_DAY
from weather_mlops.lake.panel import HOUR_STEP, Panel
from weather_mlops.model.climatology import day_angle
from weather_mlops.model.feature_names import KMA_ABOVE, KMA_HOURLY_ABOVE, KMA_WEEK_ERROR, Array, Named
from weather_mlops.model.kma_inputs import AROUND_HOURS, KmaInputs
from weather_mlops.model.kma_plausibility import BIAS_DAYS, FAR_OFF, LEAST_SHARE, known_error
from weather_mlops.model.rolling_windows import DaySums, mean_at, values_at
from weather_mlops.model.targets import Target


def of_kma_now(panel: Panel, target: Target, inputs: KmaInputs) -> Iterator[Named]:
    """How far off the newest forecast is now and was in the last hours, and its age: equal for all leads.

    Args:
        panel: with the target's column.
        target: what is forecast; its name in features is T.
        inputs: the KMA's forecast as it was known at the hours of the panel.
    """
    times, unit = inputs.issue_times - inputs.first, target.unit
    error = known_error(_observed(panel, target, inputs), inputs.target, 0, FAR_OFF[target.column])
    mean_error = DaySums(error).mean(times, BIAS_DAYS, LEAST_SHARE, towards_zero=True)
    doc = f"T minus KMA's forecast of now, minus its mean of {BIAS_DAYS} days [{unit}]"
    yield "kma_off", doc, values_at(error, times, 0) - mean_error
    for hours in (1, 2, 3, 6):
        doc = f"kma_off {hours} h ago [{unit}]"
        yield f"kma_off_{hours}h_ago", doc, values_at(error, times, hours) - mean_error
    for hours in (3, 6, 12):
        doc = f"mean of kma_off, last {hours} h [{unit}]"
        yield f"kma_off_mean_{hours}h", doc, mean_at(error, times, range(hours)) - mean_error
    yield "kma_age", "hours since the newest issue", inputs.age_hours


def of_kma(panel: Panel, target: Target, inputs: KmaInputs, lead: int) -> Iterator[Named]:
    """Features of one lead; unlike those of other modules, only at the issue times of the inputs.

    Args:
        panel: with the target's column.
        target: what is forecast; its name in features is T.
        inputs: the KMA's forecast as it was known at the hours of the panel.
        lead: hours, at least AROUND_HOURS fewer than the inputs have.
    """
    times, unit = inputs.issue_times - inputs.first, target.unit
    value = _observed(panel, target, inputs)
    forecast = inputs.target[:, times, lead]
    error = known_error(value, inputs.target, lead, FAR_OFF[target.column])
    yield from _of_recent_errors(error, forecast - value[:, times], times, lead, unit)
    yield from _of_course(inputs, lead, unit)
    yield "kma_forecast", f"KMA's forecast [{unit}]", forecast
    for name, values in inputs.variables.items():
        yield f"kma_{name}", f"KMA's forecast of {name}", values[..., lead]
    angle = day_angle(panel.hours[inputs.issue_times] + lead * HOUR_STEP)
    for name, wave in (("sine", np.sin(angle)), ("cosine", np.cos(angle))):
        doc = f"{name} of the valid time of the day (UTC)"
        yield f"kma_valid_{name}", doc, np.broadcast_to(wave, forecast.shape)


def _observed(panel: Panel, target: Target, inputs: KmaInputs) -> Array:
    """The target at the hours that the inputs have."""
    return panel.values[target.column][:, inputs.first : inputs.first + inputs.target.shape[1]]


def _of_recent_errors(error: Array, above: Array, times: Array, lead: int, unit: str) -> Iterator[Named]:
    """The mean errors at this lead of a month, a week and a day, and the forecast corrected by them."""
    sums, of_squares = DaySums(error), DaySums(error**2)
    bias = sums.mean(times, BIAS_DAYS, LEAST_SHARE, towards_zero=True)
    week, day = (sums.mean(times, days) for days in (7, 1))
    # The newest days whose valid hour of the day is over.
    back = [-lead % HOURS_PER_DAY + HOURS_PER_DAY * days for days in range(BIAS_DAYS)]
    hourly_bias = mean_at(error, times, back, LEAST_SHARE, towards_zero=True)
    hourly_week = mean_at(error, times, back[:7])
    month = f"kma_error_{BIAS_DAYS}d"
    yield KMA_ABOVE, f"KMA's forecast, corrected by {month}, minus T [{unit}]", above + bias
    yield (
        KMA_HOURLY_ABOVE,
        f"KMA's forecast, corrected by kma_error_hour_{BIAS_DAYS}d, minus T [{unit}]",
        above + hourly_bias,
    )
    yield month, f"mean error of KMA's forecast at this lead, last {BIAS_DAYS} days [{unit}]", bias
    doc = f"the same at the valid hour of the day, minus {month} [{unit}]"
    yield f"kma_error_hour_{BIAS_DAYS}d", doc, hourly_bias - bias
    yield "kma_error_hour_7d", f"{doc}, of 7 days", hourly_week - bias
    yield "kma_error_24h", f"mean error at this lead, last 24 h, minus {month} [{unit}]", day - bias
    yield "kma_error_168h", f"mean error at this lead, last 168 h, minus {month} [{unit}]", week - bias
    deviation = np.sqrt(np.maximum(of_squares.mean(times, 7) - week**2, 0))
    yield KMA_WEEK_ERROR, f"standard deviation of its errors at this lead, last 168 h [{unit}]", deviation


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
        earlier = values_at(inputs.target[..., lead + hours if is_gathered else -1], times, hours)
        if not is_gathered:
            earlier = np.full_like(earlier, np.nan)
        yield (
            f"kma_revision_{hours}h",
            f"forecast minus that known {hours} h ago [{unit}]",
            forecast - earlier,
        )
