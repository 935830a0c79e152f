from dataclasses import replace
from datetime import timedelta

import pyarrow as pa
import pytest

from weather_mlops.errors import Unhealthy
from weather_mlops.lake import gaps
from weather_mlops.lake.health import (
    TableFigures,
    TableHealthLimits,
    breaches,
    newest_hour,
    read_back,
    require_healthy,
)
from weather_mlops.lake.publish import publish
from weather_mlops.lake.schemas import KEY, QUARANTINE_SCHEMA
from weather_mlops.lake.staging import Staging

from .conftest import NOW, hours, observations

LIMITS = TableHealthLimits(max_lag_hours=2, min_station_share=0.9, max_open_gaps=10)
WELL = TableFigures(
    newest_observed_at=NOW,
    lag_hours=0.5,
    stations_expected=97,
    stations_present=95,
    window_rows=285,
    accepted=285,
    lost=0,
    open_gaps=6,
)


def test_a_table_within_its_limits_is_healthy():
    assert breaches(WELL, LIMITS) == []
    require_healthy(WELL, LIMITS)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"lag_hours": 3.25}, "lies 3.2 h behind the clock; at most 2 h are allowed"),
        ({"newest_observed_at": None, "lag_hours": None}, "the table is empty"),
        ({"stations_present": 80}, "80 of 97 stations have a row .* at least 90% must"),
        ({"open_gaps": 11}, "11 gaps are open; at most 10"),
        ({"lost": 4}, "4 of 285 accepted rows are not in the table"),
    ],
)
def test_a_broken_limit_is_named_with_its_figure(changed, message):
    with pytest.raises(Unhealthy, match=rf"weather\.observations: .*{message}"):
        require_healthy(replace(WELL, **changed), LIMITS)


def expected(stations, times, origin="window") -> pa.Table:
    keys = observations(stations, times).select(KEY)
    return keys.append_column("origin", pa.array([origin] * keys.num_rows))


@pytest.fixture
def staging(store) -> Staging:
    staging = Staging(store, "run")
    window = expected([90, 95, 98], hours(3))
    gap = expected([90], [NOW - timedelta(days=9)], "gap")
    tables = {"expected": pa.concat_tables([window, gap]), "accepted": observations([90, 95], hours(3))}
    staging.write("audited", tables)
    return staging


def test_what_was_published_is_found_again(catalog, staging):
    staged = staging.read("audited").tables
    publish(catalog, staged["accepted"], run="run")
    refused = QUARANTINE_SCHEMA.empty_table()
    gaps.record(catalog, staged["expected"], refused, run="run", now=NOW)

    figures = read_back(catalog, staging, NOW + timedelta(minutes=30))
    assert figures == TableFigures(
        newest_observed_at=NOW,
        lag_hours=0.5,
        stations_expected=3,
        stations_present=2,
        window_rows=6,
        accepted=6,
        lost=0,
        open_gaps=4,
    )
    assert figures.as_dict()["station_share"] == 0.6667


def test_rows_that_were_accepted_and_are_not_there_are_counted(catalog, staging):
    publish(catalog, observations([90], hours(2)), run="run")

    assert read_back(catalog, staging, NOW).lost == 4


def test_an_empty_table_is_unhealthy(catalog, staging):
    figures = read_back(catalog, staging, NOW)

    assert (figures.newest_observed_at, figures.lost) == (None, 6)
    assert breaches(figures, LIMITS)[0] == "the table is empty"


def test_the_newest_hour_survives_older_rows_and_other_commits(catalog):
    assert newest_hour(catalog) is None
    publish(catalog, observations([90], hours(2)), run="one")
    publish(catalog, observations([95], [NOW - timedelta(days=60)]), run="two")
    assert newest_hour(catalog) == NOW

    catalog.load_table("weather.observations").append(observations([98], [NOW + timedelta(hours=1)]))
    assert newest_hour(catalog) == NOW + timedelta(hours=1)
