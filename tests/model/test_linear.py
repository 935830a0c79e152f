"""A line finds what is linear, whatever is missing, and comes back from its files."""

import json

import numpy as np
import pytest

from weather_mlops.model.linear import WAVES, Line, Ridge

NAMES = ("T_anomaly", "climatology_change", *WAVES, "wind")
SOURCE = np.random.default_rng(1)
TABLE = SOURCE.normal(size=(4000, len(NAMES))).astype(np.float32)
WIND, DAY = NAMES.index("wind"), NAMES.index("day_sine")


def rmse(line, change, table=TABLE):
    return float(np.sqrt(np.mean((line.predict(table) - change) ** 2)))


def test_a_known_line_is_found():
    change = 3 + 2 * TABLE[:, WIND]
    ridge = Ridge.fit(TABLE, change, penalty=1e-6)
    assert ridge.predict(TABLE[:5]) == pytest.approx(change[:5], abs=0.05)


def test_a_slope_that_varies_with_the_hour_is_found():
    change = TABLE[:, WIND] * TABLE[:, DAY]
    varying = Ridge.fit(TABLE, change, waves=(DAY,), penalty=1e-4)
    assert rmse(varying, change) < 0.1 * rmse(Ridge.fit(TABLE, change, penalty=1e-4), change)


def test_a_penalty_keeps_what_is_no_line_flat():
    noise = SOURCE.normal(size=100)
    flat, free = (Ridge.fit(TABLE[:100], noise, penalty=penalty) for penalty in (10, 1e-6))
    assert np.ptp(flat.predict(TABLE[100:])) < 0.3 * np.ptp(free.predict(TABLE[100:]))


def test_a_missing_value_counts_as_the_mean_and_a_broken_sensor_carries_nothing_away():
    ridge = Ridge.fit(TABLE, TABLE[:, WIND], penalty=1e-6)
    odd = np.zeros((2, len(NAMES)), np.float32)
    odd[:, WIND] = np.nan, 1e6
    missing, broken = ridge.predict(odd)
    assert missing == pytest.approx(0, abs=0.1)
    assert broken < 6


def test_columns_that_are_constant_or_never_there_do_no_harm():
    table = TABLE.copy()
    table[:, 2], table[:, 3] = 7, np.nan
    assert rmse(Ridge.fit(table, table[:, WIND], penalty=1e-6), table[:, WIND], table) < 0.1


def test_damping_is_what_is_left_of_an_anomaly():
    change = TABLE[:, 1] - 0.3 * TABLE[:, 0] + 0.01 * TABLE[:, WIND]
    line = Line.fit(TABLE, change, NAMES, 0.5)
    assert line.damping == pytest.approx(0.7, abs=0.01)
    assert rmse(line, change) < 0.02


def test_no_anomaly_no_forecast():
    line = Line.fit(TABLE, TABLE[:, 0], NAMES, 0.5)
    unknown = TABLE[:1].copy()
    unknown[:, 0] = np.nan
    assert np.isnan(line.predict(unknown)).all()


def test_it_comes_back_from_json_exactly():
    line = Line.fit(TABLE, TABLE[:, 0] * TABLE[:, DAY], NAMES, 0.5)
    again = Line.from_dict(json.loads(json.dumps(line.as_dict(), allow_nan=False)))
    assert np.array_equal(again.predict(TABLE), line.predict(TABLE))
