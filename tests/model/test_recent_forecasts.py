"""Past forecasts: each hour has the forecast of that hour; figures are of hours that can be compared."""

import json
import math
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.browsing import forecast_world as world
from tests.browsing.forecast_world import COLUMN, FIRST, HOUR, LAST, NOW, TARGET
from weather_mlops.clock import KST
from weather_mlops.documents import forecast_pages
from weather_mlops.lake import forecasts
from weather_mlops.lake.columns import UTC_TIME
from weather_mlops.lake.publish import publish as publish_observations
from weather_mlops.lake.schemas import FORECASTS_SCHEMA, OBSERVATIONS_SCHEMA
from weather_mlops.model import recent_forecasts

SEOUL, DAEGU = 108, 143


def rows(observed: dict[datetime, float | None], station: int = SEOUL) -> pa.Table:
    return pa.table(
        {
            "station_id": pa.array([station] * len(observed), pa.int32()),
            "observed_at": pa.array(list(observed), UTC_TIME),
            COLUMN: pa.array(list(observed.values()), pa.float64()),
        }
    )


def issued(
    predicted: dict[tuple[datetime, int], tuple[float, float, float]], station: int = SEOUL
) -> pa.Table:
    """Forecasts by valid time and lead."""
    return pa.Table.from_pylist(
        [
            {
                "issued_at": valid - lead * HOUR,
                "station_id": station,
                "target": TARGET,
                "valid_at": valid,
                "lead_hours": lead,
                **dict(zip(("p10", "p50", "p90"), figures, strict=True)),
                "model_version": "v1",
            }
            for (valid, lead), figures in predicted.items()
        ],
        schema=FORECASTS_SCHEMA,
    )


def document_of_target(observed, predicted, first=FIRST, **latest):
    given = world.latest([SEOUL]) | latest
    return recent_forecasts.document(given, observed, predicted, first, NOW)["targets"][TARGET]


def test_a_forecast_is_listed_at_its_valid_hour():
    hour = FIRST + 40 * HOUR
    station = document_of_target(rows({hour: 5.0}), issued({(hour, 6): (3.0, 4.0, 6.0)}))["stations"]["108"]

    assert station["observed"] == [None] * 40 + [5.0] + [None] * 31
    assert station["past"]["6"]["p50"] == [None] * 40 + [4.0] + [None] * 31
    assert {name: station["past"]["6"][name] for name in ("n", "rmse", "coverage_80")} == {
        "n": 1,
        "rmse": 1.0,
        "coverage_80": 1.0,
    }


def test_nothing_is_made_up_where_nothing_can_be_compared():
    hour = FIRST + 40 * HOUR
    nothing = {"n": 0, "rmse": None, "coverage_80": None}
    for observed, predicted in (
        ({hour: None}, {(hour, 1): (3.0, 4.0, 6.0)}),
        ({hour: 5.0}, {(hour + HOUR, 1): (3.0, 4.0, 6.0)}),
        ({}, {}),
    ):
        target = document_of_target(rows(observed), issued(predicted))
        assert target["past"]["1"] == nothing
        assert target["stations"]["108"]["past"]["1"].items() >= nothing.items()


def test_an_observation_at_an_end_of_the_interval_is_within_it():
    hour = FIRST + 3 * HOUR
    for low, high in ((5.1, 7.0), (3.0, 5.1)):
        target = document_of_target(rows({hour: 5.1}), issued({(hour, 1): (low, 5.1, high)}))
        assert target["past"]["1"]["coverage_80"] == 1.0


@given(
    st.dictionaries(
        st.tuples(st.integers(-30, recent_forecasts.HOURS + 30), st.sampled_from([1, 2, 6, 24, 48])),
        st.floats(-40, 40),
        max_size=40,
    ),
    st.dictionaries(
        st.integers(-30, recent_forecasts.HOURS + 30),
        st.one_of(st.none(), st.integers(-400, 400).map(lambda n: n / 10)),
        max_size=60,
    ),
    st.integers(0, 24),
)
def test_each_hour_is_compared_with_the_forecast_of_itself_alone(predicted, outcome, shift):
    """Whatever hour of the day the window begins at: KST and UTC have other days, and the same hours."""
    first = FIRST + shift * HOUR
    table = issued(
        {(first + n * HOUR, lead): (p50 - 1, p50, p50 + 1) for (n, lead), p50 in predicted.items()}
    )
    station = document_of_target(
        rows({first + n * HOUR: value for n, value in outcome.items()}), table, first
    )["stations"]["108"]

    assert station["observed"] == [outcome.get(n) for n in range(recent_forecasts.HOURS)]
    for lead in recent_forecasts.LEADS:
        past = station["past"][str(lead)]
        expected = [predicted.get((n, lead)) for n in range(recent_forecasts.HOURS)]
        assert [value is None for value in past["p50"]] == [value is None for value in expected]
        assert all(
            abs(shown - value) <= 0.05 + 1e-9
            for shown, value in zip(past["p50"], expected, strict=True)
            if value is not None
        )
        both = [
            (value, outcome[n]) for n, value in enumerate(expected) if None not in {value, outcome.get(n)}
        ]
        assert past["n"] == len(both)
        if both:
            squares = [(value - truth) ** 2 for value, truth in both]
            within = [value - 1 <= truth <= value + 1 for value, truth in both]
            assert past["rmse"] == pytest.approx(math.sqrt(sum(squares) / len(both)), abs=6e-4)
            assert past["coverage_80"] == pytest.approx(sum(within) / len(both), abs=6e-5)


def test_the_hours_are_those_of_kst_however_a_time_is_written():
    hour = FIRST + 7 * HOUR
    station = document_of_target(
        rows({hour.astimezone(KST): 5.0}), issued({(hour.astimezone(KST), 1): (3, 4, 6)}), FIRST
    )
    assert station["stations"]["108"]["observed"][7] == 5.0
    assert station["stations"]["108"]["past"]["1"]["p50"][7] == 4.0


def test_every_station_is_listed_with_a_forecast_or_the_reason():
    given = world.latest([90, SEOUL], {"90": "its newest is 7 h old"})
    document = recent_forecasts.document(
        given, rows({LAST: 3.3}, DAEGU), FORECASTS_SCHEMA.empty_table(), FIRST, NOW
    )
    stations = document["targets"][TARGET]["stations"]

    assert {station_id: each["why_none"] for station_id, each in stations.items()} == {
        "90": "its newest is 7 h old",
        "108": None,
        "143": recent_forecasts.NO_MODEL_OF_STATION,
    }
    assert [station_id for station_id, each in stations.items() if each["forecast"]] == ["108"]
    assert stations["108"]["korean"] == "서울"


def test_a_target_without_a_model_shows_observations_and_reason():
    given = world.latest([SEOUL], without={"wind_speed": "no model was deployed yet"})
    observed = rows({LAST: 3.3}).append_column("wind_speed_ms", pa.array([2.5]))
    document = recent_forecasts.document(given, observed, FORECASTS_SCHEMA.empty_table(), FIRST, NOW)
    wind = document["targets"]["wind_speed"]

    assert (wind["unit"], wind["model_version"]) == ("m/s", None)
    seoul = wind["stations"]["108"]
    assert (seoul["observed"][-1], seoul["forecast"]) == (2.5, None)
    assert seoul["why_none"] == "no model was deployed yet"


def test_of_97_stations_it_stays_well_below_two_megabytes():
    body = json.dumps(world.document(), ensure_ascii=False, separators=(",", ":")).encode()
    assert len(body) < 750_000


def full(observed: pa.Table) -> pa.Table:
    """Rows with all columns of the table."""
    nothing = {field.name: pa.nulls(observed.num_rows, field.type) for field in OBSERVATIONS_SCHEMA}
    raw = {"raw_key": pa.array(["raw/a"] * observed.num_rows)}
    columns = nothing | {name: observed[name] for name in observed.schema.names} | raw
    return pa.table([columns[field.name] for field in OBSERVATIONS_SCHEMA], schema=OBSERVATIONS_SCHEMA)


@pytest.mark.integration
def test_what_is_published_is_of_the_last_days_of_the_tables(catalog, store):
    stations = [SEOUL, DAEGU]
    observed = world.observed(stations, hours=100)
    publish_observations(catalog, full(observed), run="a", score=1.0)
    forecasts.publish(catalog, world.issued(stations, 100), run="b", now=NOW)
    recent_forecasts.publish(catalog, store, world.latest(stations), NOW)
    document = json.loads(store.get("forecasts/stations.json"))

    assert (document["first"], document["hours"]) == (FIRST.isoformat(), 72)
    target = document["targets"][TARGET]
    known = observed.filter(pa.compute.equal(observed["station_id"], SEOUL))[COLUMN].to_pylist()[-72:]
    assert target["stations"]["108"]["observed"] == known
    assert list(target["past"]) == ["1", "6", "12", "24", "48"]
    assert target["past"]["24"]["n"] == sum(
        station["past"]["24"]["n"] for station in target["stations"].values()
    )
    assert 0.5 < target["past"]["24"]["coverage_80"] < 0.95
    assert np.isfinite(target["past"]["1"]["rmse"])


@pytest.mark.integration
def test_before_any_observation_the_document_has_no_figures(catalog, store):
    recent_forecasts.publish(
        catalog, store, world.latest([SEOUL], {"108": "no observation"}), datetime.now(UTC)
    )
    target = json.loads(store.get(forecast_pages.KEY))["targets"][TARGET]

    assert target["stations"]["108"]["observed"] == [None] * 72
    assert target["past"]["1"]["n"] == 0
