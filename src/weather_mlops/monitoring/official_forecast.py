"""Section ``official_forecast``: the KMA's own forecast, as it was collected, and how good it is.

``figures.official`` describes its figures. Where there is not a single row of it, it isn't collected: the
section says so, and checks nothing.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Final

from pyiceberg.catalog import Catalog

from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.monitoring import official_bias, official_comparison, official_issues, station_moves
from weather_mlops.monitoring.checks import OFFICIAL_FORECAST, Section
from weather_mlops.monitoring.figures.official import OfficialForecastFigures
from weather_mlops.monitoring.official_limits import OfficialForecastLimits
from weather_mlops.monitoring.section_builder import SectionBuilder
from weather_mlops.settings import is_simulated
from weather_mlops.stations import Station, stations_by_id

__all__ = ["OfficialForecastLimits", "measure"]

Builder = SectionBuilder[OfficialForecastFigures]
ONLY_LOADED: Final = (
    "the KMA's forecast was loaded from archives only: the pipeline kma_forecast has not published an issue"
)


def measure(  # noqa: PLR0913  keyword only: sources and settings
    catalog: Catalog,
    store: ObjectStore,
    limits: OfficialForecastLimits,
    now: datetime,
    *,
    ask_stations: Callable[[], Iterable[Station]],
    station_ids: Collection[int] | None = None,
) -> Section:
    """Measure the KMA's forecast.

    Args:
        catalog: catalog of the tables.
        store: the bucket; figures that are reused by later runs are stored under ``monitoring/kma/``.
        limits: limits of the checks.
        now: the time, timezone-aware.
        ask_stations: requests the KMA's list of stations; called once a day at most.
        station_ids: ids of the watched stations; None = all.
    """
    builder = Builder(OfficialForecastFigures(measured_at=now.isoformat()))
    watched = stations_by_id().keys() if station_ids is None else station_ids
    with store.metered() as meter:
        collected = builder.attempt("collected", lambda: official_issues.has_rows(catalog))
        builder.figures["collected"] = collected is not False
        builder.figures["simulated"] = is_simulated()
        if collected is not False:
            _issues(builder, catalog, watched, limits, now)
            builder.figures["comparison"] = builder.attempt(
                "comparison", lambda: official_comparison.measure(catalog, limits, now)
            )
            _bias(builder, catalog, store, watched, limits, now)
            _moves(builder, store, ask_stations, watched, limits, now)
    builder.figures["read"] = {"requests": meter.requests, "bytes": meter.bytes}
    return builder.section(OFFICIAL_FORECAST)


def _issues(
    builder: Builder,
    catalog: Catalog,
    watched: Collection[int],
    limits: OfficialForecastLimits,
    now: datetime,
) -> None:
    if builder.attempt("collecting", lambda: official_issues.is_collected(catalog)) is False:
        builder.checks += [rule.unknown(ONLY_LOADED) for rule in official_issues.RULES]
        return

    def newest() -> None:
        issue = official_issues.newest(catalog, watched, limits.hours_share, now)
        builder.figures["newest_issue"] = issue
        builder.checks += official_issues.newest_checks(issue, limits)

    def missing() -> None:
        gaps = official_issues.missing(catalog, watched, now)
        builder.figures["gaps"] = gaps
        builder.checks.append(official_issues.missing_check(gaps, limits))

    builder.measure_part("newest_issue", official_issues.NEWEST_RULES, newest)
    builder.measure_part("gaps", (official_issues.MISSING,), missing)


def _bias(  # noqa: PLR0913, PLR0917  the arguments of measure
    builder: Builder,
    catalog: Catalog,
    store: ObjectStore,
    watched: Collection[int],
    limits: OfficialForecastLimits,
    now: datetime,
) -> None:
    def changes() -> None:
        figures = official_bias.current(catalog, store, limits, now)
        builder.figures["bias"] = figures
        builder.checks += official_bias.checks(figures, limits, watched)

    builder.measure_part("bias", (official_bias.CHANGED,), changes)


def _moves(  # noqa: PLR0913, PLR0917  the arguments of measure
    builder: Builder,
    store: ObjectStore,
    ask_stations: Callable[[], Iterable[Station]],
    watched: Collection[int],
    limits: OfficialForecastLimits,
    now: datetime,
) -> None:
    def moves() -> None:
        stations = station_moves.listed(store, ask_stations, watched, now)
        distances = station_moves.compare(stations, watched)
        builder.figures["moves"] = station_moves.figures_of(stations, distances, limits.max_moved_km)
        builder.checks += station_moves.checks(stations, distances, limits.max_moved_km)

    builder.measure_part("moves", (station_moves.MOVED,), moves)
