"""The page of one station: observations, the forecast, and past forecasts against the observed outcome."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from weather_mlops.browsing.forecasts import curve, inputs_components, kma_components
from weather_mlops.browsing.forecasts.components import (
    MEDIAN,
    OBSERVED,
    amount,
    frame,
    issued_by,
    listing,
    named,
    notice,
    plain,
    scores,
    short,
)
from weather_mlops.browsing.forecasts.published import (
    ForecastDocument,
    ForecastStation,
    ForecastTarget,
    PastForecasts,
    QuantileSeries,
    Series,
)
from weather_mlops.clock import HOUR
from weather_mlops.pages import charts
from weather_mlops.pages.charts import KMA_FORECAST, Area, Look
from weather_mlops.pages.markup import MISSING, escape, figure, folded, kst

BAND: Final = Area("model-band")
EVERY: Final = 3
"""Hours between the rows of the short table."""


def render(document: ForecastDocument, target: ForecastTarget, station: ForecastStation, *, old: bool) -> str:
    """The page as HTML.

    Args:
        document: all published forecasts.
        target: the variable that is forecast.
        station: of that target.
        old: whether a newer document should have been published.
    """
    title = f"{station.english} ({station.id}): {target.label}"
    back = f"../../forecasts?target={target.name}"
    body = (
        f'<nav aria-label="Back"><a href="{escape(back)}">All stations</a></nav>'
        f"<h1>{named(station)}: {escape(target.label)} "
        f'<span lang="ko">{escape(target.korean)}</span></h1>'
        f"{issued_by(document, target)}{notice(document, old=old)}{_others(document, target, station)}"
        f"{_now(document, target, station)}{_past(document, target, station)}"
        f"{_figures(document, target, station)}"
    )
    return frame(title, body, style=charts.STYLE)


def _others(document: ForecastDocument, target: ForecastTarget, station: ForecastStation) -> str:
    """The same station's other targets."""
    links = [
        f'<li><a href="../{escape(name)}/{station.id}">{escape(each.label)}</a></li>'
        for name, each in document.targets.items()
        if name != target.name and station.id in each.stations
    ]
    return f'<nav aria-label="Also forecast here"><ul>{"".join(links)}</ul></nav>' if links else ""


def _now(document: ForecastDocument, target: ForecastTarget, station: ForecastStation) -> str:
    return (
        '<section aria-labelledby="now"><h2 id="now">Observed, and forecast</h2>'
        f"{_summary(document, target, station)}"
        f'<div class="plots">{_main_plot(document, target, station)}{_soon(target, station)}</div></section>'
    )


def _summary(document: ForecastDocument, target: ForecastTarget, station: ForecastStation) -> str:
    """The content of the plot in words."""
    kma = kma_components.summary(document, target, station)
    if station.newest is None:
        seen = f"Nothing was observed in the last {len(document.hours)} h."
    else:
        value = amount(station.observed[station.newest], target)
        seen = f"Newest observation: <b>{value}</b>, {kst(document.hours[station.newest])}."
    if station.forecast is None:
        return (
            f'<p>{seen}</p><p class="notice"><b>No forecast:</b> {escape(station.why_none or "")}.</p>{kma}'
        )
    p50, times = station.forecast.quantiles.p50, station.forecast.hours
    middle = [(value, hour) for value, hour in zip(p50, times, strict=True) if value is not None]
    (low, low_at), (high, high_at) = min(middle), max(middle)
    return (
        f"<p>{seen}</p><p>The {len(times)} h after {kst(station.forecast.issued_at)}: lowest p50 "
        f"<b>{amount(low, target)}</b>, {kst(low_at)}; highest <b>{amount(high, target)}</b>, "
        f"{kst(high_at)}.</p>{inputs_components.of_station(station)}{kma}"
    )


def _soon(target: ForecastTarget, station: ForecastStation) -> str:
    """A table of every third hour of the forecast."""
    hours = _forecast_hours(station)
    if not hours:
        return ""
    name = "The forecast, every third hour"
    return f"<div>{_quantiles(f'{name}.', name, target, station, hours[EVERY - 1 :: EVERY] or hours)}</div>"


def _forecast_hours(station: ForecastStation) -> list[datetime]:
    """The hours of our forecast; those of the KMA's where there is no other."""
    if station.forecast:
        return station.forecast.hours
    return station.kma.hours if station.kma else []


def _main_plot(document: ForecastDocument, target: ForecastTarget, station: ForecastStation) -> str:
    times, observed, quantiles = _aligned(document.hours, station)
    what = f"the last {len(document.hours)} h observed"
    if ahead := _forecast_hours(station):
        what += f", the next {len(ahead)} h forecast"
    svg = curve.hours(
        times,
        observed,
        quantiles,
        kma_components.values(station, times),
        label=f"{target.label} in {target.unit}: {what}; the figures are in the tables below",
        unit=target.unit,
    )
    return figure(
        f"{escape(target.label)}, {escape(target.unit)}: {what}",
        "",
        f"{svg}{_legend(station)}",
    )


def _legend(station: ForecastStation) -> str:
    entries: list[tuple[str, Look | Area]] = [("observed", OBSERVED)]
    if station.forecast:
        entries += [
            ("forecast, p50", MEDIAN),
            ("p10 to p90: 8 of 10 observations should lie within", BAND),
        ]
    if station.kma:
        entries.append((charts.raw(kma_components.NAME), KMA_FORECAST))
    return charts.legend(entries)


def _aligned(
    hours: Sequence[datetime], station: ForecastStation
) -> tuple[list[datetime], Series, QuantileSeries]:
    """Observations and forecast on one axis of hours: the hours, and both series padded with None."""
    last = max([hours[-1], *_forecast_hours(station)])
    times = [hours[0] + n * HOUR for n in range(int((last - hours[0]) / HOUR) + 1)]
    observed = [*station.observed, *[None] * (len(times) - len(hours))]
    if station.forecast is None:
        none: Series = [None] * len(times)
        return times, observed, QuantileSeries(none, none, none)
    low, middle, high = zip(*(station.forecast.at(time) for time in times), strict=True)
    return times, observed, QuantileSeries(low, middle, high)


def _past(document: ForecastDocument, target: ForecastTarget, station: ForecastStation) -> str:
    plots = "".join(_past_plot(document, target, station, lead, past) for lead, past in station.past.items())
    table = scores(
        [(f"{lead} h ahead", past.score) for lead, past in station.past.items()], target, "by lead"
    ) + kma_components.scores(
        [(f"{lead} h ahead", past.score) for lead, past in station.kma_past.items()], target, "by lead"
    )
    return (
        '<section aria-labelledby="past"><h2 id="past">Past forecasts, against observations</h2>'
        f"<p>For each hour, the forecasts that were issued each lead time before it.</p>{table}"
        f'<div class="plots">{plots}</div></section>'
    )


def _past_plot(
    document: ForecastDocument,
    target: ForecastTarget,
    station: ForecastStation,
    lead: int,
    past: PastForecasts,
) -> str:
    title = f"{lead} h ahead, {escape(target.unit)}"
    kma = _kma_past(document, station, lead)
    if all(value is None for value in [*past.quantiles.p50, *kma]):
        hours = len(document.hours)
        return f'<p class="soft"><b>{title}</b>: none of the last {hours} h was forecast at this lead.</p>'
    svg = curve.hours(
        document.hours,
        station.observed,
        past.quantiles,
        kma,
        label=f"{target.label} in {target.unit}: forecasts made {lead} h before, and observations",
        unit=target.unit,
    )
    note = "dashed: p50; shaded: p10 to p90; solid: observed"
    return figure(title, f"{note}; dash-dotted: the KMA's forecast" if station.kma_past else note, svg)


def _kma_past(document: ForecastDocument, station: ForecastStation, lead: int) -> Series:
    past = station.kma_past.get(lead)
    return past.values if past else [None] * len(document.hours)


def _figures(document: ForecastDocument, target: ForecastTarget, station: ForecastStation) -> str:
    quantiles = _forecast_figures(document, target, station) if _forecast_hours(station) else ""
    return (
        '<section aria-labelledby="figures"><h2 id="figures">In figures</h2>'
        f"{quantiles}{_past_figures(document, target, station)}</section>"
    )


def _forecast_figures(document: ForecastDocument, target: ForecastTarget, station: ForecastStation) -> str:
    name = "The forecast in figures"
    captions = []
    if station.forecast:
        captions.append(f"Forecast issued {kst(station.forecast.issued_at)}.")
    if station.kma:
        captions.append(f"{kma_components.NAME} {kma_components.issued(document, station.kma)}.")
    return folded(name, _quantiles(" ".join(captions), name, target, station, _forecast_hours(station)))


def _quantiles(
    caption: str, name: str, target: ForecastTarget, station: ForecastStation, hours: Sequence[datetime]
) -> str:
    """A table of the hours of our forecast and of the KMA's, as far as the station has them."""
    unit, forecast, kma = escape(target.unit), station.forecast, station.kma
    head = ["valid at, KST"]
    head += [f"p10, {unit}", f"p50, {unit}", f"p90, {unit}"] if forecast else []
    head += [f"KMA, {unit}"] if kma else []
    is_mixed = forecast is not None and forecast.is_mixed
    head += [inputs_components.COLUMN] if is_mixed else []
    rows = []
    for hour in hours:
        values = [*(forecast.at(hour) if forecast else ()), *([kma.at(hour)] if kma else [])]
        cells = [f"<td>{plain(value)}</td>" for value in values]
        if forecast and is_mixed:
            cells.append(inputs_components.cell_of(forecast, hour))
        rows.append((short(hour), cells))
    return listing(caption, head, rows, name)


def _past_figures(document: ForecastDocument, target: ForecastTarget, station: ForecastStation) -> str:
    unit = escape(target.unit)
    rows = []
    for index in reversed(range(len(document.hours))):
        texts = (
            plain(station.observed[index]),
            *(_forecast_cell(past, index) for past in station.past.values()),
            *(plain(past.values[index]) for past in station.kma_past.values()),
        )
        rows.append((short(document.hours[index]), [f"<td>{text}</td>" for text in texts]))
    head = (
        "hour, KST",
        f"observed, {unit}",
        *(f"forecast {lead} h before, {unit}" for lead in station.past),
        *(f"KMA {lead} h before, {unit}" for lead in station.kma_past),
    )
    caption = f"Newest hour first; forecasts as p50 (p10 to p90); {MISSING}: not observed, or not forecast."
    name = f"The last {len(document.hours)} h in figures"
    return folded(name, listing(caption, head, rows, name))


def _forecast_cell(past: PastForecasts, index: int) -> str:
    quantiles = past.quantiles
    low, middle, high = (plain(series[index]) for series in (quantiles.p10, quantiles.p50, quantiles.p90))
    return middle if middle == MISSING else f"{middle} ({low} to {high})"
