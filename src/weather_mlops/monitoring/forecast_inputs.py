"""What the newest forecasts were made from: whether the KMA's forecast reached them.

Where the champion begins with the KMA's forecast, and no station's newest forecast has it, all are made from
observations alone. They are sound, and less exact.
"""

from collections.abc import Mapping
from typing import Final, NotRequired

from typing_extensions import TypedDict

from weather_mlops.lake import documents
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.schemas import WITH_KMA_FORECAST
from weather_mlops.model.forecasting import LATEST
from weather_mlops.monitoring.checks import Check
from weather_mlops.monitoring.figures.model import ChampionFigures, InputFigures, ModelPerformanceFigures
from weather_mlops.monitoring.section_builder import Rule, SectionBuilder

UNUSED: Final = Rule("kma_forecast_unused")
WHAT: Final = "newest forecasts"
"""Name of the missing figure where ``forecasts/latest.json`` can't be read."""
FIX: Final = "The next run of the DAG forecast rewrites it."
NOT_SAID: Final = "no newest forecast says what it was made from: a run of the DAG forecast writes them"


class NewestStation(TypedDict):
    """Inputs of each lead of a station's newest forecast; older versions did not write them."""

    inputs: NotRequired[list[str]]


class NewestTarget(TypedDict):
    """The newest forecasts of a target, by station id."""

    stations: dict[str, NewestStation]


class NewestForecasts(TypedDict):
    """The part of ``forecasts/latest.json`` that is read."""

    targets: dict[str, NewestTarget]


def read(store: ObjectStore) -> dict[str, InputFigures]:
    """Inputs of the newest forecasts by target; without those that do not say what they were made from.

    Raises:
        ObjectDamaged: the document of the newest forecasts can't be read.
        StorageUnavailable, StorageRefused.
    """
    try:
        newest = documents.read(store, LATEST, NewestForecasts, FIX)
    except FileNotFoundError:
        return {}
    measured = {name: _figures(target) for name, target in newest["targets"].items()}
    return {name: figures for name, figures in measured.items() if figures is not None}


def _figures(target: NewestTarget) -> InputFigures | None:
    by_station = [station["inputs"] for station in target["stations"].values() if station.get("inputs")]
    if not by_station:
        return None
    hours = [inputs == WITH_KMA_FORECAST for station in by_station for inputs in station]
    return {
        "stations": len(by_station),
        "with_kma": sum(WITH_KMA_FORECAST in inputs for inputs in by_station),
        "share_of_hours": round(sum(hours) / len(hours), 4),
    }


def add(
    builder: SectionBuilder[ModelPerformanceFigures],
    target: str,
    newest: Mapping[str, InputFigures] | None,
    limit: float,
) -> None:
    """Add figure and check of a target to the section.

    Args:
        builder: of the section, with the target's other figures, if they could be measured.
        target: its name.
        newest: as from ``read``; None = it failed.
        limit: smallest share of the stations whose newest forecast began with the KMA's.
    """
    figures = builder.figures["targets"].get(target)
    champion = figures.get("champion") if figures else None
    if newest is None:
        builder.checks.append(UNUSED.unknown(builder.reason(WHAT), limit, target))
        return
    if figures is not None:
        figures["inputs"] = newest.get(target)
    builder.checks.append(check(champion, newest.get(target), limit, target))


def check(champion: ChampionFigures | None, newest: InputFigures | None, limit: float, subject: str) -> Check:
    """Check that some newest forecasts began with the KMA's, where the champion can."""
    if champion is None:
        return UNUSED.unknown("no champion", limit, subject)
    if champion["kma_archive_days"] is None:
        return UNUSED.state("the champion forecasts from observations alone", subject, well=True)
    if newest is None:
        return UNUSED.unknown(NOT_SAID, limit, subject)
    detail = (
        f"{newest['with_kma']} of {newest['stations']} stations have a newest forecast that began with the "
        "KMA's; the others are made from observations only"
    )
    return UNUSED.below(round(newest["with_kma"] / newest["stations"], 4), limit, detail, subject)
