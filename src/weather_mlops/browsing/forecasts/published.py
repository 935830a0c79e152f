"""The object that the forecast pages show, published by make_forecast: read and checked."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, cast

from weather_mlops.browsing.forecasts import kma_forecast
from weather_mlops.browsing.forecasts.document import (
    ForecastDocument,
    ForecastStation,
    ForecastTarget,
    PastForecasts,
    Present,
    QuantileSeries,
    Score,
)
from weather_mlops.clock import HOUR
from weather_mlops.documents.forecast_pages import (
    KEY,
    SCHEMA,
    CheckedPageDocument,
    CurrentForecast,
    PageDocument,
    PageStation,
    PageTarget,
    PastScores,
)
from weather_mlops.documents.schema_version import schema_of
from weather_mlops.errors import ObjectDamaged
from weather_mlops.lake import documents
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.limits import JSON_DOCUMENT
from weather_mlops.pages.charts.korea import Coordinates
from weather_mlops.pages.messages import Translation
from weather_mlops.stations import stations_by_id

FIX: Final = "The next run of the DAG forecast rewrites it: trigger it, or wait an hour."


def load(store: ObjectStore) -> bytes | None:
    """The published object; None where nothing was published yet.

    Raises:
        ObjectDamaged: it is too large.
        StorageUnavailable, StorageRefused.
    """
    try:
        return store.get(KEY, JSON_DOCUMENT)
    except FileNotFoundError:
        return None


@lru_cache(maxsize=2)
def parsed(body: bytes) -> ForecastDocument:
    """The document.

    Raises:
        ObjectDamaged: it is damaged, or a version of the code with another schema wrote it.
    """
    if schema_of(body, KEY, FIX) != SCHEMA:
        raise ObjectDamaged(f"{KEY}: another version of the code wrote it. {FIX}")
    stored: PageDocument = documents.parse(body, cast("Any", CheckedPageDocument), KEY, FIX)
    coordinates = {
        number: (station.latitude, station.longitude) for number, station in stations_by_id().items()
    }
    first = _to_datetime(stored["first"])
    after = first + stored["hours"] * HOUR
    return ForecastDocument(
        _to_datetime(stored["made_at"]),
        [first + n * HOUR for n in range(stored["hours"])],
        {name: _target(name, each, coordinates, after) for name, each in stored["targets"].items()},
    )


def _target(
    name: str, stored: PageTarget, coordinates: Mapping[int, Coordinates], after: datetime
) -> ForecastTarget:
    return ForecastTarget(
        name,
        stored["label"],
        stored["korean"],
        stored["unit"],
        stored["model_version"],
        {int(lead): _score(past) for lead, past in stored["past"].items()},
        kma_forecast.scores(stored.get("kma_past", {})),
        kma_forecast.scores(stored.get("verified", {})),
        {
            int(station_id): _station(int(station_id), each, coordinates, after)
            for station_id, each in stored["stations"].items()
        },
    )


def _station(
    station_id: int, stored: PageStation, coordinates: Mapping[int, Coordinates], after: datetime
) -> ForecastStation:
    newest, kma = stored["forecast"], stored.get("kma")
    return ForecastStation(
        station_id,
        stored["name"],
        stored["korean"],
        coordinates.get(station_id),
        stored["observed"],
        None if newest is None else _present(newest),
        stored["why_none"],
        {
            int(lead): PastForecasts(QuantileSeries(past["p10"], past["p50"], past["p90"]), _score(past))
            for lead, past in stored["past"].items()
        },
        kma_forecast.present(kma["forecast"], after) if kma else None,
        kma_forecast.past(kma) if kma else {},
        kma_forecast.scores(stored.get("verified", {})),
    )


def _present(newest: CurrentForecast) -> Present:
    inputs, quartiles = None, None
    if "inputs_note" in newest and "inputs_note_korean" in newest:
        inputs = Translation(newest["inputs_note"], newest["inputs_note_korean"])
    if "p25" in newest and "p75" in newest:
        quartiles = newest["p25"], newest["p75"]
    without = newest.get("leads_without_kma")
    return Present(
        _to_datetime(newest["issued_at"]),
        QuantileSeries(newest["p10"], newest["p50"], newest["p90"]),
        inputs,
        None if without is None else frozenset(without),
        quartiles,
    )


def _score(past: PastScores) -> Score:
    return Score(past["n"], past["rmse"], past["coverage_80"])


def _to_datetime(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
