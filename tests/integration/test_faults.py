"""The API's faults, from HTTP to the tables: each run fails with the cause's name or goes on, and heals."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from simulator.faults import Fault
from simulator.server import Api, Server
from simulator.simulated import SimulatedWeather
from tests.quality import staged  # noqa: F401  imports Great Expectations without its warnings
from tests.suites import critical_suites
from weather_mlops import collection
from weather_mlops.errors import (
    EndpointNotApproved,
    FormatChanged,
    KeyRefused,
    KmaMaintenance,
    KmaUnavailable,
    NothingYet,
    Permanent,
    QuotaExhausted,
    ReplyCutOff,
    Retryable,
)
from weather_mlops.kma.client import KmaClient, UncountedCalls
from weather_mlops.kma.stations import load_stations
from weather_mlops.lake import gaps
from weather_mlops.lake.publish import publish_run
from weather_mlops.lake.rows import key_list
from weather_mlops.lake.staging import Staging
from weather_mlops.quality import audit

pytestmark = [pytest.mark.integration]

NOW = datetime.now(UTC)
WINDOW = collection.Window.ending(NOW - timedelta(hours=30), lookback_hours=3)
STATIONS = collection.chosen_stations("all")
KEY = "a-key-of-the-test"


class Pipeline:
    """A run of the collection without Airflow, against a simulator with faults."""

    def __init__(self, store, catalog):
        self.store, self.catalog = store, catalog
        self.weather = SimulatedWeather(0, load_stations())
        self.runs = 0

    def run(self, *faults: str, read_timeout: float = 3):
        self.runs += 1
        parsed = [Fault.parse(fault) for fault in faults]
        api = Api(self.weather, load_stations(), lambda: NOW, KEY, parsed)
        with Server(("127.0.0.1", 0), api) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                return self._collect(server.url, read_timeout)
            finally:
                server.stop()
                thread.join()

    def _collect(self, url, read_timeout):
        client = KmaClient(
            f"{url}/api/typ01/url", KEY, budget=UncountedCalls(), read_timeout=read_timeout, attempts=2,
            sleep=lambda _: None,
        )  # fmt: skip
        batch = collection.fetch_window(client, self.store, WINDOW, STATIONS)
        collection.require_rows(batch, WINDOW)
        staging = Staging(self.store, f"run-{self.runs}")
        collection.stage(self.store, staging, batch)
        audit.audit_staged(staging, suites_dir=critical_suites(), audited_at=NOW)
        result = publish_run(self.catalog, staging, NOW).as_dict()
        counts = staging.read("audited").notes["counts"]
        assert counts["rows_arrived"] == batch.arrived
        assert (
            batch.arrived
            == result["inserted"] + result["corrected"] + result["equal"] + counts["quarantined"]
        )
        return result, counts

    def table(self):
        return self.catalog.load_table("weather.observations").scan().to_arrow()


@pytest.fixture
def pipeline(store, catalog):
    return Pipeline(store, catalog)


@pytest.mark.parametrize(
    ("fault", "error", "passes"),
    [
        ("timeout", KmaUnavailable, True),
        ("500", KmaUnavailable, True),
        ("hang", KmaUnavailable, True),
        ("cut-off", ReplyCutOff, True),
        ("maintenance", KmaMaintenance, True),
        ("empty", NothingYet, True),
        ("wrong-key", KeyRefused, False),
        ("wrong-key-200", KeyRefused, False),
        ("unapproved", EndpointNotApproved, False),
        ("quota", QuotaExhausted, False),
        ("shifted-columns", FormatChanged, False),
    ],
)
def test_a_fault_fails_the_run_by_its_name_and_the_next_run_heals(pipeline, fault, error, passes):
    with pytest.raises(error) as raised:
        # What never comes needn't be waited for as long as what is only slow.
        pipeline.run(fault, read_timeout=0.3 if fault in {"timeout", "hang"} else 3)

    assert issubclass(error, Retryable if passes else Permanent)
    assert KEY not in str(raised.value)
    result, _ = pipeline.run()
    assert result["inserted"] == pipeline.table().num_rows > 280


@pytest.mark.parametrize("fault", ["timeout:call=1", "500:call=1", "cut-off:call=1"])
def test_a_fault_that_passes_is_ridden_out_within_the_run(pipeline, fault):
    result, _ = pipeline.run(fault, read_timeout=1)

    assert result["inserted"] > 280


def test_a_reply_of_an_unknown_format_is_kept(pipeline):
    with pytest.raises(FormatChanged, match=r"kept as raw/kma/kma_sfctm3/.*\.txt\.gz") as raised:
        pipeline.run("shifted-columns")

    key = str(raised.value).rsplit("kept as ", 1)[1].rstrip(".")
    assert pipeline.store.exists(key)


@pytest.mark.parametrize(
    ("fault", "rule"), [("garbage", "unreadable_row"), ("conflicting-rows", "conflicting_copies")]
)
def test_bad_rows_are_quarantined_with_the_rule_and_the_next_run_repairs_the_hours(pipeline, fault, rule):
    result, counts = pipeline.run(fault)

    refused = pipeline.catalog.load_table("weather.quarantine").scan().to_arrow()
    assert counts["quarantined"] == refused.num_rows > 0
    assert set(refused["rule"].to_pylist()) == {rule}
    pipeline.run()
    assert gaps.count_open(pipeline.catalog) <= result["gaps_open"]
    assert pipeline.table().num_rows > 280
    assert max(Counter(key_list(pipeline.table())).values()) == 1


def test_duplicated_rows_are_published_once(pipeline):
    result, counts = pipeline.run("duplicated-rows")

    assert counts["copies"] > 0
    assert result["inserted"] == pipeline.table().num_rows


def test_a_missing_station_is_a_gap_that_the_next_run_closes(pipeline):
    result, _ = pipeline.run("station-missing")
    assert result["gaps_open"] >= 3

    healed, _ = pipeline.run()
    assert healed["gaps_closed"] >= 3
