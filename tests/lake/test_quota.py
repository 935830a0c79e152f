import threading
from datetime import UTC, datetime, timedelta

import pytest

from weather_mlops.errors import QuotaExhausted
from weather_mlops.lake.quota import DailyCalls

MIDNIGHT = datetime(2024, 1, 1, 15, 0, tzinfo=UTC)  # in Korea


def budget(store, limit, at=MIDNIGHT, **options) -> DailyCalls:
    return DailyCalls(store, limit, lambda: at, **options)


def objects(store) -> list[str]:
    return [entry.key for entry in store.list("calls/")]


def test_calls_count_across_processes_up_to_the_daily_limit(store):
    assert budget(store, 5).take() == 4
    second = budget(store, 5)
    assert second.left == 4
    assert second.take(3) == 1
    with pytest.raises(QuotaExhausted, match=r"5 calls of 2024-01-02 \(KST\).*s3://bucket"):
        second.take(2)
    assert second.take() == 0
    with pytest.raises(QuotaExhausted):
        budget(store, 5).take()


def test_the_day_ends_at_midnight_in_korea(store):
    clock = [MIDNIGHT - timedelta(seconds=1)]
    calls = DailyCalls(store, 1, lambda: clock[0])
    calls.take()
    with pytest.raises(QuotaExhausted, match="2024-01-01"):
        calls.take()
    clock[0] = MIDNIGHT
    assert calls.take() == 0
    assert [key.split("/")[2] for key in objects(store)] == ["2024-01-01", "2024-01-02"]


def test_many_calls_write_few_objects_and_one_call_reserves_one(store):
    budget(store, 1000).take()
    assert [key.rpartition("-")[2] for key in objects(store)] == ["1"]

    many = budget(store, 1000)
    for _ in range(31):
        many.take()
    assert len(objects(store)) == 1 + 5
    assert many.left == 1000 - 1 - 31


def test_writers_who_meet_at_the_limit_never_pass_it(store):
    taken = []

    def take() -> None:
        mine = budget(store, 10)
        for _ in range(4):
            try:
                mine.take()
            except QuotaExhausted:
                return
            taken.append(1)

    writers = [threading.Thread(target=take) for _ in range(5)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    reserved = sum(int(key.rpartition("-")[2]) for key in objects(store))
    assert sum(taken) <= reserved <= 10


def test_what_others_took_meanwhile_is_seen(store):
    mine = budget(store, 100)
    mine.take()
    budget(store, 100).take(50)

    assert mine.take() < 50
