"""Plots of the forecast pages: hours of observations, of our forecast and of the KMA's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from markupsafe import Markup

from weather_mlops.browsing.forecasts.document import ForecastStation, QuantileSeries, Series
from weather_mlops.browsing.forecasts.figures import amount, plain
from weather_mlops.pages import charts
from weather_mlops.pages.charts import KMA_FORECAST, Area, Curve, Look
from weather_mlops.pages.figures import short_kst
from weather_mlops.pages.languages import Language

OBSERVED: Final = Look("ink", width=1.4)
MEDIAN: Final = Look("model", (4, 1.5), width=2.2)
BAND_80, BAND_50 = "model-band", "model-band-50"


@dataclass(frozen=True)
class HourlyValues:
    """Hourly values; each series has a value for each hour, None where there is none.

    Attributes:
        times: consecutive hours.
        observed: what was observed.
        forecast: quantiles of our forecast.
        kma: the KMA's forecast.
        quartiles: p25 and p75 of our forecast; None = they are not known.
    """

    times: Sequence[datetime]
    observed: Series
    forecast: QuantileSeries
    kma: Series
    quartiles: tuple[Series, Series] | None = None


def draw(hours: HourlyValues, unit: str, label: str, words: Language) -> Markup:
    """A plot; the pointer shows the figures of its hour.

    Args:
        hours: what is drawn.
        unit: of all values.
        label: text for screen readers.
        words: of the reader.
    """
    forecast = hours.forecast
    known = [*hours.observed, *forecast.p10, *forecast.p90, *hours.kma]
    return charts.lines(
        [time.timestamp() for time in hours.times],
        [Curve(hours.kma, KMA_FORECAST), Curve(forecast.p50, MEDIAN), Curve(hours.observed, OBSERVED)],
        charts.by_time(hours.times[0], hours.times[-1], words("station_axis")),
        charts.vertical(known, unit),
        label=label,
        band=_band(BAND_80, forecast.p10, forecast.p90),
        inner_band=_band(BAND_50, *hours.quartiles) if hours.quartiles else None,
        notes=_notes(hours, unit, words),
    )


def legend(station: ForecastStation, words: Language) -> Markup:
    """What the plots of a station show."""
    entries: list[tuple[str, Look | Area]] = [(words("station_observed"), OBSERVED)]
    if station.forecast or any(any(past.quantiles.p50) for past in station.past.values()):
        entries += [(words("station_forecast"), MEDIAN), (words("station_band_80"), Area(BAND_80))]
    if station.forecast and station.forecast.quartiles:
        entries.append((words("station_band_50"), Area(BAND_50)))
    if station.kma or station.kma_past:
        entries.append((words("station_kma"), KMA_FORECAST))
    return charts.legend(entries)


def _band(paint: str, low: Series, high: Series) -> tuple[Curve, Curve]:
    return Curve(low, Look(paint)), Curve(high, Look(paint))


def _notes(hours: HourlyValues, unit: str, words: Language) -> list[str]:
    """The figures of each hour in words; empty where there is none."""
    forecast, notes = hours.forecast, []
    series = (hours.observed, forecast.p50, forecast.p10, forecast.p90, hours.kma)
    for time, (observed, p50, p10, p90, kma) in zip(hours.times, zip(*series, strict=True), strict=True):
        parts = []
        if observed is not None:
            parts.append(words("station_note_observed", value=amount(observed, unit)))
        if p50 is not None:
            value = amount(p50, unit)
            parts.append(words("station_note_forecast", value=value, low=plain(p10), high=plain(p90)))
        if kma is not None:
            parts.append(words("station_note_kma", value=amount(kma, unit)))
        notes.append("\n".join([f"{short_kst(time)} KST", *parts]) if parts else "")
    return notes
