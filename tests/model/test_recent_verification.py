"""Who was right in the last days, pooled from the figures of the days."""

import json
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

from tests.browsing import forecast_world as world
from tests.browsing.forecast_world import LAST, NOW, TARGET
from weather_mlops.documents.forecast_pages import KEY
from weather_mlops.lake import verification
from weather_mlops.lake.verification_columns import VERIFICATION_SCHEMA
from weather_mlops.model import recent_forecasts, recent_verification

TODAY = date(2026, 11, 27)  # of LAST, in Korea


def figures(*rows):
    """Rows of the table: days back, whose forecast, station (0 = all), n, RMSE."""
    return pa.Table.from_pylist(
        [
            {
                "day": TODAY - timedelta(days=back),
                "variable": "air_temperature_c",
                "forecast": forecast,
                "compared": "common",
                "grouped_by": "station_id" if station else "all",
                "member": station,
                "n": n,
                "rmse": rmse,
                **dict.fromkeys(("mae", "bias", "within_1", "within_2"), 0.0),
            }
            for back, forecast, station, n, rmse in rows
        ],
        schema=VERIFICATION_SCHEMA,
    )


def test_days_are_pooled_by_the_number_of_their_forecasts():
    rows = figures(
        (0, "ours", 108, 100, 1.0),
        (0, "kma_forecast", 108, 100, 2.0),
        (1, "ours", 108, 300, 3.0),
        (1, "kma_forecast", 108, 300, 2.0),
    )
    scores = recent_verification.pooled(rows, LAST)

    assert scores[108][7] == {"n": 400, "rmse": 2.0, "rmse_ours": 2.646}  # the root of (1 + 3 * 9) / 4


def test_a_day_counts_only_in_the_periods_that_it_lies_in():
    rows = figures(
        *((back, forecast, 0, 1, 1.0) for back in (6, 7, 29, 30) for forecast in ("ours", "kma_forecast"))
    )
    scores = recent_verification.pooled(rows, LAST)[recent_verification.OF_ALL]

    assert {days: each["n"] for days, each in scores.items()} == {7: 1, 30: 3}


def test_figures_of_one_forecast_alone_are_no_comparison():
    assert recent_verification.pooled(figures((0, "ours", 108, 10, 1.0)), LAST) == {}


@pytest.mark.integration
def test_published_pages_have_the_figures_of_the_table(catalog, store):
    both = (("ours", 1.25), ("kma_forecast", 1.5))
    rows = figures(*((1, name, station, 10, rmse) for station in (0, 108) for name, rmse in both))
    verification.publish(catalog, rows, run="a", now=datetime.now(UTC))
    recent_forecasts.publish(catalog, store, world.latest([90, 108]), LAST + (NOW - LAST))
    target = json.loads(store.get(KEY))["targets"][TARGET]

    expected = {"n": 10, "rmse": 1.5, "rmse_ours": 1.25}
    assert target["verified"] == {"7": expected, "30": expected}
    assert target["stations"]["108"]["verified"] == {"7": expected, "30": expected}
    assert "verified" not in target["stations"]["90"]
