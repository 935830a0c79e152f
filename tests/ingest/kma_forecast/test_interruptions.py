"""A run that is killed, rows that are unfit, a key that must stay secret."""

import pytest

from tests.ingest.kma_forecast.conftest import ISSUE, KEY, OUT, STATIONS, STEP
from tests.lake.conftest import Killed
from weather_mlops.errors import (
    StorageUnavailable,
)
from weather_mlops.kma.forecast.endpoints import DATA_GO_KR
from weather_mlops.kma.forecast.issues import valid_times
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.limits import RAW_RESPONSE, gunzip_at_most

EVENING = ISSUE + 5 * STEP
"""Of 17:00 KST: its items take two pages."""


def keys_of(*issues, stations=STATIONS):
    return sorted(
        (station, issue, hour) for issue in issues for station in stations for hour in valid_times(issue)
    )


@pytest.mark.parametrize("at", range(1, 4))
def test_a_kill_at_any_write_of_the_collection_loses_nothing(pipeline, killer, at):
    killer.at = at
    with pytest.raises(Killed):
        pipeline.look()
    killer.at = None
    pipeline.whole()

    assert pipeline.rows() == keys_of(ISSUE)


def test_a_kill_anywhere_before_and_after_the_commit_loses_nothing(pipeline, killer):
    pipeline.whole(ISSUE, "forecast-missing:issue=2026120102")
    own = ISSUE + STEP
    pipeline.kma.now, kills = own + OUT, 0
    pipeline.kma.fault("forecast-partial:issue=2026120105")
    pipeline.look(own)
    pipeline.validate(own)
    while True:
        killer.seen, killer.at = 0, kills + 1
        try:
            pipeline.publish(own)
        except Killed:
            kills += 1
        else:
            break
    killer.at = None

    assert kills > 3
    assert {issue for _, issue in pipeline.gaps()} == {own}
    assert len(pipeline.rows()) == len(set(pipeline.rows()))
    assert [key for key in pipeline.rows() if key[1] == ISSUE] == keys_of(ISSUE)


def test_s3_down_in_the_middle_is_tried_again(pipeline, monkeypatch):
    real, puts = ObjectStore.put, []

    def failing(self, key, *more, **others):
        puts.append(key)
        if len(puts) == 2:
            raise StorageUnavailable("S3 doesn't answer")
        return real(self, key, *more, **others)

    monkeypatch.setattr(ObjectStore, "put", failing)
    with pytest.raises(StorageUnavailable):
        pipeline.look()
    pipeline.whole()

    assert pipeline.rows() == keys_of(ISSUE)


def test_rows_that_cannot_be_go_to_the_quarantine(pipeline):
    pipeline.look()
    run = pipeline.run()
    collected = run.staging.read("collected")
    rows = collected.tables["rows"].to_pylist()
    rows[5]["air_temperature_c"] = 70.0
    tables = {
        **collected.tables,
        "rows": collected.tables["rows"].from_pylist(rows, collected.tables["rows"].schema),
    }
    run.staging.write("collected", tables, collected.notes)
    for _ in range(2):  # twice is once
        result = pipeline.validate()
        pipeline.publish()

    assert result.counts["quarantined"] == 1
    (refused,) = pipeline.table("kma_forecast_quarantine").to_pylist()
    assert refused["rule"] == "air_temperature_c_physical; air_temperature_step_impossible"
    assert refused["value"].startswith("air_temperature_c=70")
    assert len(pipeline.rows()) == len(keys_of(ISSUE)) - 1


def test_no_key_is_in_anything_that_is_stored(pipeline, caplog):
    caplog.set_level("DEBUG")
    pipeline.whole(EVENING, "forecast-shrinking:call=2", "forecast-xml@data_go_kr")

    stored = [
        gunzip_at_most(pipeline.store.get(entry.key), RAW_RESPONSE) for entry in pipeline.store.list("")
    ]
    assert len(stored) > 5
    assert not any(KEY.encode() in body for body in stored)
    assert KEY not in caplog.text


def test_only_one_configured_source_is_enough(pipeline):
    pipeline.kma.now = ISSUE + OUT
    pipeline.look(clients=pipeline.kma.clients(DATA_GO_KR))
    pipeline.validate()
    pipeline.publish()

    assert set(pipeline.table()["source"].to_pylist()) == {"data_go_kr"}


def test_the_encoded_key_of_data_go_kr_works_as_the_decoded_one(pipeline):
    encoded = KEY.replace("-", "%2D")
    clients = pipeline.kma.clients(DATA_GO_KR, keys={"data_go_kr": encoded})

    assert pipeline.look(clients=clients).share == 1
