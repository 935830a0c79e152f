"""Three years of real observations pass through the pipeline, and every row is accounted for."""

import gzip
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from embedded.airflow_api import Run
from tests.e2e.systems import E2E_PATIENCE, Stack, accounted, observations

OBSERVED = Path(__file__).resolve().parents[4] / "shared" / "kma" / "observed"

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        not OBSERVED.is_dir(), reason=f"NO REAL OBSERVATIONS at {OBSERVED}: the pipeline is not tried on them"
    ),
]


@pytest.fixture(scope="module", autouse=True)
def recorded(stack: Stack) -> Iterator[None]:
    stack.simulator("--replay", str(OBSERVED))
    yield
    stack.simulator()


def replay(stack: Stack, logical_date: str) -> tuple[Run, Mapping[str, Any]]:
    run = stack.api.wait("replay", stack.api.trigger("replay", logical_date), E2E_PATIENCE)
    return run, stack.api.results(run)


def test_every_real_row_is_published_quarantined_or_equal(stack):
    rows = sum(
        not line.startswith(b"#")
        for path in OBSERVED.glob("*.txt.gz")
        for line in gzip.decompress(path.read_bytes()).splitlines()
    )
    before = observations(stack).num_rows
    run, results = replay(stack, "2020-12-01T00:00:00+09:00")

    assert run.state == "success"
    assert results["rows"] == rows
    assert accounted(results)
    assert results["inserted"] + results["quarantined"] == rows
    assert results["quarantined"] < 0.001 * rows
    assert observations(stack).num_rows == before + results["inserted"]


def test_the_same_again_changes_nothing(stack):
    run, results = replay(stack, "2020-12-01T00:00:01+09:00")

    assert run.state == "success"
    assert accounted(results)
    assert (results["inserted"], results["corrected"]) == (0, 0)
