"""A load of history: everything arrives once, in one form, whatever happens on the way."""

import gzip
import random
import threading
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from simulator.replay import Recording
from tests.ingest import loading
from tests.ingest.conftest import KEY, NOW, Loader, by_key, opened, some
from tests.lake.conftest import Saved, new_bucket
from weather_mlops.clock import HOUR
from weather_mlops.errors import (
    KmaMaintenance,
    KmaUnavailable,
    LoadIncomplete,
    QuotaExhausted,
    StorageUnavailable,
)
from weather_mlops.ingest import collection
from weather_mlops.ingest.history.batches import staging_of
from weather_mlops.ingest.history.plan import Load
from weather_mlops.kma.client import KmaClient, UncountedCalls
from weather_mlops.lake import raw
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.publish import publish_run
from weather_mlops.lake.s3_access import TASK_RETRIES
from weather_mlops.lake.staging import COLLECTED, FAILED, Staging
from weather_mlops.quality import audit
from weather_mlops.settings import project_folder

pytestmark = [pytest.mark.integration]
LOAD = some("2024-01-28", "2024-03-03", (108, 143))
HOURS = 36 * 24 * 2
SHORT = some("2024-01-30", "2024-02-02", (108, 143))
SHORT_HOURS = 4 * 24 * 2
WORKERS = replace(LOAD, workers=2, rows_per_part=1400)
SHORT_WORKERS = replace(SHORT, workers=2, rows_per_part=SHORT_HOURS // 2)
KILLS = 10
HOURLY_RUNS = 3
RUN = "history/run"
OBSERVED = Path(__file__).resolve().parents[3] / "shared" / "kma" / "observed"


class Loaded(NamedTuple):
    """A load that nothing disturbed: its bucket and catalog, and its summary."""

    saved: Saved
    summary: dict[str, Any]


@pytest.fixture(scope="module")
def loaded(server: int, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """LOAD, audited by all of the shipped rules."""
    access, database = new_bucket(server), tmp_path_factory.mktemp("loaded") / "catalog.db"
    with opened(ObjectStore(access), database) as loader:
        loader.suites_dir = project_folder("expectations")
        summary = loader.load(LOAD)
    return Loaded(Saved(loader.store, database), summary)


@pytest.fixture
def undisturbed(loaded: Loaded) -> Iterator[Loader]:
    """LOAD, as if nobody had touched it since."""
    loaded.saved.restore()
    with opened(loaded.saved.store, loaded.saved.database) as loader:
        loader.runs = 1
        yield loader


@pytest.fixture(scope="module")
def truth(loaded: Loaded) -> tuple[list[dict], list[dict]]:
    """Rows and missing hours that LOAD leaves which nothing disturbs."""
    loaded.saved.restore()
    with opened(loaded.saved.store, loaded.saved.database) as loader:
        return loader.observations(), register(loader)


@pytest.fixture(scope="module")
def fetched(server: int, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict]]:
    """What the first stage of SHORT leaves for the audit which nothing disturbs.

    The later stages see nothing else: where a fault leaves the same, it leaves the same tables.
    """
    database = tmp_path_factory.mktemp("fetched") / "catalog.db"
    with opened(ObjectStore(new_bucket(server)), database) as loader:
        loader.fetch(SHORT, RUN)
        tables = staged(loader)
    assert len(tables["rows"]) > 0.9 * SHORT_HOURS
    return tables


def staged(loader: Loader, load: Load = SHORT, run: str = RUN) -> dict[str, list[dict]]:
    """Tables that the first stage left, without the response and the line that a row was read from."""
    tables: dict[str, list[dict]] = {}
    for batch in range(len(load.batches())):
        for name, table in staging_of(loader.store, run, batch).read(COLLECTED).tables.items():
            columns = [column for column in table.column_names if column not in {"raw_key", "line"}]
            tables.setdefault(name, []).extend(table.select(columns).to_pylist())
    return {name: sorted(rows, key=str) for name, rows in tables.items()}


def within(load, rows: list[dict]) -> list[dict]:
    return [row for row in rows if load.begin <= row["observed_at"] <= load.end]


def register(loader) -> list[dict]:
    """Missing station-hours with the reason, without the times of the requests."""
    names = ("station_id", "observed_at", "reason", "closed_at")
    return by_key(loader.table("gaps").select(names))


def test_a_load_publishes_every_station_hour_or_a_reason(loaded, truth):
    summary, (rows, missing) = loaded.summary, truth

    assert summary["inserted"] == len(rows)
    assert summary["inserted"] + len(missing) == HOURS
    assert summary["station_hours"] == HOURS
    assert summary["station_hours_missing"] == len(missing)
    assert len(LOAD.requests()) == 3
    (fetched,) = summary["fetched"]
    assert fetched["rows_arrived"] == summary["inserted"]


def test_the_same_load_again_requests_and_changes_nothing(undisturbed):
    before, gaps, calls = undisturbed.observations(), undisturbed.table("gaps"), len(undisturbed.calls)
    summary = undisturbed.load(LOAD)

    assert summary["station_hours"] == HOURS
    assert summary["station_hours_missing"] == sum(row["closed_at"] is None for row in register(undisturbed))
    assert len(undisturbed.calls) == calls
    assert summary["inserted"] == summary["corrected"] == 0
    assert summary["validated"][0]["parts_audited"] == 0
    assert (undisturbed.observations(), undisturbed.table("gaps")) == (before, gaps)


def test_a_longer_load_requests_only_missing_hours(undisturbed):
    before = len(undisturbed.calls)
    longer = some("2024-01-28", "2024-03-05", (108, 143))
    summary = undisturbed.load(longer)

    assert summary["inserted"] == 2 * 24 * 2
    assert len(undisturbed.calls) - before == 1


def test_a_load_of_one_month_counts_one_month(loader, caplog):
    """A day in KST begins on the day before in UTC, and so does the first month."""
    caplog.set_level("INFO")
    loader.load(some("2024-02-01", "2024-02-02", (108,)))

    lines = [record.getMessage() for record in caplog.records if "months=" in record.getMessage()]
    assert [line.split("months=")[1].split()[0] for line in lines if "stage=fetch" in line] == ["0/1", "1/1"]
    assert {line.split("months=")[1].split()[0][-2:] for line in lines} == {"/1"}


def test_workers_share_a_load_and_write_the_same_table(loader, truth):
    summary = loader.load(WORKERS)

    assert [worker["chunks"] for worker in summary["fetched"]] == [2, 1]
    assert (loader.observations(), register(loader)) == truth


@pytest.mark.parametrize("fault", ["500", "cut-off", "timeout", "hang", "empty", "station-missing"])
def test_a_transient_fault_leaves_no_trace(loader, fetched, fault):
    if fault in {"timeout", "hang"}:
        loader.read_timeout = 0.3
    loader.fetch(SHORT, RUN, f"{fault}:call=1")

    assert len(loader.calls) > len(SHORT.requests())
    assert staged(loader) == fetched


def test_rows_that_come_twice_leave_no_trace(loader, truth):
    loader.load(SHORT, "duplicated-rows:call=1")

    assert (loader.observations(), register(loader)) == tuple(within(SHORT, rows) for rows in truth)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("shifted-columns:call=1", "FormatChanged"),
        ("moved-columns:call=1", "FormatChanged"),
        ("inserted-columns:call=1", "FormatChanged"),
        ("500:call=1-2", "KmaUnavailable"),
        ("maintenance:call=1", "KmaMaintenance"),
    ],
)
def test_a_failed_request_hands_on_no_row_but_the_reason(loader, fetched, fault, reason):
    loader.fetch(SHORT, RUN, fault)
    failed, tables = SHORT.requests()[0], staged(loader)

    assert [row["reason"].split(":")[0] for row in tables[FAILED]] == [reason] * failed.rows
    assert KEY not in str(tables[FAILED])
    assert tables["rows"] == [row for row in fetched["rows"] if row["observed_at"] > failed.end]


@pytest.mark.parametrize(
    ("fault", "reason"), [("shifted-columns:call=1", "FormatChanged"), ("500:call=1-2", "KmaUnavailable")]
)
def test_a_failed_request_is_registered_and_loaded_next_time(loader, fault, reason):
    with pytest.raises(LoadIncomplete, match="1 of 2 requests are incomplete: 2024-01-30 00:00") as raised:
        loader.load(SHORT, fault)
    lost = [row for row in register(loader) if row["reason"].startswith(reason)]

    assert reason in str(raised.value)
    assert KEY not in str(raised.value) + str(lost)
    assert len(lost) == SHORT.requests()[0].rows
    assert len(loader.observations()) == SHORT_HOURS - len(register(loader))

    again = loader.load(SHORT)
    assert again["inserted"] + again["gaps_opened"] >= len(lost) - len(register(loader))
    assert not [row for row in register(loader) if row["reason"].startswith(reason) and not row["closed_at"]]


@pytest.mark.parametrize("fault", ["garbage", "conflicting-rows"])
def test_bad_rows_are_quarantined_and_their_hours_registered(loader, fault):
    summary = loader.load(SHORT, fault, "station-missing:rate=0")
    refused = loader.table("quarantine")

    assert refused.num_rows > 0
    arrived = sum(worker["rows_arrived"] for worker in summary["fetched"])
    assert arrived == summary["inserted"] + summary["equal"] + sum(
        worker["quarantined"] for worker in summary["validated"]
    )
    keys = {(row["station_id"], row["observed_at"]) for row in refused.to_pylist() if row["station_id"]}
    assert keys <= {
        (row["station_id"], row["observed_at"]) for row in register(loader) if row["reason"] == "quarantined"
    }


def test_a_batch_that_is_too_bad_is_refused_hours_registered(loader):
    run = "history/bad"
    loader.fetch(SHORT, run, "conflicting-rows")
    loader.validate(SHORT, run, min_fit_share=0.99)
    with pytest.raises(LoadIncomplete, match="QualityTooLow"):
        loader.publish(SHORT, run)

    assert loader.observations() == []
    assert {row["reason"].split(":")[0] for row in register(loader)} == {"QualityTooLow"}


@pytest.mark.parametrize(
    ("fault", "error"), [("500:call=1-2", KmaUnavailable), ("maintenance:call=1", KmaMaintenance)]
)
def test_a_transient_fault_is_left_to_another_try(loader, fault, error):
    with pytest.raises(error, match="1 requests of this worker"):
        loader.fetch(SHORT, RUN, fault, final=False)
    calls = len(loader.calls)
    (counts,) = loader.fetch(SHORT, RUN, final=False)

    assert len(loader.calls) - calls == 1
    assert counts["replies_from_raw"] == 1


def test_an_api_that_is_down_does_not_get_every_request(loader):
    long = some("2023-01-01", "2023-12-31", (108,))
    with pytest.raises(KmaUnavailable):
        loader.fetch(long, "history/out", "500", final=False)

    assert len(loader.calls) == 3 * 2


def test_the_quota_stops_it_cleanly_and_the_next_day_goes_on(loader, fetched):
    class Budget:
        left = 1

        def take(self, calls=1):
            if not self.left:
                raise QuotaExhausted("used up")
            self.left -= calls
            return self.left

    with pytest.raises(QuotaExhausted):
        loader.fetch(SHORT, RUN, budget=Budget())
    (counts,) = loader.fetch(SHORT, RUN)

    assert counts["replies_from_raw"] == 1
    assert staged(loader) == fetched


class Cutting:
    """An API that silently cuts a response: to its last hours, as the KMA does, or to its first ones."""

    def __init__(self, weather, hours, *, last):
        self.weather, self.hours, self.last = weather, hours, last

    def rows(self, begin, end, stations, now):
        if end - begin >= self.hours:
            begin, end = (end - self.hours + 1, end) if self.last else (begin, begin + self.hours - 1)
        return self.weather.rows(begin, end, stations, now)

    def newest(self, now):
        return self.weather.newest(now)


@pytest.mark.parametrize("last", [True, False], ids=["beginning is cut", "end is cut"])
def test_what_a_short_response_lacks_is_requested_again(loader, fetched, last):
    loader.fetch(SHORT, RUN, source=Cutting(loader.weather, 20, last=last))

    assert staged(loader) == fetched
    assert len(loader.calls) > 4


def test_asking_again_closes_a_gap_that_the_api_has_filled(loader):
    class Silent(Cutting):
        def rows(self, begin, end, stations, now):
            return [row for row in self.weather.rows(begin, end, stations, now) if row[6:8] != b"10"]

    short = some("2024-02-09", "2024-02-11", (108, 143))
    run = "history/silent"
    loader.fetch(short, run, source=Silent(loader.weather, 0, last=True))
    loader.validate(short, run)
    summary = loader.publish(short, run)
    missing = len(register(loader))
    assert missing >= 48
    assert (summary["station_hours"], summary["station_hours_missing"]) == (3 * 24 * 2, missing)

    loader.load(short)
    assert len(register(loader)) == missing
    assert not any(row["closed_at"] for row in register(loader))

    summary = loader.load(replace(short, again=True))
    assert summary["gaps_closed"] == 48


def test_killed_at_ten_random_points_it_ends_in_the_same_table(loader, truth, access, proxy, tmp_path):
    dice, killed = random.Random(3), 0
    with loader.api() as url:
        arguments = {
            "access": asdict(replace(access, endpoint_url=proxy.url)), "uri": f"sqlite:///{tmp_path}/catalog.db",
            "url": url, "key": KEY, "run": "history/killed", "load": SHORT_WORKERS.as_dict(),
            "suites_dir": str(loader.suites_dir),
        }  # fmt: skip
        while killed < KILLS:
            left = dice.randrange(1, 12)

            def at(method, path, left=left):
                at.left -= 1
                return at.left < 0

            at.left = left
            proxy.hold_at(at)
            process = loading.process(arguments)
            while process.is_alive() and not proxy.held.wait(0.02):
                pass
            if not proxy.held.is_set():
                break  # it ended before that request
            proxy.kill_the_held()
            process.join()
            killed += 1
        proxy.hold = None
        process = loading.process(arguments)
        process.join()

    assert (killed, process.exitcode) == (KILLS, 0)
    assert (loader.observations(), register(loader)) == tuple(within(SHORT, rows) for rows in truth)


def test_after_storage_failed_a_load_goes_on_where_it_stood(loader, access, proxy, fetched):
    good, impatient = loader.store, replace(TASK_RETRIES, attempts=1)
    loader.store = ObjectStore(replace(access, endpoint_url=proxy.url), impatient)
    proxy.unavailable = lambda method, path: method == "PUT" and "2024/02/01" in path
    try:
        with pytest.raises(StorageUnavailable):
            loader.fetch(SHORT, RUN)
    finally:
        proxy.unavailable = None
        loader.store = good
    calls = len(loader.calls)
    loader.fetch(SHORT, RUN)

    assert len(loader.calls) - calls == 1
    assert staged(loader) == fetched


def test_a_load_and_hourly_runs_at_the_same_time_lose_nothing(loader, connect_catalog):
    """Both write to the same month; whoever commits second compares again."""
    last = NOW.replace(minute=0, second=0, microsecond=0) - 3 * HOUR
    day = str((last - timedelta(days=4)).date())
    load = some(day, str(last.date()), (108, 143))
    loader.fetch(load, RUN)
    loader.validate(load, RUN)
    hourly, published = connect_catalog(), []
    runs = [Staging(loader.store, f"hourly-{number}") for number in range(HOURLY_RUNS)]
    with loader.api() as url:
        client = KmaClient(url, KEY, budget=UncountedCalls())
        for number, staging in enumerate(runs):
            window = collection.Window.ending(last - number * 3 * HOUR, 3)
            batch = collection.fetch_window(client, loader.store, window, (105, 108))
            collection.stage(loader.store, staging, batch)
            audit.audit_staged(staging, suites_dir=loader.suites_dir, audited_at=NOW)

    def publish_hourly() -> None:
        published.extend(publish_run(hourly, staging, NOW).published for staging in runs)

    hourly_runs = threading.Thread(target=publish_hourly)
    hourly_runs.start()
    summary = loader.publish(load, RUN)
    hourly_runs.join()
    rows = loader.observations()

    assert len(published) == HOURLY_RUNS
    assert len(rows) == summary["inserted"] + sum(each.inserted for each in published)
    assert len({(row["station_id"], row["observed_at"]) for row in rows}) == len(rows)
    assert {row["station_id"] for row in rows} == {105, 108, 143}


def test_responses_are_stored_as_received(undisturbed):
    stored = list(raw.list_about(undisturbed.store, "kma_sfctm3", LOAD.begin, LOAD.end))

    assert {about.stations for about in stored} == {(108, 143)}
    assert min(about.begin for about in stored) == LOAD.begin
    assert max(about.end for about in stored) == LOAD.end


@pytest.mark.skipif(
    not OBSERVED.is_dir(), reason=f"NO REAL OBSERVATIONS at {OBSERVED}: no load is tried on them"
)
def test_a_real_year_goes_in_with_every_row_accounted_for(loader):
    """A leap year; test_importer.py imports all three available years."""
    rows = sum(
        line.startswith(b"2020")
        for path in OBSERVED.glob("*_2020.txt.gz")
        for line in gzip.decompress(path.read_bytes()).splitlines()
    )
    load = some("2020-01-01", "2020-12-31", (108, 136, 143))
    (fetched,) = loader.fetch(load, RUN, source=Recording(OBSERVED))
    (validated,) = loader.validate(load, RUN)
    summary = loader.publish(load, RUN)

    assert rows > 20_000
    assert fetched["rows_arrived"] == rows
    assert summary["inserted"] + validated["quarantined"] == rows
    requested = sum(request.rows for request in load.requests())
    assert summary["inserted"] + len(register(loader)) == requested


@pytest.mark.parametrize("fault", ["quota-daily", "quota-capacity", "quota-text", "gateway-quota"])
def test_a_used_up_quota_stops_the_load_after_one_call(loader, fault):
    with pytest.raises(QuotaExhausted, match="00:00 KST"):
        loader.fetch(SHORT, RUN, fault, final=False)

    assert len(loader.calls) == 1
