"""The charts of the page of verification."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from markupsafe import Markup

from weather_mlops.browsing.verification.rows import ErrorRow, Scope
from weather_mlops.clock import KST
from weather_mlops.documents.verification_windows import IntervalCoverage, VerifiedDay
from weather_mlops.lake.verification_columns import KMA_FORECAST, OURS, PERSISTENCE
from weather_mlops.pages import charts
from weather_mlops.pages.charts import Axis, Curve, Look
from weather_mlops.pages.languages import Language

LOOKS: Final[Mapping[str, Look]] = {
    OURS: Look("model", width=2.6),
    KMA_FORECAST: charts.KMA_FORECAST,
    PERSISTENCE: Look("persistence", (4, 2)),
}
INTERVALS: Final[Mapping[str, tuple[int, Look]]] = {
    "coverage_90": (90, Look("champion", (8, 2), 2)),
    "coverage_80": (80, Look("model", width=2.6)),
    "coverage_50": (50, Look("ridge", (3, 1), 2)),
}
PROMISED: Final = Look("soft", (2, 3), 1)


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with its legend.

    Attributes:
        svg: the drawing.
        legend: names of its curves.
        is_cut: whether a part of persistence is left out, because it is above the axis.
    """

    svg: Markup
    legend: Markup
    is_cut: bool = False


def by_lead(rows: Sequence[ErrorRow], scope: Scope) -> Figure:
    """RMSE by lead."""
    x = charts.by_lead([row.member for row in rows] or [1], scope.words("verification_lead_axis"))
    return _errors(rows, scope, x, scope.words("verification_by_lead"))


def by_hour(rows: Sequence[ErrorRow], scope: Scope) -> Figure:
    """RMSE by hour of the day."""
    x = charts.by_hour_of_day(scope.words("verification_hour_axis"))
    known = [row for row in rows if x.low <= row.member <= x.high]
    return _errors(known, scope, x, scope.words("verification_by_hour"))


def _errors(rows: Sequence[ErrorRow], scope: Scope, x: Axis, label: str) -> Figure:
    """RMSE of each forecast. Persistence is cut where it is above the axis of ours and the KMA's.

    It is several times as far off at long leads: on an axis of its size the other two would be one line.
    """
    curves = {
        name: Curve([row.rmse(name) for row in rows], LOOKS[name], scope.name(name))
        for name in reversed(scope.shown)
    }
    both = [curve for name, curve in curves.items() if name != PERSISTENCE]
    covered = both if len(both) > 1 else list(curves.values())
    y = _rmse_axis(covered, scope)
    drawn = [
        Curve(
            [value if value is None or value <= y.high else None for value in curve.values],
            curve.look,
            curve.name,
        )
        for curve in curves.values()
    ]
    notes = charts.notes([row.name for row in rows], list(curves.values()), scope.unit)
    svg = charts.lines([row.member for row in rows], drawn, x, y, label=label, notes=notes)
    is_cut = any(one.values != curve.values for one, curve in zip(drawn, curves.values(), strict=True))
    named = [
        name
        for name, one in zip(curves, drawn, strict=True)
        if any(value is not None for value in one.values)
    ]
    return Figure(svg, _legend(named[::-1], scope), is_cut)


def calibration(shares: Mapping[str, IntervalCoverage], words: Language) -> Figure | None:
    """Shares of the observations in the intervals of ours, by lead; None where no interval is known."""
    by_lead: dict[int, Mapping[str, Any]] = {int(lead): dict(each) for lead, each in shares.items()}
    leads = sorted(by_lead)
    known = {
        name: [_hundredfold(by_lead[lead][name]) for lead in leads]
        for name in INTERVALS
        if any(by_lead[lead][name] is not None for lead in leads)
    }
    if not known:
        return None
    x = charts.by_lead(leads, words("verification_lead_axis"))
    promised = [Curve([float(INTERVALS[name][0])] * len(leads), PROMISED) for name in known]
    measured = [
        Curve(values, INTERVALS[name][1], words("verification_interval", percent=INTERVALS[name][0]))
        for name, values in known.items()
    ]
    values = [value for curve in [*promised, *measured] for value in curve.values]
    y = charts.vertical(values, words("verification_share_axis"), span=(100,))
    titles = [words("verification_ahead", lead=lead) for lead in leads]
    svg = charts.lines(
        leads,
        [*promised, *measured],
        x,
        y,
        label=words("verification_calibration"),
        notes=charts.notes(titles, measured[::-1], "%", digits=1),
    )
    return Figure(svg, charts.legend([(curve.name, curve.look) for curve in measured]))


def by_day(daily: Sequence[VerifiedDay], scope: Scope) -> Figure | None:
    """RMSE of each of the last days; None where no day has a figure of both."""
    if not any(each["n"] for each in daily):
        return None
    noons = [datetime.combine(date.fromisoformat(each["day"]), time(12), KST) for each in daily]
    half = timedelta(hours=12)
    x = charts.by_time(noons[0] - half, noons[-1] + half, scope.words("verification_day_axis"))
    curves = [
        Curve([each["kma_forecast"] for each in daily], LOOKS[KMA_FORECAST], scope.name(KMA_FORECAST)),
        Curve([each["ours"] for each in daily], LOOKS[OURS], scope.name(OURS)),
    ]
    svg = charts.lines(
        [noon.timestamp() for noon in noons],
        curves,
        x,
        _rmse_axis(curves, scope),
        label=scope.words("verification_by_day"),
        notes=charts.notes([each["day"] for each in daily], curves, scope.unit),
    )
    return Figure(svg, _legend([OURS, KMA_FORECAST], scope))


def _rmse_axis(curves: Sequence[Curve], scope: Scope) -> Axis:
    """An axis from 0 on that covers curves."""
    values = [value for curve in curves for value in curve.values]
    return charts.vertical(values, scope.words("verification_rmse_axis", unit=scope.unit), span=(0, 0.5))


def _legend(names: Sequence[str], scope: Scope) -> Markup:
    return charts.legend([(scope.name(name), LOOKS[name]) for name in names])


def _hundredfold(share: float | None) -> float | None:
    return None if share is None else 100 * share
