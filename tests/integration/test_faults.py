"""The API's faults, from HTTP to the tables: each run fails with the cause's name or goes on, and heals."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from simulator.faults import Fault
from simulator.server import Api, Server
from tests.kma_client import PATIENT_S, recovering_client
from tests.quality import staged  # noqa: F401  imports Great Expectations without its warnings
from tests.suites import critical_suites
from tests.weather import simulated_weather
from weather_mlops.errors import (
    EndpointNotApproved,
    FormatChanged,
    KeyRefused,
    KmaMaintenance,
    KmaUnavailable,
    NothingYet,
    Permanent,
    QuotaExhausted,
    ResponseTruncated,
    Retryable,
)
from weather_mlops.ingest import collection
from weather_mlops.kma.client import UncountedCalls
from weather_mlops.lake import gaps
from weather_mlops.lake.keys import key_list
from weather_mlops.lake.publish import publish_run
from weather_mlops.lake.staging import Staging
from weather_mlops.quality import audit
from weather_mlops.stations import load_stations, resolve_station_ids

pytestmark = [pytest.mark.integration]

NOW = datetime.now(UTC)
WINDOW = collection.Window.ending(NOW - timedelta(hours=30), lookback_hours=3)
STATIONS = resolve_station_ids("all")
KEY = "a-key-of-the-test"


class Pipeline:
    """A run of the collection without Airflow, against a simulator with faults."""

    def __init__(self, store, catalog):
        self.store, self.catalog = store, catalog
        self.weather = simulated_weather()
        self.runs = 0

    def collect(
        self, *faults: str, read_timeout: float = PATIENT_S, later_read_timeout: float = PATIENT_S
    ) -> collection.Batch:
        """The first task: what it hands on to the others; it fails where the API does."""
        parsed = [Fault.parse(fault) for fault in faults]
        api = Api(self.weather, load_stations(), lambda: NOW, KEY, parsed)
        with Server(("127.0.0.1", 0), api) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                client = recovering_client(
                    f"{server.url}/api/typ01/url", KEY, budget=UncountedCalls(), read_timeout=read_timeout,
                    later_read_timeout=later_read_timeout,
                )  # fmt: skip
                batch = collection.fetch_window(client, self.store, WINDOW, STATIONS)
            finally:
                server.stop()
                thread.join()
        collection.require_rows(batch, WINDOW)
        return batch

    def run(self, *faults: str):
        """All tasks; what the last one changed, and the counts of the audit."""
        self.runs += 1
        batch = self.collect(*faults)
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
        ("cut-off", ResponseTruncated, True),
        ("maintenance", KmaMaintenance, True),
        ("empty", NothingYet, True),
        ("wrong-key", KeyRefused, False),
        ("wrong-key-200", KeyRefused, False),
        ("unapproved", EndpointNotApproved, False),
        ("quota", QuotaExhausted, False),
        ("quota-daily", QuotaExhausted, False),
        ("quota-capacity", QuotaExhausted, False),
        ("quota-text", QuotaExhausted, False),
        ("gateway-quota", QuotaExhausted, False),
        ("gateway-key", KeyRefused, False),
        ("gateway-busy", KmaUnavailable, True),
        ("shifted-columns", FormatChanged, False),
    ],
)
def test_a_fault_fails_the_run_by_its_name_and_hands_nothing_on(pipeline, fault, error, passes):
    # What never comes needn't be waited for as long as what is only slow.
    seconds = 0.3 if fault in {"timeout", "hang"} else PATIENT_S
    with pytest.raises(error) as raised:
        pipeline.collect(fault, read_timeout=seconds, later_read_timeout=seconds)

    assert issubclass(error, Retryable if passes else Permanent)
    assert KEY not in str(raised.value)
    # At most a response that is kept: the next run begins where this one did.
    assert {entry.key.split("/")[0] for entry in pipeline.store.list("")} <= {"raw"}


@pytest.mark.parametrize("fault", ["500", "empty", "shifted-columns"])
def test_after_a_fault_the_next_run_heals(pipeline, fault):
    """Of faults that leave nothing, an empty response, and one that can't be read."""
    with pytest.raises((KmaUnavailable, NothingYet, FormatChanged)):
        pipeline.run(fault)

    result, _ = pipeline.run()
    assert result["inserted"] == pipeline.table().num_rows > 280


@pytest.mark.parametrize("fault", ["timeout:call=1", "500:call=1", "cut-off:call=1"])
def test_a_fault_that_passes_is_ridden_out_within_the_run(pipeline, fault):
    batch = pipeline.collect(fault, read_timeout=0.3 if fault.startswith("timeout") else PATIENT_S)

    assert batch.arrived > 280


def test_a_response_of_an_unknown_format_is_stored(pipeline):
    with pytest.raises(FormatChanged, match=r"stored as raw/kma/kma_sfctm3/.*\.txt\.gz") as raised:
        pipeline.collect("shifted-columns")

    key = str(raised.value).rsplit("stored as ", 1)[1].rstrip(".")
    assert pipeline.store.exists(key)


@pytest.mark.parametrize(
    ("fault", "rule"), [("garbage", "unreadable_row"), ("conflicting-rows", "conflicting_copies")]
)
def test_bad_rows_are_quarantined_and_the_next_run_repairs_hours(pipeline, fault, rule):
    result, counts = pipeline.run(fault)

    refused = pipeline.catalog.load_table("weather.quarantine").scan().to_arrow()
    assert counts["quarantined"] == refused.num_rows > 0
    assert set(refused["rule"].to_pylist()) == {rule}
    pipeline.run()
    assert gaps.count_open(pipeline.catalog) <= result["gaps_open"]
    assert pipeline.table().num_rows > 280
    assert max(Counter(key_list(pipeline.table())).values()) == 1


def test_impossible_codes_are_published_and_corrected_by_a_run(pipeline):
    result, counts = pipeline.run("impossible-codes")
    codes = pipeline.table()["pressure_tendency_code"]

    assert counts["quarantined"] == 0
    assert set(codes.to_pylist()) == {99}
    healed, _ = pipeline.run()
    assert healed["corrected"] == result["inserted"]


def test_duplicated_rows_are_published_once(pipeline):
    result, counts = pipeline.run("duplicated-rows")

    assert counts["copies"] > 0
    assert result["inserted"] == pipeline.table().num_rows


def test_a_missing_station_is_a_gap_that_the_next_run_closes(pipeline):
    result, _ = pipeline.run("station-missing")
    assert result["gaps_open"] >= 3

    healed, _ = pipeline.run()
    assert healed["gaps_closed"] >= 3
