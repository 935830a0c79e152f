"""Three years of real observations go through the pipeline, with every row accounted for."""

import gzip
from pathlib import Path

import pytest

from tests.e2e.conftest import Stack
from tests.e2e.test_collection import accounted, observations

OBSERVED = Path(__file__).resolve().parents[3] / "shared" / "kma" / "observed"
LAST_HOUR = "2020-12-01T00:00:00+09:00"
THREE_YEARS_H = 3 * 366 * 24

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        not OBSERVED.is_dir(), reason=f"NO REAL OBSERVATIONS at {OBSERVED}: the pipeline is not tried on them"
    ),
]


def three_years(dag: dict) -> None:
    collect, _, _, health = dag["tasks"]
    collect.update(stations=[108, 136, 143], lookback_hours=THREE_YEARS_H)
    health.update(max_lag_hours=10**6, max_open_gaps=10**6)


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    running = Stack(tmp_path_factory.mktemp("replay"), three_years, ("--replay", str(OBSERVED)))
    try:
        running.start()
        running.api.unpause("data_collection")
        yield running
    finally:
        running.stop()


def test_every_real_row_is_published_quarantined_or_equal(stack):
    rows = sum(
        not line.startswith(b"#")
        for path in OBSERVED.glob("*.txt.gz")
        for line in gzip.decompress(path.read_bytes()).splitlines()
    )
    run = stack.wait(stack.trigger(LAST_HOUR))
    results = stack.api.results(run)

    assert run.state == "success"
    assert results["rows"] == rows
    assert accounted(results)
    assert results["inserted"] + results["quarantined"] == rows
    assert results["quarantined"] < 0.001 * rows
    assert observations(stack).num_rows == results["inserted"]


def test_the_same_again_changes_nothing(stack):
    run = stack.wait(stack.trigger("2020-12-01T00:00:01+09:00"))
    results = stack.api.results(run)

    assert run.state == "success"
    assert accounted(results)
    assert (results["inserted"], results["corrected"]) == (0, 0)
