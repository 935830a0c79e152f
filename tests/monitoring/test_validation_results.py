"""Validation results and counts of corrections."""

from datetime import UTC, datetime, timedelta

import pytest

from weather_mlops.errors import FormatChanged, ObjectDamaged
from weather_mlops.monitoring import validation_results

DAY = "quality/validations/2026/11/01"
NOW = datetime(2026, 11, 2, tzinfo=UTC)


def test_runs_of_a_period_are_read_from_their_names(store):
    for name in (
        "2026/10/31/0905_0.9000_1.0000_a_b-1",
        "2026/11/01/0005_none_0.5000_c-2",
        "2026/11/30/0005_0.1_1_d-3",
    ):
        store.put(f"quality/validations/{name}.json", b"{}")
    results = validation_results.runs(store, NOW - timedelta(days=30), NOW)
    assert [(run.at, run.score, run.fit_share) for run in results] == [
        (datetime(2026, 10, 31, 0, 5, tzinfo=UTC), 0.9, 1.0),
        (datetime(2026, 10, 31, 15, 5, tzinfo=UTC), None, 0.5),
    ]
    assert validation_results.runs(store, NOW - timedelta(hours=1), NOW) == []


@pytest.mark.parametrize("name", ["notes.json", "9999_0.9_1.0_a-1.json", "0905_good_1.0_a-1.json"])
def test_another_object_among_them_is_named(store, name):
    store.put(f"{DAY}/{name}", b"{}")
    with pytest.raises(FormatChanged, match=name):
        validation_results.runs(store, NOW - timedelta(days=3), NOW)


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"score": 3}'])
def test_a_result_that_cannot_be_read_is_named(store, body):
    key = f"{DAY}/0905_0.9000_1.0000_a-1.json"
    store.put(key, body)
    with pytest.raises(ObjectDamaged, match=key):
        validation_results.score_parts(store, validation_results.runs(store, NOW - timedelta(days=3), NOW)[0])


def test_damaged_counts_of_corrections_start_again(store, catalog):
    store.put(validation_results.CORRECTIONS, b"[")
    counts = validation_results.corrections(catalog, store, NOW)
    assert counts == {"counted_since": NOW.isoformat(), "commits": {}}
    later = validation_results.corrections(catalog, store, NOW + timedelta(hours=1))
    assert later["counted_since"] == NOW.isoformat()


def test_corrections_are_summed_by_window_and_by_day_in_kst():
    counted = {
        "counted_since": "2026-10-01T00:00:00+00:00",
        "commits": {
            "1": {"at": "2026-11-01T20:00:00+00:00", "corrected": 3},
            "2": {"at": "2026-11-01T14:00:00+00:00", "corrected": 4},
            "3": {"at": "2026-11-01T10:00:00+00:00", "corrected": 5},
        },
    }
    assert validation_results.corrected_since(counted, NOW - timedelta(hours=11)) == 7
    assert validation_results.corrected_by_day(counted) == {"2026-11-01": 9, "2026-11-02": 3}
