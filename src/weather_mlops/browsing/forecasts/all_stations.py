"""The page of all stations: maps and a table of one target's forecasts."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from weather_mlops.browsing.forecasts import inputs, kma_notes, maps, reasons
from weather_mlops.browsing.forecasts.document import (
    ForecastDocument,
    ForecastStation,
    ForecastTarget,
    Present,
)
from weather_mlops.browsing.forecasts.figures import plain
from weather_mlops.browsing.forecasts.kma_forecast import KmaScore
from weather_mlops.browsing.forecasts.reasons import NoForecastReason
from weather_mlops.clock import HOUR
from weather_mlops.pages import rendering
from weather_mlops.pages.figures import MISSING, kst, number, percent, short_kst
from weather_mlops.pages.visit import Visit


@dataclass(frozen=True, slots=True)
class StationRow:
    """A line of a table.

    Attributes:
        address: of the station's page.
        name: of the station.
        cells: figures, as text.
        mark: a word below the name.
    """

    address: str
    name: str
    cells: Sequence[str]
    mark: str = ""


@dataclass(frozen=True, slots=True)
class WithoutForecast:
    """Stations that have no forecast for the same reason."""

    reason: NoForecastReason
    rows: Sequence[StationRow]


@dataclass(frozen=True)
class AllStations:
    """What the page shows.

    Attributes:
        document: all forecasts.
        target: of this page.
        ahead: hours from the newest observation to the forecast hour.
        visit: language and links.
    """

    document: ForecastDocument
    target: ForecastTarget
    ahead: int
    visit: Visit

    @property
    def hour(self) -> datetime:
        """The hour that is forecast."""
        return maps.base(self.document, self.target) + self.ahead * HOUR

    def targets(self) -> list[tuple[str, str, bool]]:
        """Links to the pages of all targets."""
        return [
            (self._link(each, None), each.label(self.visit.language), each is self.target)
            for each in self.document.targets.values()
        ]

    def hours(self) -> list[tuple[str, str, bool]]:
        """Links to the hours of the map."""
        return [
            (
                self._link(self.target, ahead),
                self.visit.language("forecasts_in", n=ahead),
                ahead == self.ahead,
            )
            for ahead in maps.choices(self.target)
        ]

    def maps(self) -> maps.Maps:
        """The maps of the hour."""
        return maps.draw(self.document, self.target, self.ahead, self.visit)

    def kma(self) -> kma_notes.KmaNote:
        """Which issue of the KMA's forecast is shown."""
        return kma_notes.of_all(self.document, self.target, self.visit.language)

    def inputs(self) -> list[str]:
        """What the forecasts were made from, in sentences."""
        words = self.visit.language
        return [
            words("forecasts_inputs_of", inputs=words.of(each), n=count)
            for each, count in inputs.counted(self.target)
        ]

    def rows(self) -> list[StationRow]:
        """The stations with a forecast of ours."""
        alone = inputs.lacking(self.target)
        mark = self.visit.language("forecasts_alone")
        return [
            self._row(station, self._forecast(station, station.forecast), mark if station.id in alone else "")
            for station in self.target.stations.values()
            if station.forecast
        ]

    def kma_rows(self) -> list[StationRow]:
        """All stations with the KMA's forecast, where there is none of ours."""
        return [self._row(station, self._kma(station)) for station in self.target.stations.values()]

    def _kma(self, station: ForecastStation) -> list[str]:
        if self.target.kma_issue is None:
            return []
        if station.kma is None:
            return [MISSING] * 3
        values = [value for value in station.kma.values if value is not None]
        return [plain(value) for value in (min(values), max(values), station.kma.at(self.hour))]

    def without(self) -> list[WithoutForecast]:
        """The stations without a forecast of ours, by the reason."""
        by_reason: defaultdict[NoForecastReason, list[StationRow]] = defaultdict(list)
        for station in self.target.stations.values():
            if station.forecast is None:
                kma = [plain(station.kma.at(self.hour) if station.kma else None)]
                row = self._row(station, kma if self.target.kma_issue else [])
                reason = reasons.of_several(station.why_none or "", self.visit.language)
                by_reason[reason].append(row)
        return [WithoutForecast(reason, rows) for reason, rows in by_reason.items()]

    def _link(self, target: ForecastTarget, ahead: int | None) -> str:
        hour = f"&ahead={ahead}" if ahead else ""
        return self.visit.to(f"forecasts?target={target.name}{hour}")

    def _row(self, station: ForecastStation, cells: Sequence[str], mark: str = "") -> StationRow:
        observed = [MISSING, MISSING]
        if station.newest is not None:
            observed = [
                plain(station.observed[station.newest]),
                short_kst(self.document.hours[station.newest]),
            ]
        address = maps.address(self.target, station, self.visit)
        return StationRow(address, station.named(self.visit.language), [*observed, *cells], mark)

    def _forecast(self, station: ForecastStation, forecast: Present) -> list[str]:
        middle = [value for value in forecast.quantiles.p50 if value is not None]
        low, p50, high = forecast.at(self.hour)
        at_hour = MISSING
        if p50 is not None:
            at_hour = self.visit.language(
                "forecasts_range", middle=plain(p50), low=plain(low), high=plain(high)
            )
        cells = [plain(min(middle)), plain(max(middle)), at_hour]
        if self.target.kma_issue:
            cells.append(plain(station.kma.at(self.hour) if station.kma else None))
        return cells


def render(  # noqa: PLR0913  # what a page shows is its arguments
    document: ForecastDocument,
    target: ForecastTarget,
    visit: Visit,
    *,
    ahead: int,
    is_old: bool,
    training: str = "",
) -> str:
    """The page.

    Args:
        document: all published forecasts.
        target: of this page.
        visit: language and links.
        ahead: hours from the newest observation to what the map shows.
        is_old: whether a newer document should have been published.
        training: how far the training of the target's first model is, in a sentence.
    """
    return rendering.render(
        "forecasts.html",
        visit,
        training=training,
        view=AllStations(document, target, ahead, visit),
        document=document,
        target=target,
        at=kst(document.made_at),
        is_old=is_old,
        scores=scores(target, visit),
        kma_scores=kma_scores(
            [(visit.language("forecasts_ahead", n=lead), score) for lead, score in target.kma_past.items()],
            visit,
        ),
    )


def scores(of: ForecastTarget | ForecastStation, visit: Visit) -> list[tuple[str, Sequence[str]]]:
    """Title and figures of past forecasts by lead: hours compared, RMSE, coverage."""
    if isinstance(of, ForecastTarget):
        by_lead = of.past
    else:
        by_lead = {lead: past.score for lead, past in of.past.items()}
    return [
        (
            visit.language("forecasts_ahead", n=lead),
            [f"{score.n:,}", number(score.rmse), percent(score.coverage_80)],
        )
        for lead, score in by_lead.items()
    ]


def kma_scores(
    entries: Sequence[tuple[str, KmaScore]], visit: Visit
) -> list[tuple[str, Sequence[str]]] | None:
    """Title and figures of a comparison: RMSE of ours, of the KMA's, the better one, and how many values.

    None where there are entries, but nothing was compared.
    """
    if entries and all(score.n == 0 for _, score in entries):
        return None
    return [
        (
            title,
            [
                number(score.rmse_ours),
                number(score.rmse),
                kma_notes.better(score, visit.language),
                f"{score.n:,}",
            ],
        )
        for title, score in entries
    ]
