"""The page of one station: observations, the forecast, and past forecasts against the observed outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from markupsafe import Markup

from weather_mlops.browsing.forecasts import all_stations, curve, days, kma_notes, reasons
from weather_mlops.browsing.forecasts.curve import HourlyValues
from weather_mlops.browsing.forecasts.document import (
    ForecastDocument,
    ForecastStation,
    ForecastTarget,
    PastForecasts,
    QuantileSeries,
    Series,
)
from weather_mlops.browsing.forecasts.figures import amount, plain
from weather_mlops.clock import HOUR
from weather_mlops.pages import rendering
from weather_mlops.pages.components import Tile
from weather_mlops.pages.figures import MISSING, kst, short_kst
from weather_mlops.pages.languages import Language
from weather_mlops.pages.visit import Visit
from weather_mlops.verification.extremes import HOURS_NEEDED

PLOTTED: Final = (6, 12, 24)
"""Leads whose past forecasts are drawn."""

Rows = Sequence[tuple[str, Sequence[str]]]
"""Title and cells of each row of a table."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot with its title; None where there is nothing to draw."""

    title: str
    drawing: Markup | None


@dataclass(frozen=True)
class OneStation:
    """What the page shows.

    Attributes:
        document: all forecasts.
        target: the variable that is forecast.
        station: of this page.
        visit: language and links.
    """

    document: ForecastDocument
    target: ForecastTarget
    station: ForecastStation
    visit: Visit
    day_lead: int = days.LEAD
    hours_needed: int = HOURS_NEEDED

    @property
    def words(self) -> Language:
        """The reader's language."""
        return self.visit.language

    @property
    def name(self) -> str:
        """Name of the station for the reader."""
        return self.station.named(self.words)

    def links(self) -> list[tuple[str, str, bool]]:
        """Links to all stations, and to this station's other targets."""
        others = [
            (self.visit.to(f"forecasts/{name}/{self.station.id}"), each.label(self.words), False)
            for name, each in self.document.targets.items()
            if name != self.target.name and self.station.id in each.stations
        ]
        back = self.visit.to(f"forecasts?target={self.target.name}")
        return [(back, self.words("station_all"), False), *others]

    def reason(self) -> reasons.NoForecastReason:
        """Why there is no forecast."""
        return reasons.of_station(self.station.why_none or "", self.words)

    def tiles(self) -> list[Tile]:
        """The newest observation, and the range of both forecasts."""
        station, words, unit = self.station, self.words, self.target.unit
        tiles = []
        if station.newest is None:
            none = words("station_no_observation", hours=len(self.document.hours))
            tiles.append(Tile(words("station_newest"), MISSING, none))
        else:
            newest = amount(station.observed[station.newest], unit)
            tiles.append(Tile(words("station_newest"), newest, kst(self.document.hours[station.newest])))
        if station.forecast:
            p50, times = station.forecast.quantiles.p50, station.forecast.hours
            middle = [(value, hour) for value, hour in zip(p50, times, strict=True) if value is not None]
            for key, (value, hour) in (("lowest", min(middle)), ("highest", max(middle))):
                name = words(f"station_{key}", hours=len(times))
                tiles.append(Tile(name, amount(value, unit), kst(hour)))
        if station.kma:
            known = [station.kma.at(hour) for hour in station.hours_ahead]
            if values := [each for each in known if each is not None]:
                text = words("station_to", low=plain(min(values)), high=amount(max(values), unit))
                issued = words("station_kma_issued", at=kst(station.kma.issued_at))
                tiles.append(Tile(words("station_kma_range"), text, issued))
        return tiles

    @property
    def now(self) -> Plot:
        """Observations and the forecasts on one axis of hours."""
        ahead = self.station.hours_ahead
        title = self.words(
            "station_plot" if ahead else "station_plot_observed",
            label=self.target.label(self.words),
            unit=self.target.unit,
            past=len(self.document.hours),
            ahead=len(ahead),
        )
        return Plot(title, curve.draw(self._aligned(), self.target.unit, title, self.words))

    def legend(self) -> Markup:
        """What the plots show."""
        return curve.legend(self.station, self.words)

    def _aligned(self) -> HourlyValues:
        """Observations and forecasts on one axis of hours, padded with None."""
        hours, station = self.document.hours, self.station
        last = max([hours[-1], *station.hours_ahead])
        times = [hours[0] + n * HOUR for n in range(int((last - hours[0]) / HOUR) + 1)]
        observed = [*station.observed, *[None] * (len(times) - len(hours))]
        kma = self._kma(times)
        forecast = station.forecast
        if forecast is None:
            none: Series = [None] * len(times)
            return HourlyValues(times, observed, QuantileSeries(none, none, none), kma)
        low, middle, high = zip(*map(forecast.at, times), strict=True)
        quartiles = None
        if forecast.quartiles:
            p25, p75 = zip(*map(forecast.quartiles_at, times), strict=True)
            quartiles = p25, p75
        return HourlyValues(times, observed, QuantileSeries(low, middle, high), kma, quartiles)

    def _kma(self, hours: Sequence[datetime]) -> Series:
        return [self.station.kma.at(hour) if self.station.kma else None for hour in hours]

    def hours_caption(self) -> str:
        """The title of the table of hours."""
        if self.station.forecast is None:
            return self.words("station_hours_table_kma")
        return self.words("station_hours_table", at=kst(self.station.forecast.issued_at))

    def hours_columns(self) -> list[str]:
        """The titles of the table of hours."""
        words, unit, forecast = self.words, self.target.unit, self.station.forecast
        names = ["p10", "p25", "p50", "p75", "p90"] if forecast and forecast.quartiles else []
        names = names or (["p10", "p50", "p90"] if forecast else [])
        columns = [words("station_column_quantile", name=name, unit=unit) for name in names]
        columns += [words("forecasts_column_kma", unit=unit)] if self.station.kma else []
        columns += [words("station_column_inputs")] if forecast and forecast.is_mixed else []
        return [words("station_column_valid"), *columns]

    def hours(self) -> Rows:
        """The hours of our forecast and of the KMA's, as far as the station has them."""
        return [(short_kst(hour), self._hour(hour)) for hour in self.station.hours_ahead]

    def _hour(self, hour: datetime) -> list[str]:
        forecast, kma, values = self.station.forecast, self.station.kma, list[float | None]()
        if forecast:
            low, middle, high = forecast.at(hour)
            p25, p75 = forecast.quartiles_at(hour)
            values = [low, p25, middle, p75, high] if forecast.quartiles else [low, middle, high]
        texts = [plain(value) for value in [*values, *([kma.at(hour)] if kma else [])]]
        if forecast and forecast.is_mixed:
            texts.append(self.words("forecasts_with_kma" if forecast.uses_kma(hour) else "forecasts_alone"))
        return texts

    def days_columns(self) -> list[str]:
        """The titles of the table of days."""
        names = ["observed", *(["ours"] if self._has_ours else []), *(["kma"] if self._has_kma else [])]
        columns = [self.words(f"station_{name}_{end}") for name in names for end in ("high", "low")]
        return [self.words("station_day"), *columns]

    def days(self) -> Rows:
        """Highest and lowest hour of each day, observed and forecast."""
        rows = []
        for day in days.of_station(self.document, self.station):
            weekday = self.words("station_weekdays").split()[day.date.weekday()]
            title = self.words("station_day_named", date=f"{day.date:%m-%d}", weekday=weekday)
            if day.until:
                title += f", {self.words('station_today', time=short_kst(day.until)[-5:])}"
            shown = [
                day.observed,
                *([day.ours] if self._has_ours else []),
                *([day.kma] if self._has_kma else []),
            ]
            rows.append((title, [plain(value) for each in shown for value in (each.high, each.low)]))
        return rows

    @property
    def _has_ours(self) -> bool:
        return self.target.model_version is not None

    @property
    def _has_kma(self) -> bool:
        return bool(self.station.kma or self.station.kma_past)

    def kma(self) -> kma_notes.KmaNote:
        """Which issue of the KMA's forecast is shown."""
        return kma_notes.of_station(self.document, self.target, self.station, self.words)

    def past(self) -> list[Plot]:
        """What was forecast for the last hours, at some lead times."""
        return [self._past_plot(lead, past) for lead, past in self.station.past.items() if lead in PLOTTED]

    def _past_plot(self, lead: int, past: PastForecasts) -> Plot:
        title = self.words("station_past_plot", n=lead, unit=self.target.unit)
        official = self.station.kma_past.get(lead)
        kma: Series = official.values if official else [None] * len(self.document.hours)
        if all(value is None for value in [*past.quantiles.p50, *kma]):
            return Plot(title, None)
        label = self.words(
            "station_past_label", label=self.target.label(self.words), unit=self.target.unit, n=lead
        )
        hours = HourlyValues(self.document.hours, self.station.observed, past.quantiles, kma)
        return Plot(title, curve.draw(hours, self.target.unit, label, self.words))

    def past_columns(self) -> list[str]:
        """The titles of the table of past hours."""
        words, unit = self.words, self.target.unit
        return [
            words("station_column_hour"),
            words("station_column_observed", unit=unit),
            *(words("station_column_ours", n=lead, unit=unit) for lead in self.station.past),
            *(words("station_column_kma", n=lead, unit=unit) for lead in self.station.kma_past),
        ]

    def past_hours(self) -> Rows:
        """What was observed and forecast, newest hour first."""
        return [
            (
                short_kst(self.document.hours[index]),
                [
                    plain(self.station.observed[index]),
                    *(self._range(past, index) for past in self.station.past.values()),
                    *(plain(past.values[index]) for past in self.station.kma_past.values()),
                ],
            )
            for index in reversed(range(len(self.document.hours)))
        ]

    def _range(self, past: PastForecasts, index: int) -> str:
        quantiles = past.quantiles
        low, middle, high = (plain(each[index]) for each in (quantiles.p10, quantiles.p50, quantiles.p90))
        if middle == MISSING:
            return MISSING
        return self.words("forecasts_range", middle=middle, low=low, high=high)


def render(
    document: ForecastDocument,
    target: ForecastTarget,
    station: ForecastStation,
    visit: Visit,
    *,
    is_old: bool,
) -> str:
    """The page.

    Args:
        document: all published forecasts.
        target: the variable that is forecast.
        station: of that target.
        visit: language and links.
        is_old: whether a newer document should have been published.
    """
    words = visit.language
    past = [(words("forecasts_ahead", n=lead), each.score) for lead, each in station.kma_past.items()]
    verified = [(words("station_verified_days", days=n), each) for n, each in station.verified.items()]
    return rendering.render(
        "forecasts_station.html",
        visit,
        view=OneStation(document, target, station, visit),
        document=document,
        target=target,
        at=kst(document.made_at),
        is_old=is_old,
        scores=all_stations.scores(station, visit),
        kma_scores=all_stations.kma_scores(past, visit),
        verified=all_stations.kma_scores(verified, visit),
    )
