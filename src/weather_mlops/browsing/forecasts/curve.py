"""Plots of the forecast pages: hours of observations, of our forecast and of the KMA's."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from markupsafe import Markup

from weather_mlops.browsing.forecasts.components import MEDIAN, OBSERVED, plain, short
from weather_mlops.browsing.forecasts.published import QuantileSeries, Series
from weather_mlops.pages import charts
from weather_mlops.pages.charts import KMA_FORECAST, Curve, Look

BAND: Final = Look("model-band")


def hours(  # noqa: PLR0913  the curves
    times: Sequence[datetime],
    observed: Series,
    forecast: QuantileSeries,
    kma: Series,
    *,
    label: str,
    unit: str,
) -> Markup:
    """A plot of hourly observations and forecasts; the pointer shows the figures of its hour.

    Args:
        times: consecutive hours.
        observed: a value for each hour, None where nothing was observed.
        forecast: quantiles for each hour, None where there is no forecast.
        kma: the KMA's forecast for each hour, None where there is none.
        label: text for screen readers.
        unit: of all values.
    """
    known = [*observed, *forecast.p10, *forecast.p90, *kma]
    x = charts.by_time(times[0], times[-1], "KST; each date is at 00:00")
    return charts.lines(
        [time.timestamp() for time in times],
        [Curve(kma, KMA_FORECAST), Curve(forecast.p50, MEDIAN), Curve(observed, OBSERVED)],
        x,
        charts.vertical(known, unit),
        label=label,
        band=(Curve(forecast.p10, BAND), Curve(forecast.p90, BAND)),
        notes=[
            _note(short(time), unit, values)
            for time, *values in zip(
                times, observed, forecast.p50, forecast.p10, forecast.p90, kma, strict=True
            )
        ],
    )


def _note(time: str, unit: str, values: Sequence[float | None]) -> str:
    """The figures of an hour in words; empty where there is none."""
    observed, p50, p10, p90, kma = values
    parts = []
    if observed is not None:
        parts.append(f"observed {plain(observed)} {unit}")
    if p50 is not None:
        parts.append(f"forecast {plain(p50)} {unit} ({plain(p10)} to {plain(p90)})")
    if kma is not None:
        parts.append(f"KMA {plain(kma)} {unit}")
    return "\n".join([f"{time} KST", *parts]) if parts else ""
