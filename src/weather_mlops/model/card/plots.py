"""Plots of a model card."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from weather_mlops.pages.curves import Curve, Figures, Look
from weather_mlops.pages.drawing import STAND_IN, floats, line, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT: Final = 270  # units of the drawing
CASE_HEIGHT: Final = 230
INTERVAL_HEIGHT: Final = 100


def by_lead(  # noqa: PLR0913  # what a plot can show is its arguments
    leads: Sequence[int],
    curves: Sequence[Curve],
    *,
    name: str,
    label: str,
    axis: str,
    span: tuple[float, float] | None = None,
    level: float | None = None,
    band: tuple[float, float] | None = None,
) -> str:
    """Curves over the lead.

    Args:
        leads: hours, ascending.
        curves: one figure for each lead; the later is drawn above the earlier.
        name: unique on its page.
        label: what a screen reader says.
        axis: label of the vertical axis, with its unit.
        span: range that the vertical axis shows at least, in the axis' unit.
        level: where a thin line marks the aim, in the axis' unit.
        band: what is shaded as good enough, in the axis' unit.
    """

    def draw(axes: "Axes") -> None:
        if band:
            axes.axhspan(*band, color=STAND_IN["band"], alpha=0.25, linewidth=0)
        if level is not None:
            axes.axhline(level, color=STAND_IN["ink"], linewidth=1)
        for curve in curves:
            line(axes, leads, curve.values, curve.look)
        if span:
            low, high = axes.get_ylim()
            axes.set_ylim(min(low, span[0]) if span[0] else span[0], max(high, span[1]))
        axes.set_xticks([lead for lead in leads if lead == leads[0] or lead % 3 == 0])
        axes.set_xlabel("lead (h)")
        axes.set_ylabel(axis)

    return svg(name, label, HEIGHT, draw)


def forecast(  # noqa: PLR0913  # a case is these five series
    times: Sequence[datetime],
    observed: Figures,
    p10: Figures,
    p50: Figures,
    p90: Figures,
    *,
    name: str,
    label: str,
    axis: str,
) -> str:
    """One forecast with its band, and what came.

    Args:
        times: valid times, in the zone that the axis shows and names.
        observed: in the unit of the axis, None where nothing was observed.
        p10: lower edge of the 80 % interval, same unit.
        p50: median, same unit.
        p90: upper edge, same unit.
        name: unique on its page.
        label: what a screen reader says.
        axis: label of the vertical axis, with its unit.
    """

    def draw(axes: "Axes") -> None:
        hours = range(len(times))
        axes.fill_between(hours, floats(p10), floats(p90), color=STAND_IN["model"], alpha=0.22, linewidth=0)
        line(axes, hours, p50, Look("model", width=2))
        line(axes, hours, observed, Look("ink", width=1.4), marked=True)
        ticks = [hour for hour in hours if times[hour].hour % 6 == 0]
        axes.set_xticks(ticks, [_clock(times[hour]) for hour in ticks])
        axes.set_xlabel(f"valid time ({times[0].tzname()})")
        axes.set_ylabel(axis)

    return svg(name, label, CASE_HEIGHT, draw)


def interval(low: float, middle: float, high: float, *, name: str, label: str) -> str:
    """An improvement and its range against zero, %."""

    def draw(axes: "Axes") -> None:
        axes.axvline(0, color=STAND_IN["ink"], linewidth=1)
        axes.plot([low, high], [0, 0], color=STAND_IN["champion"], linewidth=5, alpha=0.45)
        axes.plot([middle], [0], color=STAND_IN["champion"], marker="o", markersize=9, linestyle="")
        axes.margins(x=0.15)
        axes.set_ylim(-1, 1)
        axes.set_yticks([])
        axes.spines.left.set_visible(False)
        axes.set_xlabel("improvement of RMSE (%)")

    return svg(name, label, INTERVAL_HEIGHT, draw)


def _clock(time: datetime) -> str:
    return f"{time:%H}\n{time:%d %b}" if time.hour == 0 else f"{time:%H}"
