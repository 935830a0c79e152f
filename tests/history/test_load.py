"""A load of history: everything arrives once, in one form, whatever happens on the way."""

import gzip
import random
import threading
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import pytest

from simulator.replay import Recording
from tests.history import loading
from tests.history.conftest import KEY, NOW, Loader, by_key, some
from tests.lake.conftest import new_bucket
from weather_mlops import collection
from weather_mlops.errors import (
    KmaMaintenance,
    KmaUnavailable,
    LoadIncomplete,
    QuotaExhausted,
    StorageUnavailable,
)
from weather_mlops.kma.client import KmaClient, UncountedCalls
from weather_mlops.kma.endpoints import HOUR
from weather_mlops.lake import raw
from weather_mlops.lake.catalog import open_catalog
from weather_mlops.lake.publish import publish_run
from weather_mlops.lake.staging import Staging
from weather_mlops.lake.store import ObjectStore
from weather_mlops.quality import audit
from weather_mlops.quality.suites import FOLDER as SUITES

pytestmark = [pytest.mark.integration]
LOAD = some("2024-01-28", "2024-03-03", (108, 143))
HOURS = 36 * 24 * 2
SHORT = some("2024-01-30", "2024-02-02", (108, 143))
LANES = replace(LOAD, lanes=2, rows_per_part=1400)
KILLS = 10
OBSERVED = Path(__file__).resolve().parents[3] / "shared" / "kma" / "observed"


@pytest.fixture
def undisturbed(loader):
    loader.load(LOAD)
    return loader


@pytest.fixture(scope="module")
def truth(server, tmp_path_factory):
    """Rows and missing hours that a load leaves which nothing disturbs; by the shipped rules, all of them."""
    access = new_bucket(server)
    catalog = open_catalog(access, type="sql", uri=f"sqlite:///{tmp_path_factory.mktemp('truth')}/catalog.db")
    loader = Loader(ObjectStore(access), catalog)
    loader.suites_dir = SUITES
    loader.load(LOAD)
    catalog.close()
    return loader.observations(), register(loader)


def within(load, rows: list[dict]) -> list[dict]:
    return [row for row in rows if load.begin <= row["observed_at"] <= load.end]


def register(loader) -> list[dict]:
    """What is missing and why; not when it was asked for."""
    names = ("station_id", "observed_at", "reason", "closed_at")
    return by_key(loader.table("gaps").select(names))


def test_a_load_publishes_every_station_hour_or_says_why_not(loader):
    told = loader.load(LOAD)

    assert told["inserted"] == len(loader.observations())
    assert told["inserted"] + len(register(loader)) == HOURS
    assert len(LOAD.chunks()) == 3
    (fetched,) = told["fetched"]
    assert fetched["rows_arrived"] == told["inserted"]


def test_the_same_load_again_asks_for_nothing_and_changes_nothing(undisturbed):
    before, gaps, calls = undisturbed.observations(), undisturbed.table("gaps"), len(undisturbed.calls)
    told = undisturbed.load(LOAD)

    assert len(undisturbed.calls) == calls
    assert told["inserted"] == told["corrected"] == 0
    assert told["validated"][0]["parts_audited"] == 0
    assert (undisturbed.observations(), undisturbed.table("gaps")) == (before, gaps)


def test_a_longer_load_asks_only_for_what_is_not_there(undisturbed):
    before = len(undisturbed.calls)
    longer = some("2024-01-28", "2024-03-05", (108, 143))
    told = undisturbed.load(longer)

    assert told["inserted"] == 2 * 24 * 2
    assert len(undisturbed.calls) - before == 1


def test_lanes_share_the_work_and_make_the_same_table(loader, truth):
    told = loader.load(LANES)

    assert [lane["chunks"] for lane in told["fetched"]] == [2, 1]
    assert (loader.observations(), register(loader)) == truth


@pytest.mark.parametrize(
    "fault",
    ["500", "cut-off", "timeout", "hang", "empty", "station-missing", "duplicated-rows"],
)
def test_a_fault_that_passes_leaves_no_trace(loader, truth, fault):
    loader.read_timeout = 1.0
    loader.load(SHORT, f"{fault}:call=1")

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
def test_a_chunk_that_fails_for_good_is_named_registered_and_got_the_next_time(loader, fault, reason):
    with pytest.raises(LoadIncomplete, match="1 of 3 chunks are not complete: 2024-01-28 00:00") as raised:
        loader.load(LOAD, fault)
    lost = [row for row in register(loader) if row["reason"].startswith(reason)]

    assert reason in str(raised.value)
    assert KEY not in str(raised.value) + str(lost)
    assert len(lost) == LOAD.chunks()[0].rows
    assert len(loader.observations()) == HOURS - len(register(loader))

    told = loader.load(LOAD)
    assert told["inserted"] + told["gaps_opened"] >= len(lost) - len(register(loader))
    assert not [row for row in register(loader) if row["reason"].startswith(reason) and not row["closed_at"]]


@pytest.mark.parametrize("fault", ["garbage", "conflicting-rows"])
def test_bad_rows_go_to_quarantine_and_their_hours_to_the_register(loader, fault):
    told = loader.load(SHORT, fault, "station-missing:rate=0")
    refused = loader.table("quarantine")

    assert refused.num_rows > 0
    arrived = sum(lane["rows_arrived"] for lane in told["fetched"])
    assert arrived == told["inserted"] + told["equal"] + sum(
        lane["quarantined"] for lane in told["validated"]
    )
    keys = {(row["station_id"], row["observed_at"]) for row in refused.to_pylist() if row["station_id"]}
    assert keys <= {
        (row["station_id"], row["observed_at"]) for row in register(loader) if row["reason"] == "quarantined"
    }


def test_a_part_that_is_too_bad_is_refused_with_its_hours_registered(loader):
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
def test_a_passing_fault_is_left_to_another_try_and_the_rest_goes_on(loader, fault, error):
    run = "history/tries"
    with pytest.raises(error, match="1 chunks of this lane"):
        loader.fetch(LOAD, run, fault, final=False)
    calls = len(loader.calls)
    (told,) = loader.fetch(LOAD, run, final=False)

    assert len(loader.calls) - calls == 1
    assert told["replies_from_raw"] == 2


def test_an_api_that_is_out_of_order_is_not_asked_for_every_chunk(loader):
    long = some("2023-01-01", "2023-12-31", (108,))
    with pytest.raises(KmaUnavailable):
        loader.fetch(long, "history/out", "500", final=False)

    assert len(loader.calls) == 3 * 2


def test_the_quota_stops_it_cleanly_and_the_next_day_goes_on(loader):
    class Budget:
        left = 1

        def take(self, calls=1):
            if not self.left:
                raise QuotaExhausted("used up")
            self.left -= calls
            return self.left

    run = "history/quota"
    with pytest.raises(QuotaExhausted):
        loader.fetch(LOAD, run, budget=Budget())
    (told,) = loader.fetch(LOAD, run)
    loader.validate(LOAD, run)
    loader.publish(LOAD, run)

    assert told["replies_from_raw"] == 1
    assert len(loader.observations()) + len(register(loader)) == HOURS


class Cutting:
    """An API that cuts a reply without a word: to its last hours, as the KMA does, or to its first ones."""

    def __init__(self, weather, hours, *, last):
        self.weather, self.hours, self.last = weather, hours, last

    def rows(self, begin, end, stations, now):
        if end - begin >= self.hours:
            begin, end = (end - self.hours + 1, end) if self.last else (begin, begin + self.hours - 1)
        return self.weather.rows(begin, end, stations, now)

    def newest(self, now):
        return self.weather.newest(now)


@pytest.mark.parametrize("last", [True, False], ids=["beginning is cut", "end is cut"])
def test_a_reply_that_came_shorter_than_asked_is_asked_for_again_in_parts(loader, truth, last):
    run = "history/cut"
    loader.fetch(LOAD, run, source=Cutting(loader.weather, 200, last=last))
    loader.validate(LOAD, run)
    loader.publish(LOAD, run)

    assert loader.observations() == truth[0]
    assert len(loader.calls) > 4


def test_asking_again_closes_a_gap_that_the_api_has_filled(loader):
    class Silent(Cutting):
        def rows(self, begin, end, stations, now):
            return [row for row in self.weather.rows(begin, end, stations, now) if row[6:8] != b"10"]

    short = some("2024-02-09", "2024-02-11", (108, 143))
    run = "history/silent"
    loader.fetch(short, run, source=Silent(loader.weather, 0, last=True))
    loader.validate(short, run)
    loader.publish(short, run)
    missing = len(register(loader))
    assert missing >= 48

    loader.load(short)
    assert len(register(loader)) == missing
    assert not any(row["closed_at"] for row in register(loader))

    told = loader.load(replace(short, again=True))
    assert told["gaps_closed"] == 48


def test_killed_at_ten_random_points_it_ends_in_the_same_table(loader, truth, access, proxy, tmp_path):
    dice, killed = random.Random(3), 0
    with loader.api() as url:
        told = {
            "access": asdict(replace(access, endpoint_url=proxy.url)), "uri": f"sqlite:///{tmp_path}/catalog.db",
            "url": url, "key": KEY, "run": "history/killed", "load": LANES.as_dict(),
            "suites_dir": str(loader.suites_dir),
        }  # fmt: skip
        while killed < KILLS:
            left = dice.randrange(1, 12)

            def at(method, path, left=left):
                at.left -= 1
                return at.left < 0

            at.left = left
            proxy.hold_at(at)
            process = loading.process(told)
            while process.is_alive() and not proxy.held.wait(0.1):
                pass
            if not proxy.held.is_set():
                break  # it came to its end before so many requests
            proxy.kill_the_held()
            process.join()
            killed += 1
        proxy.hold = None
        process = loading.process(told)
        process.join()

    assert (killed, process.exitcode) == (KILLS, 0)
    assert (loader.observations(), register(loader)) == truth


def test_a_storage_that_fails_is_told_and_the_load_goes_on_where_it_stood(loader, access, proxy):
    run, slow = "history/storage", replace(access, endpoint_url=proxy.url)
    good = loader.store
    loader.store = ObjectStore(slow)
    proxy.unavailable = lambda method, path: method == "PUT" and "2024/02/01" in path
    try:
        with pytest.raises(StorageUnavailable):
            loader.fetch(LOAD, run)
    finally:
        proxy.unavailable = None
        loader.store = good
    calls = len(loader.calls)
    loader.fetch(LOAD, run)
    loader.validate(LOAD, run)
    loader.publish(LOAD, run)

    assert len(loader.calls) - calls == 2
    assert len(loader.observations()) + len(register(loader)) == HOURS


def test_a_load_and_the_hourly_run_at_the_same_time_lose_nothing(loader, open_anew):
    """Both write to the same month; whoever commits second compares again."""
    last = NOW.replace(minute=0, second=0, microsecond=0) - 3 * HOUR
    day = str((last - timedelta(days=4)).date())
    load, run = some(day, str(last.date()), (108, 143)), "history/beside"
    loader.fetch(load, run)
    loader.validate(load, run)
    hourly = open_anew()
    published = []
    stations = (105, 108)

    def collect() -> None:
        with loader.api() as url:
            client = KmaClient(url, KEY, budget=UncountedCalls())
            for number in range(6):
                window = collection.Window.ending(last - number * 3 * HOUR, 3)
                staging = Staging(loader.store, f"hourly-{number}")
                batch = collection.fetch_window(client, loader.store, window, stations)
                collection.stage(loader.store, staging, batch)
                audit.audit_staged(staging, suites_dir=loader.suites_dir, audited_at=NOW)
                published.append(publish_run(hourly, staging, NOW).published)

    beside = threading.Thread(target=collect)
    beside.start()
    told = loader.publish(load, run)
    beside.join()
    rows = loader.observations()

    assert len(published) == 6
    assert len(rows) == told["inserted"] + sum(each.inserted for each in published)
    assert len({(row["station_id"], row["observed_at"]) for row in rows}) == len(rows)
    assert {row["station_id"] for row in rows} == {105, 108, 143}


def test_replies_are_kept_as_they_came(undisturbed):
    kept = list(raw.list_about(undisturbed.store, "kma_sfctm3", LOAD.begin, LOAD.end))

    assert {about.stations for about in kept} == {(108, 143)}
    assert min(about.begin for about in kept) == LOAD.begin
    assert max(about.end for about in kept) == LOAD.end


@pytest.mark.skipif(
    not OBSERVED.is_dir(), reason=f"NO REAL OBSERVATIONS at {OBSERVED}: no load is tried on them"
)
def test_three_real_years_go_in_with_every_row_accounted_for(loader):
    rows = sum(
        not line.startswith(b"#")
        for path in OBSERVED.glob("*.txt.gz")
        for line in gzip.decompress(path.read_bytes()).splitlines()
    )
    load, run = some("2018-01-01", "2020-12-31", (108, 136, 143)), "history/observed"
    (fetched,) = loader.fetch(load, run, source=Recording(OBSERVED))
    (validated,) = loader.validate(load, run)
    told = loader.publish(load, run)

    assert fetched["rows_arrived"] == rows
    assert told["inserted"] + validated["quarantined"] == rows
    asked = sum(chunk.rows for chunk in load.chunks())
    assert told["inserted"] + len(register(loader)) == asked
