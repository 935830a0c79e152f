"""Climatology finds the seasons that there are, and borrows those that a station has not seen."""

import json

import numpy as np

from tests.model.test_opponents import HOURS, seasons
from weather_mlops.model.climatology import Climatology

YEAR = 366 * 24


def test_it_finds_the_curve_of_day_and_year():
    values = seasons()
    usual = Climatology.fit(values[:, :YEAR], HOURS[:YEAR])
    assert np.abs(usual.at(HOURS[YEAR:]) - values[:, YEAR:]).max() < 0.5


def test_a_few_weeks_do_not_invent_a_year():
    values = seasons(noise=0.5)[:, : 24 * 30]
    usual = Climatology.fit(values, HOURS[: 24 * 30])
    assert np.abs(usual.at(HOURS[24 * 180 : 24 * 210]) - values.mean()).max() < 40


def test_gaps_do_no_harm():
    values = seasons()
    values[0, ::3] = np.nan
    usual = Climatology.fit(values, HOURS)
    assert np.abs(usual.at(HOURS)[0] - seasons()[0]).max() < 0.5


def test_a_station_without_a_value_gets_the_curve_of_the_others():
    values = np.vstack([seasons(), np.full(len(HOURS), np.nan)])
    usual = Climatology.fit(values, HOURS).at(HOURS)
    assert np.abs(usual[2] - usual[0]).max() < 0.2


def test_a_station_with_a_short_history_borrows_the_seasons_of_the_others():
    values = np.vstack([seasons(), seasons()[:1] + 3])
    values[2, 24 * 60 :] = np.nan
    summer = slice(24 * 180, 24 * 210)
    usual = Climatology.fit(values, HOURS).at(HOURS)[2, summer]
    assert np.abs(usual - (seasons()[0, summer] + 3)).max() < 3


def test_the_number_of_hours_asked_for_changes_no_bit():
    usual = Climatology.fit(seasons(noise=0.3), HOURS)
    assert np.array_equal(usual.at(HOURS[100:101]), usual.at(HOURS)[:, 100:101])


def test_it_comes_back_from_json_exactly():
    values = seasons(noise=0.3)
    values[1] = np.nan
    usual = Climatology.fit(values, HOURS)
    kept = json.dumps(usual.as_lists(), allow_nan=False)
    assert np.array_equal(Climatology.from_lists(json.loads(kept)).coefficients, usual.coefficients)
