"""The plots of a model card: its figures with their axes. Legends belong to the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from markupsafe import Markup

from weather_mlops.documents.evaluation import RankHistogram
from weather_mlops.model.card.translations import CardTranslator
from weather_mlops.pages import charts
from weather_mlops.pages.charts import Curve, Look, Range
from weather_mlops.pages.components import NOTHING

HEIGHT: Final = 290  # units of the drawing
CASE_HEIGHT: Final = 250
BAND: Final = Look("model-band")
OBSERVED: Final = Look("ink", width=1.4)
MEDIAN: Final = Look("model", width=2)
LABELLED: Final = (0, 0.1, 0.25, 0.5, 0.75, 0.9, 1)
"""Quantiles that a rank histogram labels."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a chart.

    Attributes:
        title: what it shows, with the unit.
        note: how to read it.
        axis: title of the vertical axis, with the unit.
        unit: of all figures.
        legend: of its curves, where the charts next to it have another.
    """

    title: str
    note: str
    axis: str
    unit: str
    legend: Markup = NOTHING


def by_lead(  # noqa: PLR0913  # what a plot can show is its arguments
    leads: Sequence[int],
    curves: Sequence[Curve],
    text: Texts,
    words: CardTranslator,
    *,
    span: tuple[float, ...],
    level: float | None = None,
    aim: tuple[float, float] | None = None,
) -> Markup:
    """Curves over the lead.

    Args:
        leads: hours, ascending.
        curves: one figure for each lead; the later is drawn above the earlier.
        text: its texts.
        words: texts of the language.
        span: values that the vertical axis covers at least.
        level: where a thin line marks the aim.
        aim: what is shaded as good enough.
    """
    return charts.lines(
        leads,
        curves,
        charts.by_lead(leads, words("card_axis_lead")),
        _upright(curves, text.axis, span, HEIGHT),
        label=text.title,
        level=level,
        aim=aim,
        notes=charts.notes([f"{words('card_ahead', lead=lead)} ({text.unit})" for lead in leads], curves, ""),
    )


def by_hour(hours: Sequence[int], curves: Sequence[Curve], text: Texts, words: CardTranslator) -> Markup:
    """Curves over the hour of the day (KST), from 0 up; the arguments are those of ``by_lead``."""
    return charts.lines(
        hours,
        curves,
        charts.by_hour_of_day(words("card_hour_axis")),
        _upright(curves, text.axis, (0,), CASE_HEIGHT),
        label=text.title,
        notes=charts.notes([f"{words('card_hour', hour=hour)} ({text.unit})" for hour in hours], curves, ""),
    )


def ranks(histogram: RankHistogram, label: str, words: CardTranslator) -> Markup:
    """Share of the observations between neighbouring quantiles, divided by the share that belongs there.

    Args:
        histogram: the shares, and the range that chance allows a right forecast, which is shaded.
        label: text for screen readers.
        words: texts of the language.
    """
    edges = [0.0, *histogram["levels"], 1.0]
    promised = [high - low for low, high in pairwise(edges)]
    ratios, low, high = (
        [share / width for share, width in zip(shares, promised, strict=True)]
        for shares in (histogram["shares"], histogram["low"], histogram["high"])
    )
    notes = [
        words("card_range", low=f"{100 * left:g}", high=f"{100 * right:g} %")
        + "\n"
        + words("card_ranks_hover", share=f"{100 * share:.1f} %", ratio=f"{ratio:.2f}")
        for (left, right), share, ratio in zip(pairwise(edges), histogram["shares"], ratios, strict=True)
    ]
    upright = charts.vertical(
        [*ratios, *low, *high], words("card_ranks_axis"), span=(0.6, 1.4), height=CASE_HEIGHT
    )
    return charts.rank_histogram(
        edges,
        ratios,
        charts.by_share(LABELLED, words("card_quantile_axis")),
        upright,
        label=label,
        aim=(low, high),
        notes=notes,
    )


def forecast(
    times: Sequence[datetime],
    band: tuple[Curve, Curve],
    curves: Sequence[Curve],
    text: Texts,
    words: CardTranslator,
) -> Markup:
    """One forecast with its band, and the observed outcome.

    Args:
        times: valid times, in the zone that the axis shows and names.
        band: the edges of the 80 % interval.
        curves: the median, and what was observed.
        text: its texts.
        words: texts of the language.
    """
    zone = times[0].tzname() or ""
    titles = [f"{time:%m-%d %H:%M} {zone} ({text.unit})" for time in times]
    return charts.lines(
        [time.timestamp() for time in times],
        curves,
        charts.by_clock(times, words("card_case_axis", zone=zone)),
        _upright([*curves, *band], text.axis, (), CASE_HEIGHT),
        label=text.title,
        band=band,
        notes=charts.notes(titles, [band[0], *curves, band[1]], "", digits=1),
    )


def intervals(rows: Sequence[Range], *, label: str, axis: str) -> Markup:
    """Improvements and their ranges against zero, %.

    Args:
        rows: from top to bottom.
        label: text for screen readers.
        axis: title of the axis, with the unit.
    """
    edges = [value for row in rows for value in (row.low, row.high)]
    return charts.ranges(rows, charts.horizontal(edges, axis, span=(0,)), "champion", label=label)


def _upright(curves: Sequence[Curve], name: str, span: Sequence[float], height: float) -> charts.Axis:
    values = [value for curve in curves for value in curve.values]
    return charts.vertical(values, name, span=span, height=height)
