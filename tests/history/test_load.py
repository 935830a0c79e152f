"""A load of history: everything arrives once, in one form, whatever happens on the way."""

import pytest

from tests.history.conftest import some

pytestmark = [pytest.mark.integration]
LOAD = some("2024-01-15", "2024-03-10")


def test_a_load_publishes_every_station_hour_or_says_why_not(loader):
    told = loader.load(LOAD)
    gaps = loader.table("gaps")
    asked = sum(chunk.rows for chunk in LOAD.chunks())

    assert told["inserted"] == len(loader.observations())
    assert told["inserted"] + gaps.num_rows == asked
    assert len(loader.calls) >= len(LOAD.chunks()) == 3


def test_the_same_load_again_asks_for_nothing_and_changes_nothing(loader):
    loader.load(LOAD)
    before, snapshots, calls = loader.observations(), loader.table("gaps").to_pylist(), len(loader.calls)

    told = loader.load(LOAD)

    assert len(loader.calls) == calls
    assert told["inserted"] == told["corrected"] == 0
    assert (loader.observations(), loader.table("gaps").to_pylist()) == (before, snapshots)
