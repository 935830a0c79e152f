"""Plots of the forecast pages, by matplotlib: 0.04 s each, since their margins are given, not measured."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from weather_mlops.browsing.forecasts import Quantiles, Series
from weather_mlops.browsing.forecasts_parts import MEDIAN, OBSERVED
from weather_mlops.kma.endpoints import KST
from weather_mlops.pages import drawing
from weather_mlops.pages.drawing import STAND_IN

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT: Final = 260  # units
MARGINS: Final = (66, 12, 10, 58)
FEWEST_SPAN: Final = 1.0
"""Least height of the vertical axis, in the target's unit: a calm day isn't to look like a storm."""


def hours(  # noqa: PLR0913  # what a plot shows is its arguments
    times: Sequence[datetime],
    observed: Series,
    said: Quantiles,
    *,
    name: str,
    label: str,
    unit: str,
    now: datetime | None = None,
) -> str:
    """Hours that were observed and forecast.

    Args:
        times: consecutive hours.
        observed: an entry each, None where nothing was observed.
        said: the forecasts, an entry each, None where there is none.
        name: unique on its page.
        label: what a screen reader says.
        unit: of all figures.
        now: the hour that the forecasts were issued at, marked where it is given.
    """
    local = [time.astimezone(KST) for time in times]

    def draw(axes: "Axes") -> None:
        across = range(len(times))
        low, high = (drawing.floats(values) for values in (said.p10, said.p90))
        axes.fill_between(across, low, high, color=STAND_IN["model"], alpha=0.25, linewidth=0)
        drawing.line(axes, across, said.p50, MEDIAN)
        drawing.line(axes, across, observed, OBSERVED)
        if now is not None:
            axes.axvline((now - times[0]).total_seconds() / 3600, color=STAND_IN["ink"], linewidth=1)
        axes.set_xlim(-0.5, len(times) - 0.5)
        bottom, top = axes.get_ylim()
        if (short := FEWEST_SPAN - (top - bottom)) > 0:
            axes.set_ylim(bottom - short / 2, top + short / 2)
        days = [hour for hour in across if local[hour].hour == 0]
        axes.set_xticks(days, [f"{local[hour]:%m-%d}" for hour in days])
        axes.set_xlabel("KST; each date stands at 00:00")
        axes.set_ylabel(unit)

    return drawing.svg(name, label, HEIGHT, draw, margins=MARGINS)
