"""What a run has from look to look."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from tests.kma_forecasts import issue, row, table
from weather_mlops.ingest.kma_forecast.batch import complete, hours_of
from weather_mlops.kma.forecast.issues import valid_times

ISSUE = datetime(2026, 11, 30, 17, tzinfo=UTC)
HOURS = len(valid_times(ISSUE))


@given(share=st.floats(0, 1), hours=st.integers(0, 2 * HOURS))
def test_an_issue_is_whole_with_its_share_of_hours(share, hours):
    done = complete({(108, ISSUE): hours}, [(108, ISSUE)], share)

    assert bool(done) == (hours >= share * HOURS)


def test_hours_without_a_temperature_do_not_count():
    rows = table([row(lead=1), row(lead=2, air_temperature_c=None), row(station=90, lead=1)])

    assert sorted(hours_of(rows).values()) == [1, 1]
    assert hours_of(issue().slice(0, 0)) == {}
