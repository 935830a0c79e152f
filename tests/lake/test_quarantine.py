from datetime import timedelta

import pyarrow as pa
import pytest

from weather_mlops.lake.quarantine import record_refused
from weather_mlops.lake.schemas import QUARANTINE_SCHEMA
from weather_mlops.monitoring import quarantine_and_gaps

from .conftest import NOW


def record(**changed) -> dict:
    row = {
        "station_id": 108,
        "observed_at": NOW,
        "rule": "air_temperature_possible",
        "value": "air_temperature_c=99.0",
        "raw_key": "raw/a",
        "line": 5,
    }
    return {**row, **changed}


def refuse(catalog, *records, run="one", at=NOW) -> int:
    return record_refused(
        catalog, pa.Table.from_pylist(list(records), schema=QUARANTINE_SCHEMA), run=run, at=at
    )


def stored(catalog) -> list[dict]:
    return catalog.load_table("weather.quarantine").scan().to_arrow().to_pylist()


def test_a_row_refused_again_is_stored_once_with_its_first_run(catalog):
    assert refuse(catalog, record()) == 1
    assert refuse(catalog, record(raw_key="raw/b", line=9), run="two") == 0

    (row,) = stored(catalog)
    assert (row["run_id"], row["raw_key"], row["line"], row["quarantined_at"]) == ("one", "raw/a", 5, NOW)


def test_another_rule_value_or_hour_is_another_record(catalog):
    others = [record(rule="x"), record(value="air_temperature_c=98.0"), record(station_id=90)]
    assert refuse(catalog, record(), *others, record()) == 4
    assert refuse(catalog, *others, record()) == 0


def test_lines_that_can_not_be_read_are_kept_once_by_their_text(catalog):
    unreadable = record(station_id=None, observed_at=None, rule="unreadable_row", value="45 tokens: 2024...")

    assert refuse(catalog, unreadable, record()) == 2
    assert refuse(catalog, unreadable, {**unreadable, "value": "another"}) == 1
    assert refuse(catalog, unreadable, record(), record(value="air_temperature_c=98.0")) == 1


UNREADABLE = record(station_id=None, observed_at=None, rule="unreadable_row", value="45 tokens: 2024...")
DATED = record()
FAR_AWAY = record(observed_at=NOW - timedelta(days=200))


@pytest.mark.parametrize("before", [(), (UNREADABLE,), (DATED,), (UNREADABLE, DATED)])
@pytest.mark.parametrize("after", [(UNREADABLE,), (FAR_AWAY,), (UNREADABLE, FAR_AWAY), (UNREADABLE, DATED)])
def test_rows_with_and_without_an_hour_are_added_to_any_table(catalog, before, after):
    refuse(catalog, *before)
    assert refuse(catalog, *after) == len([row for row in after if row not in before])
    assert len(stored(catalog)) == len({*map(str, before), *map(str, after)})
    counted = quarantine_and_gaps.refused(catalog, NOW - timedelta(days=1), NOW)
    assert counted.num_rows == len(
        [row for row in {*map(str, before), *map(str, after)} if row != str(FAR_AWAY)]
    )


def test_nothing_refused_makes_no_table(catalog):
    assert refuse(catalog) == 0
    assert catalog.list_namespaces() == []
