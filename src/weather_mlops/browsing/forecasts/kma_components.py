"""The KMA's forecast on the forecast pages: its line, its sentences, and the comparison with ours."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from weather_mlops.browsing.forecasts.components import amount, listing
from weather_mlops.browsing.forecasts.kma_forecast import KmaPresent, KmaScore
from weather_mlops.browsing.forecasts.published import ForecastDocument, ForecastStation, ForecastTarget
from weather_mlops.clock import HOUR
from weather_mlops.model.targets import TARGETS
from weather_mlops.pages.markup import MISSING, escape, kst, number
from weather_mlops.verification.official import INTERPOLATED

NAME: Final = 'KMA\'s forecast <span lang="ko">기상청 예보</span>'


def newest_issue(document: ForecastDocument, target: ForecastTarget) -> str:
    """A paragraph that names the newest issue of all stations, or says why there is none."""
    if target.kma_issue is None:
        return absent(target)
    issues = [one.kma for one in target.stations.values() if one.kma]
    newest = max(issues, key=lambda each: each.issued_at)
    text = f"The {NAME}, {issued(document, newest)}, for {len(issues)} stations."
    return f"<p>{text}{_missing(document, newest)}</p>"


def summary(document: ForecastDocument, target: ForecastTarget, station: ForecastStation) -> str:
    """A paragraph: the KMA's forecast of a station in words, or why there is none."""
    if station.kma is None:
        if target.kma_issue is None:
            return absent(target)
        return f"<p>The {NAME} of this station: none of these hours was received.</p>"
    hours = station.forecast.hours if station.forecast else station.kma.hours
    values = [(value, hour) for hour in hours if (value := station.kma.at(hour)) is not None]
    figures = ""
    if values:
        (low, low_at), (high, high_at) = min(values), max(values)
        figures = (
            f": lowest <b>{amount(low, target)}</b>, {kst(low_at)}; highest <b>{amount(high, target)}</b>, "
            f"{kst(high_at)}"
        )
    issue = issued(document, station.kma)
    return f"<p>The {NAME}, {issue}{figures}.{_missing(document, station.kma)}</p>"


def absent(target: ForecastTarget) -> str:
    """A paragraph that says why no forecast of the KMA is shown."""
    known = TARGETS.get(target.name)
    if known and known.column not in INTERPOLATED:
        reason = f"it has no {escape(target.label.lower())} by the hour"
    else:
        reason = "none of these hours was received. The pipeline <code>kma_forecast</code> collects it"
    return f'<p class="soft">The {NAME} is not shown: {reason}.</p>'


def issued(document: ForecastDocument, forecast: KmaPresent) -> str:
    """When a forecast was issued; with its age where it is old, as HTML."""
    age = forecast.age(document.made_at)
    old = f', <b class="warn">{age / HOUR:.0f} h old</b>' if age else ""
    return f"issued {kst(forecast.issued_at)}{old}"


def _missing(document: ForecastDocument, forecast: KmaPresent) -> str:
    if forecast.age(document.made_at) is None:
        return ""
    return " A newer issue is missing: see the newest runs of <code>kma_forecast</code>."


def scores(rows: Sequence[tuple[str, KmaScore]], target: ForecastTarget, what: str) -> str:
    """A table of the errors of both forecasts; nothing where no forecast of the KMA is known.

    Args:
        rows: title, as HTML, and score of each row.
        target: whose unit the figures have.
        what: the scope of the scores, as HTML, for the caption.
    """
    if not rows:
        return ""
    if all(score.n == 0 for _, score in rows):
        return f'<p class="soft">No hour has an observation, a forecast of ours and the {NAME} yet.</p>'
    unit = escape(target.unit)
    head = ("Forecast", f"RMSE of ours, {unit}", f"of the KMA's, {unit}", "Better", "Hours")
    lines = [
        (
            title,
            [
                f"<td>{text}</td>"
                for text in (number(score.rmse_ours), number(score.rmse), _better(score), f"{score.n:,}")
            ],
        )
        for title, score in rows
    ]
    caption = (
        f"Ours (p50) against the {NAME}, {what}. Only hours that have an observation and both forecasts; the "
        "KMA's is the newest one that was known when ours was issued."
    )
    return listing(caption, head, lines, "Our forecasts against the KMA's")


def _better(score: KmaScore) -> str:
    if score.rmse is None or score.rmse_ours is None:
        return MISSING
    if score.rmse == score.rmse_ours:
        return "equal"
    return "ours" if score.rmse_ours < score.rmse else "the KMA's"


def values(station: ForecastStation, hours: Sequence[datetime]) -> list[float | None]:
    """The KMA's forecast of each hour; None where it isn't forecast."""
    return [station.kma.at(hour) if station.kma else None for hour in hours]
