"""Plots of the forecast pages, by the report's code: matplotlib takes 0.05 s of the processor for each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from weather_mlops.browsing.forecasts.components import MEDIAN, OBSERVED
from weather_mlops.browsing.forecasts.published import QuantileSeries, Series
from weather_mlops.monitoring.report import plots
from weather_mlops.pages.curves import Curve, Look

BAND: Final = Look("model-band")


def hours(times: Sequence[datetime], observed: Series, said: QuantileSeries, *, label: str, unit: str) -> str:
    """Hours that were observed and forecast.

    Args:
        times: consecutive hours.
        observed: an entry each, None where nothing was observed.
        said: the forecasts, an entry each, None where there is none.
        label: what a screen reader says.
        unit: of all figures.
    """
    known = [*observed, *said.p10, *said.p90]
    x = plots.by_time(times[0], times[-1], "KST; each date stands at 00:00")
    return plots.lines(
        [time.timestamp() for time in times],
        [Curve(said.p50, MEDIAN), Curve(observed, OBSERVED)],
        x,
        plots.upright(known, unit),
        label=label,
        band=(Curve(said.p10, BAND), Curve(said.p90, BAND)),
    )
