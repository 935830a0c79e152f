"""Plots of the forecast pages, drawn by the report's code: matplotlib would take 0.05 s of CPU for each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from weather_mlops.browsing.forecasts.components import MEDIAN, OBSERVED
from weather_mlops.browsing.forecasts.published import QuantileSeries, Series
from weather_mlops.monitoring.report import plots
from weather_mlops.pages.curves import Curve, Look

BAND: Final = Look("model-band")


def hours(
    times: Sequence[datetime], observed: Series, forecast: QuantileSeries, *, label: str, unit: str
) -> str:
    """A plot of hourly observations and forecasts.

    Args:
        times: consecutive hours.
        observed: a value for each hour, None where nothing was observed.
        forecast: quantiles for each hour, None where there is no forecast.
        label: text for screen readers.
        unit: of all values.
    """
    known = [*observed, *forecast.p10, *forecast.p90]
    x = plots.by_time(times[0], times[-1], "KST; each date is at 00:00")
    return plots.lines(
        [time.timestamp() for time in times],
        [Curve(forecast.p50, MEDIAN), Curve(observed, OBSERVED)],
        x,
        plots.upright(known, unit),
        label=label,
        band=(Curve(forecast.p10, BAND), Curve(forecast.p90, BAND)),
    )
