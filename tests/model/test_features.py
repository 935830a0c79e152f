"""A feature knows nothing of the future, is the same in training and in forecasting, and survives gaps."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.model import world
from weather_mlops.model import features
from weather_mlops.model.climatology import Climatology
from weather_mlops.model.feature_names import HISTORY_HOURS
from weather_mlops.model.rolling_windows import lagged, rolling_extreme, rolling_mean
from weather_mlops.model.sun import sine_of_elevation

GRID = world.grid(days=20)
CLIMATOLOGY = Climatology.fit(GRID.values["air_temperature_c"], GRID.hours)


def of(grid, issue_times, lead=24):
    issue_times = np.asarray(issue_times)
    base = features.features(grid, issue_times, world.TARGET, CLIMATOLOGY)
    return base.concat(features.lead_features(grid, issue_times, world.TARGET, CLIMATOLOGY, lead))


def with_values(grid, change):
    return replace(grid, values={name: change(name, values.copy()) for name, values in grid.values.items()})


@settings(max_examples=25)
@given(st.integers(HISTORY_HOURS, GRID.length - 2), st.integers(1, 24), st.integers(0, 2**32 - 1))
def test_no_feature_looks_past_its_issue_time(issue_time, lead, seed):
    source = np.random.default_rng(seed)

    def other_future(_name, values):
        values[:, issue_time + 1 :] = source.normal(size=values[:, issue_time + 1 :].shape) * 50
        return values

    changed = with_values(GRID, other_future)
    assert np.array_equal(
        of(GRID, [issue_time], lead).values, of(changed, [issue_time], lead).values, equal_nan=True
    )


@settings(max_examples=25)
@given(st.integers(HISTORY_HOURS, GRID.length - 1), st.integers(1, 24))
def test_training_and_forecasting_see_the_same_bits(issue_time, lead):
    recent = GRID.between(issue_time - HISTORY_HOURS + 1, issue_time + 1)
    trained, served = of(GRID, [issue_time], lead), of(recent, [HISTORY_HOURS - 1], lead)
    assert trained.names == served.names
    assert np.array_equal(trained.values, served.values, equal_nan=True)


def test_every_feature_has_a_name_and_a_description():
    computed = of(GRID, [300])
    assert len(set(computed.names)) == len(computed.names)
    assert all(computed.docs)
    assert computed.values.shape == (3, 1, len(computed.names))
    assert np.isfinite(computed.values).mean() > 0.8


def test_a_gap_in_the_middle_stays_a_gap_and_moves_no_other_hour():
    def gap(_name, values):
        values[:, 290:295] = np.nan
        return values

    whole, gappy = of(GRID, [300, 310]), of(with_values(GRID, gap), [300, 310])
    column = whole.names.index("T_change_6h")
    assert np.isnan(gappy.values[:, 0, column]).all()
    assert np.array_equal(gappy.values[:, 1, column], whole.values[:, 1, column], equal_nan=True)


@pytest.mark.parametrize("stations", [(108,), (108, 159)])
def test_few_stations_have_no_neighbours_but_all_features(stations):
    grid = world.grid(stations, days=12)
    climatology = Climatology.fit(grid.values["air_temperature_c"], grid.hours)
    computed = features.features(grid, np.array([250]), world.TARGET, climatology)
    assert computed.names == of(GRID, [300]).names[: len(computed.names)]
    assert np.isnan(computed.values[..., computed.names.index("near2_anomaly")]).all()


def test_columns_that_are_never_observed_do_no_harm():
    def silent(name, values):
        return values if name == "air_temperature_c" else np.full_like(values, np.nan)

    computed = of(with_values(GRID, silent), [300])
    assert np.isfinite(computed.values[..., computed.names.index("T_change_24h")]).any()


def test_lags_by_hand():
    values = np.arange(10, dtype=np.float32)[None]
    assert lagged(values, 3)[0, 3:].tolist() == list(range(7))
    assert np.isnan(lagged(values, 3)[0, :3]).all()
    assert rolling_mean(values, 4)[0, 5] == pytest.approx(3.5)
    assert rolling_extreme(values, 4, np.fmin)[0, 5] == 2
    gappy = np.array([[1, np.nan, np.nan, np.nan, 5]], np.float32)
    assert np.isnan(rolling_mean(gappy, 4)[0, 3])
    assert rolling_mean(gappy, 2)[0, 4] == 5


def test_what_a_feature_means_changes_with_its_revision_only():
    """When this fails: features mean something else now. Raise REVISION, and put the new digest here."""
    computed = of(GRID, range(HISTORY_HOURS, GRID.length, 7), 6)
    values = np.nan_to_num(computed.values.astype(np.float64))
    digest = float(np.log1p(np.abs(values)).mean(axis=(0, 1)) @ np.arange(1, len(computed.names) + 1))
    assert (features.REVISION, len(computed.names), digest) == (2, 168, pytest.approx(10620.21, rel=1e-4))


def test_the_sun_is_where_the_almanac_has_it():
    """Seoul, 21 June 2024: highest 75.9° about 12:34 KST; sets at 19:57 KST (KASI)."""
    hours = np.datetime64("2024-06-20T15", "h") + np.arange(24) * np.timedelta64(1, "h")
    sine = sine_of_elevation(hours, np.array([37.5665]), np.array([126.978]))[0]
    elevation = np.degrees(np.arcsin(sine))
    assert elevation.max() == pytest.approx(75.0, abs=1.2)
    assert hours[elevation.argmax()] in {
        np.datetime64("2024-06-21T03", "h"),
        np.datetime64("2024-06-21T04", "h"),
    }
    assert elevation[19] > 0 > elevation[20]
