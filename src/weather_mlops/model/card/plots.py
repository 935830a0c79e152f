"""The plots of a model card: its figures with their axes. Titles and legends belong to the page."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final

from markupsafe import Markup

from weather_mlops.documents.evaluation import RankHistogram
from weather_mlops.pages import charts
from weather_mlops.pages.charts import Curve, Figures, Look, Range

HEIGHT: Final = 290  # units of the drawing
CASE_HEIGHT: Final = 250
BAND: Final = Look("model-band")
OBSERVED: Final = Look("ink", width=1.4)
MEDIAN: Final = Look("model", width=2)
LABELLED: Final = (0, 0.1, 0.25, 0.5, 0.75, 0.9, 1)
"""Quantiles that a rank histogram labels."""


def by_lead(  # noqa: PLR0913  # what a plot can show is its arguments
    leads: Sequence[int],
    curves: Sequence[Curve],
    *,
    label: str,
    axis: str,
    unit: str,
    span: tuple[float, ...],
    level: float | None = None,
    aim: tuple[float, float] | None = None,
) -> Markup:
    """Curves over the lead.

    Args:
        leads: hours, ascending.
        curves: one figure for each lead; the later is drawn above the earlier.
        label: text for screen readers.
        axis: label of the vertical axis, without its unit.
        unit: of all figures.
        span: values that the vertical axis covers at least.
        level: where a thin line marks the aim.
        aim: what is shaded as good enough.
    """
    return charts.lines(
        leads,
        curves,
        charts.by_lead(leads, "lead (h)"),
        _upright(curves, f"{axis} ({unit})", span, HEIGHT),
        label=label,
        level=level,
        aim=aim,
        notes=charts.notes([f"{lead} h ahead" for lead in leads], curves, unit),
    )


def by_hour(hours: Sequence[int], curves: Sequence[Curve], *, label: str, axis: str, unit: str) -> Markup:
    """Curves over the hour of the day (KST), from 0 up; the arguments are those of ``by_lead``."""
    return charts.lines(
        hours,
        curves,
        charts.by_hour_of_day("hour of the valid time (KST)"),
        _upright(curves, f"{axis} ({unit})", (0,), CASE_HEIGHT),
        label=label,
        notes=charts.notes([f"{hour} h KST" for hour in hours], curves, unit),
    )


def ranks(histogram: RankHistogram, *, label: str) -> Markup:
    """Share of the observations between neighbouring quantiles, divided by the share that belongs there.

    Args:
        histogram: the shares, and the range that chance allows a right forecast, which is shaded.
        label: text for screen readers.
    """
    edges = [0.0, *histogram["levels"], 1.0]
    promised = [high - low for low, high in pairwise(edges)]
    ratios, low, high = (
        [share / width for share, width in zip(shares, promised, strict=True)]
        for shares in (histogram["shares"], histogram["low"], histogram["high"])
    )
    notes = [
        f"{100 * left:g} to {100 * right:g} %\n{100 * share:.1f} % of the observations; "
        f"{ratio:.2f} of the promised share"
        for (left, right), share, ratio in zip(pairwise(edges), histogram["shares"], ratios, strict=True)
    ]
    return charts.rank_histogram(
        edges,
        ratios,
        charts.by_share(LABELLED, "quantile (%)"),
        charts.vertical([*ratios, *low, *high], "share / promised", span=(0.6, 1.4), height=CASE_HEIGHT),
        label=label,
        aim=(low, high),
        notes=notes,
    )


def forecast(  # noqa: PLR0913  # a case is these five series
    times: Sequence[datetime],
    observed: Figures,
    p10: Figures,
    p50: Figures,
    p90: Figures,
    *,
    label: str,
    unit: str,
) -> Markup:
    """One forecast with its band, and the observed outcome.

    Args:
        times: valid times, in the zone that the axis shows and names.
        observed: in the unit, None where nothing was observed.
        p10: lower edge of the 80 % interval, same unit.
        p50: median, same unit.
        p90: upper edge, same unit.
        label: text for screen readers.
        unit: of all values.
    """
    band = Curve(p10, BAND, "p10"), Curve(p90, BAND, "p90")
    curves = [
        Curve(p50, MEDIAN, "p50"),
        Curve(observed, OBSERVED, "observed", marked=True),
    ]
    zone = times[0].tzname()
    titles = [f"{time:%m-%d %H:%M} {zone}" for time in times]
    return charts.lines(
        [time.timestamp() for time in times],
        curves,
        charts.by_clock(times, f"valid time ({zone}), hours and dates"),
        _upright([*curves, *band], unit, (), CASE_HEIGHT),
        label=label,
        band=band,
        notes=charts.notes(titles, [band[0], *curves, band[1]], unit, digits=1),
    )


def intervals(rows: Sequence[Range], *, label: str) -> Markup:
    """Improvements and their ranges against zero, %.

    Args:
        rows: from top to bottom.
        label: text for screen readers.
    """
    edges = [value for row in rows for value in (row.low, row.high)]
    return charts.ranges(
        rows, charts.horizontal(edges, "improvement (%)", span=(0,)), "champion", label=label
    )


def _upright(curves: Sequence[Curve], name: str, span: Sequence[float], height: float) -> charts.Axis:
    values = [value for curve in curves for value in curve.values]
    return charts.vertical(values, name, span=span, height=height)
