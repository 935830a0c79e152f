"""What a forecast knows of the KMA's where an issue ends before the horizon."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.model import kma_world, world
from weather_mlops.model import kma_inputs
from weather_mlops.model.kma_inputs import AROUND_HOURS, CONTINUED_HOURS

GRID = world.grid(days=10)
REACH, HORIZON = 40, 60 - AROUND_HOURS
KMA = kma_world.forecasts(GRID, leads=REACH)
ISSUE_TIMES = np.arange(120, 123)


def gathered(table: pa.Table = KMA) -> kma_inputs.KmaInputs:
    return kma_inputs.gather(kma_world.source_of(table), GRID, world.TARGET, ISSUE_TIMES, HORIZON)


def test_a_forecast_goes_on_like_the_day_before_for_some_hours():
    inputs = gathered()
    for at, values in enumerate(inputs.target[0, ISSUE_TIMES - inputs.first]):
        end = int(inputs.last_lead[0, at])
        beyond = np.arange(end + 1, end + CONTINUED_HOURS + 1)
        course = np.diff(values)
        assert np.allclose(course[beyond - 1], course[beyond - 1 - 24], atol=1e-4)
        assert np.isnan(values[end + CONTINUED_HOURS + 1 :]).all()


def test_the_hours_beyond_its_end_are_not_the_kmas_own():
    inputs = gathered()
    own = inputs.published(range(1, HORIZON + 1))[0]
    ends = [int(np.flatnonzero(np.isfinite(row)).max()) + 1 for row in own]
    assert ends == inputs.last_lead[0].tolist()
    assert set(ends) <= {REACH - 1, REACH - 2, REACH - 3}


def test_forecasts_of_every_third_hour_go_on_like_hourly_ones():
    lead = KMA["lead_hours"].to_numpy()
    inputs = gathered(KMA.filter(pa.array(lead % 3 == 1)))
    first, end = inputs.target[0, ISSUE_TIMES[0] - inputs.first], int(inputs.last_lead[0, 0])
    assert np.isfinite(first[: end + CONTINUED_HOURS + 1]).all()
    beyond = np.arange(end + 1, end + CONTINUED_HOURS + 1)
    assert np.allclose(np.diff(first)[beyond - 1], np.diff(first)[beyond - 1 - 24], atol=1e-4)


def test_hours_missing_within_a_forecast_are_not_made_up():
    valid = (KMA["valid_at"].cast(pa.int64()).to_numpy() // 3_600_000_000).astype(np.int64)
    start = int(GRID.hours[ISSUE_TIMES[0]].astype("datetime64[h]").astype(np.int64))
    hole = (valid >= start + 12) & (valid < start + 18)
    inputs = gathered(KMA.filter(pa.array(~hole)))
    values, end = inputs.target[0, ISSUE_TIMES[0] - inputs.first], int(inputs.last_lead[0, 0])
    assert np.isnan(values[12:18]).all()
    assert np.isfinite(values[18 : end + 1]).all()
    # The hours beyond its end would change like those of the hole, a day before.
    assert 12 <= end + 1 - 24 < 18
    assert np.isnan(values[end + 1 :]).all()


def test_a_forecast_of_one_hour_is_not_continued():
    inputs = gathered(KMA.filter(pc.equal(KMA["lead_hours"], 1)))
    ahead = inputs.target[:, ISSUE_TIMES - inputs.first]
    assert np.isfinite(ahead).sum(axis=-1).max() == 1
    assert np.isnan(ahead[..., 2:]).all()


@pytest.mark.parametrize(
    ("fault", "change"),
    [
        ("20 °C higher from some hour on", lambda values, lead: values + 20.0 * (lead > 9)),
        ("20 °C higher at one hour", lambda values, lead: values + 20.0 * (lead == 9)),
        ("the same at every hour", lambda values, lead: 0 * values + 10.0),
    ],
)
def test_an_issue_that_is_no_forecast_is_not_used(fault, change):
    values, lead = KMA[kma_world.COLUMN].to_numpy(), KMA["lead_hours"].to_numpy()
    broken = pa.array(change(values, lead))
    table = KMA.set_column(KMA.schema.get_field_index(kma_world.COLUMN), kma_world.COLUMN, broken)
    assert not gathered(table).usable.any()
    assert gathered().usable.all()


def test_the_first_issue_after_an_outage_is_checked_at_once():
    """Its first value lies ahead: no forecast of the hour itself is known."""
    since = kma_world.issued_since(KMA, GRID, int(ISSUE_TIMES[0]))
    later = pc.greater(KMA["lead_hours"], 3)
    after = KMA.filter(pc.and_(since, later))
    table = kma_world.changed(after, pa.scalar(value=True), lambda values: pc.add(values, 20.0))
    inputs = gathered(table)
    assert np.isnan(inputs.target[:, ISSUE_TIMES[1] - inputs.first, 0]).all()
    assert not inputs.usable.any()
