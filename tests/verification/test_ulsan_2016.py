"""The official figures of a real year: Ulsan 2016, by the portal's files and the station's observations."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from tests import ulsan
from tests.lake.conftest import access, catalog, connect_catalog, proxy, server, store  # noqa: F401  fixtures
from tests.ulsan import COLUMN, GUIDANCE
from weather_mlops.lake import kma_forecasts
from weather_mlops.lake.publish import publish as publish_observations
from weather_mlops.lake.schemas import OBSERVATIONS_SCHEMA, cast_to_schema
from weather_mlops.lake.verification import read
from weather_mlops.verification.figures import verify
from weather_mlops.verification.official import known_at
from weather_mlops.verification.run import verify_days

KST_AHEAD = timedelta(hours=9)
BEGIN, END = (datetime(year, 1, 1, tzinfo=UTC) - KST_AHEAD for year in (2016, 2017))
STATION_MOVED = datetime(2016, 4, 1, tzinfo=UTC) - KST_AHEAD

pytestmark = pytest.mark.skipif(
    not GUIDANCE.is_dir(), reason=f"NO REAL FORECASTS at {GUIDANCE}: the official figures are not reproduced"
)


@pytest.fixture(scope="module")
def forecasts() -> pa.Table:
    return ulsan.forecasts()


@pytest.fixture(scope="module")
def observed_rows() -> pa.Table:
    return ulsan.observed_rows()


@pytest.fixture(scope="module")
def observations(observed_rows) -> pa.Table:
    return observed_rows.select(["station_id", "observed_at", COLUMN])


def figures(forecasts: pa.Table, observations: pa.Table, first: datetime, end: datetime):
    """Of the newest forecast at each hour of a period."""
    moments = np.arange(*(np.datetime64(moment.replace(tzinfo=None), "h") for moment in (first, end)))
    known = known_at(
        forecasts,
        COLUMN,
        station_ids=[ulsan.STATION],
        moments=moments,
        lead_hours=[1, 3, 6, 12, 24, 36, 48],
        interpolate=True,
    )
    return verify({"kma_forecast": known.rows()}, observations, COLUMN)["kma_forecast"]


def test_the_official_errors_of_ulsan_2016_are_reproduced(forecasts, observations):
    by_lead = figures(forecasts, observations, BEGIN, END).by_lead

    expected = {1: 1.45, 3: 1.45, 6: 1.47, 12: 1.52, 24: 1.58, 36: 1.67, 48: 1.82}
    assert {lead: each.rmse for lead, each in by_lead.items()} == pytest.approx(expected, abs=0.02)
    # Each hour of the year; 48 hours ahead, only the issues of the evening and the morning reach that far.
    assert {lead: each.n for lead, each in by_lead.items() if lead < 48} == dict.fromkeys(
        [1, 3, 6, 12, 24, 36], 366 * 24
    )
    assert by_lead[48].n > 6_900


def test_the_move_of_the_station_shows_in_the_official_bias(forecasts, observations):
    before, after = (
        figures(forecasts, observations, *period).by_lead[24]
        for period in ((BEGIN, STATION_MOVED), (STATION_MOVED, END))
    )

    assert before.bias == pytest.approx(-0.06, abs=0.1)
    assert after.bias == pytest.approx(0.5, abs=0.1)


def test_the_table_of_2016_pooled_by_n_gives_the_official_errors(catalog, forecasts, observed_rows):  # noqa: F811
    now, year = datetime.now(UTC), (date(2016, 1, 1), date(2016, 12, 31))
    kma_forecasts.publish(catalog, forecasts, run="import", now=now)
    keys = pa.repeat(pa.scalar("raw/kma/imported"), observed_rows.num_rows)
    rows = cast_to_schema(observed_rows.append_column("raw_key", keys), OBSERVATIONS_SCHEMA)
    publish_observations(catalog, rows, run="import")
    verify_days(catalog, *year, run="verify", now=now)
    figures = read(catalog, first_day=year[0], last_day=year[1], compared="own", grouped_by="lead_hours")

    assert set(figures["forecast"].to_pylist()) == {"kma_forecast"}
    lead, n, rmse = (figures[name].to_numpy() for name in ("member", "n", "rmse"))
    pooled = np.sqrt(np.bincount(lead, n * rmse**2) / np.maximum(np.bincount(lead, n), 1))
    expected = {1: 1.45, 12: 1.52, 24: 1.58, 48: 1.82}
    assert {each: pooled[each] for each in expected} == pytest.approx(expected, abs=0.02)
    assert set(lead.tolist()) == set(range(1, 49))
