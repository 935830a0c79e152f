"""A forecast that begins with the KMA's is better than either, and does without it where it can't be used."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.model import kma_world, world
from weather_mlops.model import backtest, kma_inputs, post_processing, training_run
from weather_mlops.model.forecaster import Forecaster
from weather_mlops.verification.scores import figures

LEADS = 12
STEPS = post_processing.STEPS
GRID = world.grid(days=90)
KMA = kma_world.forecasts(GRID)
PLAN = world.plan(GRID, horizon=LEADS, holdout_days=20)
REPORTED: list[tuple] = []
"""What the training of the forecaster reported: step, lead, leads, seconds left."""
HOLDOUT = np.arange(GRID.index_of(PLAN.holdout_first), GRID.length - LEADS)
TRUTH = np.stack([GRID.values[kma_world.COLUMN][:, HOLDOUT + lead] for lead in range(1, LEADS + 1)], axis=-1)
pytestmark = pytest.mark.usefixtures("quick_training", "few_trees")


@pytest.fixture(scope="module")
def few_trees():
    """Fewer trees, from the first day of an archive on."""
    with pytest.MonkeyPatch.context() as patch:
        quick = replace(
            post_processing.SETTINGS, num_boost_round=20, learning_rate=0.2, max_depth=3, max_bin=16
        )
        patch.setattr(post_processing, "SETTINGS", quick)
        patch.setattr(post_processing, "STEPS", (replace(post_processing.STEPS[0], from_days=0),))
        yield


@pytest.fixture(scope="module")
def forecaster(quick_training, few_trees) -> Forecaster:
    return training_run.fit(GRID, PLAN, None, kma_world.source_of(KMA), lambda *each: REPORTED.append(each))


def forecast(forecaster: Forecaster, table, panel=GRID, issue_times=HOLDOUT):
    kma = forecaster.gather(kma_world.source_of(table), panel, issue_times)
    return forecaster.forecast(panel, issue_times, kma)


def rmse(quantiles, lead: int, rows=slice(None)) -> float:
    return figures(TRUTH[:, rows, lead - 1], quantiles[:, rows, lead - 1])["rmse"]


def same(one, other) -> bool:
    return np.array_equal(one.quantiles.values, other.quantiles.values, equal_nan=True)


def test_it_is_better_than_observations_and_the_kma_alone(forecaster):
    ours = forecast(forecaster, KMA)
    alone = forecaster.forecast(GRID, HOLDOUT)
    assert ours.uses_kma[np.isfinite(ours.quantiles.p50)].mean() > 0.95
    assert not alone.uses_kma.any()
    for lead in (6, 12):
        known = kma_inputs.gather(kma_world.source_of(KMA), GRID, world.TARGET, HOLDOUT, LEADS)
        theirs = known.target[:, HOLDOUT - known.first, lead] - TRUTH[..., lead - 1]
        assert rmse(ours.quantiles, lead) < 0.9 * np.sqrt(np.nanmean(theirs**2))
        assert rmse(ours.quantiles, lead) < 0.9 * rmse(alone.quantiles, lead)


def test_stored_models_forecast_the_same_with_the_kma(forecaster):
    again = Forecaster.from_files(forecaster.files())
    assert same(forecast(again, KMA), forecast(forecaster, KMA))
    assert again.post_processing is not None
    assert again.post_processing.archive_days == forecaster.post_processing.archive_days


def test_the_last_month_alone_gives_the_same_forecast(forecaster):
    """Training and forecasting see the same features, and nothing that was received later."""
    issue_time = int(HOLDOUT[100])
    recent = GRID.between(issue_time - forecaster.history_hours, issue_time + 1)
    hour = pc.cast(GRID.hours[issue_time : issue_time + 1].astype("datetime64[us]"), KMA["received_at"].type)
    known = KMA.filter(pc.less_equal(KMA["received_at"], hour[0]))
    served = forecast(forecaster, known, recent, np.array([recent.length - 1]))
    assert same(served, forecast(forecaster, KMA, issue_times=np.array([issue_time])))


def test_it_follows_a_station_that_moved(forecaster):
    moved = {**GRID.values, kma_world.COLUMN: GRID.values[kma_world.COLUMN].copy()}
    at = int(HOLDOUT[0]) - 24 * 30
    moved[kma_world.COLUMN][:, at:] += 2
    panel = replace(GRID, values=moved)
    ours = forecast(forecaster, KMA, panel).quantiles.p50[..., 11]
    error = ours - (TRUTH[..., 11] + 2)
    assert abs(np.nanmean(error)) < 0.5


@pytest.mark.parametrize(
    ("fault", "value"),
    [
        ("20 °C off", lambda values: pc.add(values, 20.0)),
        ("in kelvins", lambda values: pc.add(values, 273.15)),
        ("in tenths", lambda values: pc.multiply(values, 10.0)),
        ("in Fahrenheit", lambda values: pc.add(pc.multiply(values, 1.8), 32.0)),
    ],
)
def test_a_forecast_that_is_none_is_not_used(forecaster, fault, value):
    since = int(HOLDOUT[48])
    table = kma_world.changed(KMA, kma_world.issued_since(KMA, GRID, since), value)
    ours, alone = forecast(forecaster, table), forecaster.forecast(GRID, HOLDOUT)
    # From the hour at which its first issue is known, and as long as nothing else arrives.
    late = slice(48 + 2, 48 + 24 * 5)
    assert not ours.uses_kma[:, late].any()
    assert np.array_equal(
        ours.quantiles.values[:, :, late], alone.quantiles.values[:, :, late], equal_nan=True
    )


@pytest.mark.parametrize(
    ("fault", "value"),
    [
        ("8 °C off", lambda values: pc.add(values, 8.0)),
        ("a tenth", lambda values: pc.divide(values, 10.0)),
        ("of the other sign", pc.negate),
        ("always 0 °C", lambda values: pc.multiply(values, 0.0)),
    ],
)
def test_errors_far_beyond_the_archives_end_its_use(forecaster, fault, value):
    since = int(HOLDOUT[48])
    table = kma_world.changed(KMA, kma_world.issued_since(KMA, GRID, since), value)
    ours, alone = forecast(forecaster, table), forecaster.forecast(GRID, HOLDOUT)
    late = slice(48 + 24, None)
    for lead in (6, 12):
        assert rmse(ours.quantiles, lead, late) < 1.01 * rmse(alone.quantiles, lead, late)


def test_a_backtest_leaves_out_what_a_forecast_leaves_out(forecaster):
    since = kma_world.issued_since(KMA, GRID, int(HOLDOUT[48]))
    source = kma_world.source_of(kma_world.changed(KMA, since, lambda values: pc.add(values, 8.0)))
    tested = backtest._compared(forecaster, GRID, PLAN, source)
    kma = forecaster.gather(source, GRID, tested.issue_times)
    assert kma is not None
    assert np.array_equal(tested.uses_kma, forecaster.forecast(GRID, tested.issue_times, kma).uses_kma)


def test_issues_that_arrive_late_are_used_when_they_are_there(forecaster):
    late = pc.add(KMA["received_at"], pa.scalar(timedelta(hours=5), pa.duration("us")))
    table = KMA.set_column(KMA.schema.get_field_index("received_at"), KMA.schema.field("received_at"), late)
    ours, alone = forecast(forecaster, table), forecaster.forecast(GRID, HOLDOUT)
    assert ours.uses_kma[np.isfinite(ours.quantiles.p50)].mean() > 0.95
    for lead in (6, 12):
        assert rmse(ours.quantiles, lead) < rmse(alone.quantiles, lead)


def test_issues_cut_short_do_not_make_an_old_one_new(forecaster):
    since = kma_world.issued_since(KMA, GRID, int(HOLDOUT[0]))
    table = KMA.filter(pc.or_(pc.invert(since), pc.equal(KMA["lead_hours"], 3)))
    used = forecast(forecaster, table).uses_kma
    assert used[:, : kma_inputs.MOST_AGE_HOURS - kma_world.EVERY_H, LEADS - 1].any()
    # Only the value that each of them has.
    assert not used[:, kma_inputs.MOST_AGE_HOURS + 1 :, 3:].any()


def test_one_bad_day_does_not_spoil_the_weeks_after_it(forecaster):
    first = int(HOLDOUT[24])
    bad = pc.and_(
        kma_world.issued_since(KMA, GRID, first), pc.invert(kma_world.issued_since(KMA, GRID, first + 24))
    )
    table = kma_world.changed(KMA, bad, lambda values: pc.add(values, 20.0))
    after = slice(24 + 24 + 30, None)
    assert rmse(forecast(forecaster, table).quantiles, 12, after) < 1.1 * rmse(
        forecast(forecaster, KMA).quantiles, 12, after
    )


def test_without_issues_for_half_a_day_it_is_made_from_observations(forecaster):
    since = int(HOLDOUT[0])
    table = KMA.filter(pc.invert(kma_world.issued_since(KMA, GRID, since)))
    ours, alone = forecast(forecaster, table), forecaster.forecast(GRID, HOLDOUT)
    assert ours.uses_kma[:, : kma_inputs.MOST_AGE_HOURS - kma_world.EVERY_H].any()
    late = slice(kma_inputs.MOST_AGE_HOURS + 1, None)
    assert not ours.uses_kma[:, late].any()
    assert np.array_equal(
        ours.quantiles.values[:, :, late], alone.quantiles.values[:, :, late], equal_nan=True
    )


def test_a_variable_that_vanishes_costs_little(forecaster):
    table = KMA.set_column(
        KMA.schema.get_field_index("relative_humidity_pct"),
        KMA.schema.field("relative_humidity_pct"),
        pc.if_else(kma_world.issued_since(KMA, GRID, int(HOLDOUT[0])), None, KMA["relative_humidity_pct"]),
    )
    assert rmse(forecast(forecaster, table).quantiles, 12) < 1.05 * rmse(
        forecast(forecaster, KMA).quantiles, 12
    )


def test_a_constant_forecast_breaks_nothing(forecaster):
    since = kma_world.issued_since(KMA, GRID, int(HOLDOUT[0]))
    ours = forecast(forecaster, kma_world.changed(KMA, since, lambda values: pc.multiply(values, 0.0)))
    assert np.array_equal(
        np.isfinite(ours.quantiles.p50), np.isfinite(forecast(forecaster, KMA).quantiles.p50)
    )


def test_a_station_without_an_archive_has_forecasts_of_its_own(forecaster):
    table = KMA.filter(pc.not_equal(KMA["station_id"], int(GRID.stations[0])))
    ours, alone = forecast(forecaster, table), forecaster.forecast(GRID, HOLDOUT)
    assert ours.uses_kma[1:].any()
    assert not ours.uses_kma[0].any()
    assert np.array_equal(ours.quantiles.values[:, 0], alone.quantiles.values[:, 0], equal_nan=True)


def test_quantiles_never_cross(forecaster):
    values = forecast(forecaster, KMA).quantiles.values
    assert (np.diff(values[:, np.isfinite(values).all(axis=0)], axis=0) >= 0).all()


def test_weeks_without_an_archive_leave_holes_only(forecaster):
    first = int(HOLDOUT[0]) - 24 * 10
    gone = pc.and_(
        kma_world.issued_since(KMA, GRID, first), pc.invert(kma_world.issued_since(KMA, GRID, first + 24 * 9))
    )
    ours = forecast(forecaster, KMA.filter(pc.invert(gone)))
    assert ours.uses_kma[:, 48:].mean() > 0.9


def test_after_weeks_without_an_archive_it_begins_with_the_kma_at_once(forecaster):
    table = KMA.filter(kma_world.issued_since(KMA, GRID, int(HOLDOUT[0])))
    ours, alone = forecast(forecaster, table), forecaster.forecast(GRID, HOLDOUT)
    first_days = slice(3, 24 * 9)
    assert ours.uses_kma[:, first_days].mean() > 0.9
    assert rmse(ours.quantiles, 12, first_days) < rmse(alone.quantiles, 12, first_days)


@pytest.mark.parametrize(
    ("days", "name"),
    [(13, None), (14, "mean error by hour"), (60, "ridge"), (179, "ridge"), (180, "trees"), (2000, "trees")],
)
def test_what_is_learned_grows_with_the_archive(days, name, monkeypatch):
    monkeypatch.setattr(post_processing, "STEPS", STEPS)
    step = post_processing.step_for(days)
    assert (step and step.name) == name


def test_people_see_that_the_part_with_the_kma_s_forecast_follows(forecaster):
    steps = [step for step, *_ in REPORTED]

    assert steps == sorted(steps)
    assert REPORTED[-1] == ("training_with_kma", PLAN.horizon_hours, PLAN.horizon_hours, 0.0)
