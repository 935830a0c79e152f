"""What a forecast knows of the KMA's where an issue ends before the horizon."""

import numpy as np

from tests.model import kma_world, world
from weather_mlops.model import kma_inputs
from weather_mlops.model.kma_inputs import AROUND_HOURS, CONTINUED_HOURS

GRID = world.grid(days=10)
REACH, HORIZON = 40, 60 - AROUND_HOURS
ISSUE_TIMES = np.arange(120, 123)


def gathered() -> kma_inputs.KmaInputs:
    table = kma_world.forecasts(GRID, leads=REACH)
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
