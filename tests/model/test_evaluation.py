"""Figures of a holdout: by season, station and hour, and against the champion; by hand where they can be."""

from dataclasses import replace

import numpy as np
import pytest

from weather_mlops.lake.panel import Panel
from weather_mlops.lake.schemas import OBSERVATIONS_ONLY, WITH_KMA_FORECAST
from weather_mlops.model import baselines, evaluation
from weather_mlops.model.holdout import ChampionForecast, Holdout
from weather_mlops.verification.scores import DISTRIBUTION_LEVELS, QuantileForecast

HOURS, LEADS = 24 * 40, 8
STATIONS = (90, 108)
START = np.datetime64("2024-02-10T15", "h")  # 00:00 KST; winter ends on the twentieth day
SHAPE = (2, HOURS, LEADS)


def panel() -> Panel:
    where = np.zeros(2)
    return Panel(np.array(STATIONS, np.int32), where, where, where, START, {"t": np.zeros((2, HOURS))})


def distribution(width: float, middle: float = 0.0) -> QuantileForecast:
    """Around a value, with its levels evenly spaced."""
    quantiles = [np.full(SHAPE, middle + width * (level - 0.5)) for level in DISTRIBUTION_LEVELS]
    return QuantileForecast(DISTRIBUTION_LEVELS, np.stack(quantiles))


def holdout(**changes) -> Holdout:
    truth = np.random.default_rng(1).uniform(-1, 1, SHAPE)
    others = {name: np.full(SHAPE, 3.0) for name in baselines.NAMES}
    return replace(Holdout(np.arange(HOURS), truth, distribution(2.0), others), **changes)


def figures(**changes) -> dict:
    return evaluation.figures(holdout(**changes), panel(), {})


def test_every_lead_season_and_station_has_a_crps():
    document = figures()

    values = [
        group[lead]["crps"]
        for group in (document["leads"], *document["seasons"].values(), *document["stations"].values())
        for lead in ("1", "8")
    ]
    # Of outcomes that are uniform on -1 to 1, forecast so: a third of 1, a sixth of the width.
    assert values == pytest.approx([1 / 3] * 10, abs=0.02)


def test_the_kma_s_forecast_is_next_to_ours_on_common_rows():
    known = np.full(SHAPE, np.nan)
    known[1, :240, 5] = 2.0  # ten winter days of one station, six hours ahead
    document = figures(truth=np.ones(SHAPE), kma_forecast=known)

    one = document["stations"]["108"]["6"]
    assert (one["rmse_kma_forecast"], one["rmse_on_common_rows"]) == (1, 1)
    assert document["seasons"]["DJF"]["6"]["rmse_kma_forecast"] == 1
    assert document["hours"]["6"]["9"]["rmse_kma_forecast"] == 1
    for without in (document["stations"]["90"]["6"], document["seasons"]["MAM"]["6"]):
        assert (without["rmse_kma_forecast"], without["rmse_on_common_rows"]) == (None, None)
    assert figures()["stations"]["108"]["6"]["rmse_kma_forecast"] is None


def test_hours_of_the_day_are_those_of_the_valid_time_in_korea():
    truth = np.zeros(SHAPE)
    truth[:, 3::24] = 1.0  # issued at 03:00 KST, so valid at 09:00 six hours ahead
    hours = figures(truth=truth)["hours"]

    assert list(hours) == ["6"]  # the other leads of the table are beyond this horizon
    assert list(hours["6"]) == [str(hour) for hour in range(24)]
    assert {hour for hour, one in hours["6"].items() if one["rmse"]} == {"9"}
    assert hours["6"]["9"]["n"] == 2 * 40
    assert hours["6"]["9"]["opponents"]["persistence"] == pytest.approx(2)
    assert hours["6"]["8"]["opponents"]["persistence"] == pytest.approx(3)


def test_all_quantiles_are_ranked_and_have_a_reliability():
    document = figures()

    assert list(document["reliability"]["8"]) == [f"p{each}" for each in (5, 10, 25, 40, 50, 60, 75, 90, 95)]
    assert document["reliability"]["8"]["p25"] == pytest.approx(0.25, abs=0.02)
    assert list(document["ranks"]) == ["1", "6"]
    assert len(document["ranks"]["1"]["shares"]) == 10


def test_the_champion_is_compared_by_its_crps_too():
    compared = figures(champion=ChampionForecast("v0", distribution(6.0)))["champion"]

    assert compared["improvement"] == 0  # the two have the same p50
    assert compared["crps_improvement"] > 0.1
    assert compared["crps_certainty"] == 1


def test_a_champion_with_an_interval_only_has_no_crps():
    zero = np.zeros(SHAPE)
    interval = QuantileForecast.interval(zero - 1, zero + 0.5, zero + 1)
    compared = figures(champion=ChampionForecast("v0", interval))["champion"]

    assert compared["improvement"] > 0
    assert compared["crps_improvement"] is compared["crps_certainty"] is None


def test_the_champion_is_compared_by_what_forecasts_were_made_from():
    uses_kma = np.zeros(SHAPE, bool)
    uses_kma[0] = True
    truth, theirs = np.ones(SHAPE), np.full(SHAPE, 3.0)
    theirs[1] = 1.5  # of the station without the KMA's forecast: half of our error
    champion = ChampionForecast("v0", QuantileForecast.interval(theirs, theirs, theirs))
    document = figures(truth=truth, champion=champion, uses_kma=uses_kma)

    by_inputs = document["champion"]["by_inputs"]
    assert by_inputs[WITH_KMA_FORECAST]["improvement"] == pytest.approx(0.5)
    assert by_inputs[OBSERVATIONS_ONLY]["improvement"] == pytest.approx(-1)
    assert document["leads"]["8"]["with_kma_forecast"] == 0.5


@pytest.mark.parametrize("uses_kma", [None, np.zeros(SHAPE, bool)])
def test_without_the_kma_s_forecast_all_rows_are_of_observations(uses_kma):
    champion = ChampionForecast("v0", distribution(6.0, 1.0))
    document = figures(champion=champion, uses_kma=uses_kma)

    by_inputs = document["champion"]["by_inputs"]
    assert by_inputs[OBSERVATIONS_ONLY]["improvement"] == document["champion"]["improvement"]
    assert by_inputs[WITH_KMA_FORECAST] == {
        "improvement": None,
        "low": None,
        "high": None,
        "certainty": None,
        "days": 0,
    }
    assert document["leads"]["8"]["with_kma_forecast"] == 0
