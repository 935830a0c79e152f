"""The KMA's forecast as a baseline: as it was known at the issue time, on the rows that have one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tests.kma_forecasts import row, table
from weather_mlops.lake.kma_forecasts import publish
from weather_mlops.lake.panel import Panel
from weather_mlops.model import kma_baseline
from weather_mlops.model.holdout import Holdout
from weather_mlops.model.targets import Target, target_named
from weather_mlops.verification import official_reader
from weather_mlops.verification.official import known_at
from weather_mlops.verification.official_reader import read_known
from weather_mlops.verification.scores import QuantileForecast

HOUR = timedelta(hours=1)
TEMPERATURE = target_named("air_temperature")
START = datetime(2024, 3, 30, 17, tzinfo=UTC)  # of 02:00 KST, two days before a month ends in UTC
STATIONS = (90, 108)
NAN = np.nan


def panel(hours: int) -> Panel:
    """Hours from START on; only what a comparison reads of it."""
    where, start = np.zeros(2), np.datetime64(START.replace(tzinfo=None), "h")
    return Panel(np.array(STATIONS, np.int32), where, where, where, start, {"t": np.zeros((2, hours))})


def holdout(truth: np.ndarray, forecast: np.ndarray) -> Holdout:
    quantiles = QuantileForecast.interval(forecast - 1, forecast, forecast + 1)
    return Holdout(np.arange(truth.shape[1]), truth, quantiles, {})


def compared(holdout: Holdout, known: np.ndarray, panel: Panel) -> dict:
    return kma_baseline.figures(replace(holdout, kma_forecast=known), panel)


def measured(catalog, target: Target, holdout: Holdout, panel: Panel) -> dict:
    known, reason = kma_baseline.with_kma_forecast(catalog, target, holdout, panel)
    return kma_baseline.figures(known, panel, reason)


def zeros(hours: int, leads: int = 2) -> np.ndarray:
    return np.zeros((2, hours, leads))


def test_figures_by_hand_are_on_the_common_rows_alone():
    truth, ours, known = zeros(4), zeros(4) + 3, np.full((2, 4, 2), NAN)
    known[0, 1] = [2.0, 4.0]
    known[1, 2, 0] = -1.0
    known[1, 3] = 50.0  # which has no outcome
    truth[1, 3] = NAN

    scores = compared(holdout(truth, ours), known, panel(4))

    first = scores["leads"]["1"]
    assert (first["n"], scores["leads"]["2"]["n"]) == (2, 1)
    assert first["rmse"] == pytest.approx(np.sqrt((2**2 + 1) / 2))
    assert (first["bias"], first["model_rmse"]) == (pytest.approx(0.5), pytest.approx(3))
    assert first["skill"] == pytest.approx(1 - 3 / np.sqrt(2.5))
    assert scores["leads"]["2"]["skill"] == pytest.approx(1 - 3 / 4)
    assert scores["improvement"] == pytest.approx((1 - 3 / np.sqrt(2.5) + 1 - 3 / 4) / 2)
    assert (scores["rows"], scores["reason"]) == (2, None)
    assert scores["first"] == (START + HOUR).isoformat()
    assert scores["last"] == (START + 2 * HOUR).isoformat()


def test_a_lead_without_common_rows_has_no_figures():
    known = zeros(4) + 1
    known[..., 1] = NAN

    assert list(compared(holdout(zeros(4), zeros(4)), known, panel(4))["leads"]) == ["1"]


def test_without_common_rows_there_is_a_reason():
    truth, known = zeros(4), np.full((2, 4, 2), NAN)
    truth[:, 0], known[:, 0] = NAN, 1.0

    scores = compared(holdout(truth, zeros(4)), known, panel(4))

    assert scores["leads"] == {}
    assert scores["improvement"] is None
    assert "has an outcome to compare with" in scores["reason"]


def test_a_short_archive_is_resampled_by_its_own_days():
    """Of 26 weeks, two have forecasts: resampled by all weeks, some resamples would have no row."""
    hours = 26 * 7 * 24
    random = np.random.default_rng(1)
    truth, ours, known = zeros(hours), random.normal(size=(2, hours, 2)), np.full((2, hours, 2), NAN)
    for week in (3, 20):
        chosen = slice(week * 7 * 24, (week + 1) * 7 * 24)
        known[:, chosen] = 2 * ours[:, chosen]

    scores = compared(holdout(truth, ours), known, panel(hours))

    assert 14 <= scores["days"] <= 16
    assert (scores["improvement"], scores["low"], scores["high"]) == (pytest.approx(0.5),) * 3
    assert scores["certainty"] == 1


def test_a_faultless_forecast_of_an_hour_is_no_skill():
    known = np.full((2, 4, 2), NAN)
    known[0, 1, 0] = 0.0

    scores = compared(holdout(zeros(4), zeros(4) + 1), known, panel(4))

    assert scores["leads"]["1"]["skill"] is None
    assert scores["improvement"] is None


def issues(number: int, *, delay: timedelta = timedelta(minutes=15)) -> list[dict]:
    """Issues every three hours from START on, of 3-hourly values that tell which issue they are of."""
    return [
        row(station, issued, lead, air_temperature_c=float(100 * at + lead), received_at=issued + delay)
        for at, issued in enumerate(START + 3 * each * HOUR for each in range(number))
        for station in STATIONS
        for lead in (1, 4, 7, 10)
    ]


def hours_from(start: datetime, number: int) -> np.ndarray:
    return np.datetime64(start.replace(tzinfo=None), "h") + np.arange(number)


def test_a_forecast_received_later_is_not_known(catalog):
    publish(catalog, table(issues(1)), run="a", now=START + HOUR)

    known = read_known(
        catalog,
        "air_temperature_c",
        station_ids=STATIONS,
        moments=hours_from(START, 2),
        lead_hours=range(1, 4),
    )

    # Issued at START and received a quarter of an hour later: unknown at START. An hour later, lead 1 is two
    # hours after the issue: between its values of 1 and 4 h.
    assert np.isnan(known[:, 0]).all()
    assert known[:, 1].tolist() == [[2.0, 3.0, 4.0]] * 2


def test_months_are_read_one_by_one_and_none_is_cut(catalog, monkeypatch):
    archive = table(issues(32))
    publish(catalog, archive, run="a", now=START + HOUR)
    read, requests = official_reader.read, []
    monkeypatch.setattr(
        official_reader, "read", lambda *args, **more: requests.append(more) or read(*args, **more)
    )
    question = {"station_ids": STATIONS, "moments": hours_from(START, 96), "lead_hours": range(1, 10)}

    known = read_known(catalog, "air_temperature_c", **question)

    at_once = known_at(archive, "air_temperature_c", interpolate=True, **question)
    assert np.isfinite(known).any()
    np.testing.assert_array_equal(known, at_once.values.astype(np.float32))
    assert [(each["station_ids"], each["variables"]) for each in requests] == [
        (list(STATIONS), ["air_temperature_c"])
    ] * 2


def test_a_model_is_compared_with_what_was_known(catalog):
    late = issues(4, delay=5 * HOUR)  # known from five hours after each issue on
    publish(catalog, table(late), run="a", now=START + HOUR)

    scores = measured(catalog, TEMPERATURE, holdout(zeros(8), zeros(8)), panel(8))

    assert scores["first"] == (START + 5 * HOUR).isoformat()
    # Hours 5 to 7 know only the first issue, whose value for the hour n after it is n.
    assert scores["leads"]["1"]["n"] == 3 * 2
    assert scores["leads"]["1"]["bias"] == pytest.approx((6 + 7 + 8) / 3)


def test_an_empty_table_is_a_reason_and_no_error(catalog):
    scores = measured(catalog, TEMPERATURE, holdout(zeros(4), zeros(4)), panel(4))

    assert scores["leads"] == {}
    assert scores["reason"] == (
        "weather.kma_forecasts has no forecast that was known at an issue time of the holdout"
    )


@pytest.mark.parametrize("name", ["dew_point", "sea_level_pressure"])
def test_a_target_that_the_kma_does_not_forecast_says_so(name):
    scores = measured(None, target_named(name), holdout(zeros(4), zeros(4)), panel(4))

    assert scores["leads"] == {}
    assert "the KMA's forecast has no" in scores["reason"]
