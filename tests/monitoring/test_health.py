"""The section system_health: each part by itself, and its checks when one of them is down."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.monitoring import orchestrator as fake
from tests.monitoring.failing import assert_contained
from tests.monitoring.orchestrator import dag, run, task
from weather_mlops.errors import Misconfigured, OrchestratorRefused, StorageRefused
from weather_mlops.lake import documents
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.monitoring import health, storage
from weather_mlops.monitoring.checks import Section, Status
from weather_mlops.monitoring.health import SystemHealthLimits
from weather_mlops.monitoring.report.starting import beginning
from weather_mlops.monitoring.report.verdict import ReportVerdict, judge

NOW = datetime(2026, 11, 25, 0, 0, 10, tzinfo=UTC)


def put_response(store, at: datetime, name: str = "a") -> None:
    """Store a complete response, with the key that ``lake.raw`` gives it."""
    local = at.astimezone(health.kma_health.KST)
    key = f"raw/kma/kma_sfctm3/{local:%Y/%m/%d}/{local:%Y%m%d%H00}_{local:%Y%m%d%H00}_all_{name}"
    store.put(f"{key}.txt.gz", b"")
    store.put(f"{key}.json", json.dumps({"fetched_at": at.isoformat()}).encode())


@pytest.fixture
def measured(tmp_path):
    """Measures the section."""

    def measuring(store, open_airflow, limits: SystemHealthLimits | None = None) -> Section:
        limits = limits or SystemHealthLimits(max_clock_skew_s=1e12)  # the test's clock stands still
        more = {"disks": ["/"], "state_dir": tmp_path, "daily_calls": 1000, "now": NOW}
        return health.measure(store, open_airflow, limits, **more)

    return measuring


def by_problem(section: Section) -> dict:
    return {check.problem: check for check in section.checks}


def breaches(section: Section) -> set[str]:
    return {check.problem for check in section.checks if check.status is Status.BREACH}


def unknown(section: Section) -> set[str]:
    return {check.problem for check in section.checks if check.status is Status.UNKNOWN}


@pytest.fixture
def well(orchestrator):
    """A system with nothing wrong: a pipeline by schedule that ran each hour."""
    orchestrator.dags = [dag("data_collection", next_dagrun_run_after="2026-11-25T01:00:00Z")]
    orchestrator.runs = [run("data_collection", f"r{n}", "success") for n in range(8)]
    orchestrator.tasks = [task("data_collection", "collect_weather_data", "success")] * 8
    return orchestrator


def test_a_healthy_system_breaches_nothing_and_lacks_nothing(measured, store, well):
    put_response(store, NOW - timedelta(minutes=50))
    section = measured(store, well.api, limits=SystemHealthLimits(
        max_clock_skew_s=1e12, max_cpu_share=1, max_memory_share=1, max_disk_share=1, max_s3_ms=1e5
    ))  # fmt: skip

    assert breaches(section) == set()
    assert unknown(section) <= {"cpu_busy"}  # on a machine where no run was before
    assert not section.missing
    assert section.figures["kma"] == {
        "last_success_at": "2026-11-24T23:10:10+00:00", "last_success_age_h": 0.83, "replies_24h": 1,
        "calls_used": 0, "calls_left": 1000, "tries_24h": 8, "failed_tries_24h": 0, "error_share": 0.0,
    }  # fmt: skip
    assert section.figures["airflow"]["dags"]["data_collection"]["median_seconds"] == 10
    assert all(section.figures["storage"][f"{step}_ms"] > 0 for step in storage.STEPS)
    assert not store.exists(storage.PROBE)
    stored = json.dumps(section.as_dict()).encode()
    assert documents.parse(stored, Section, "").as_dict() == section.as_dict()


def test_the_first_hour_of_a_new_system_is_not_alarming(measured, store, orchestrator):
    orchestrator.dags = [dag("data_collection", next_dagrun_run_after="2026-11-25T01:00:00Z")]
    section = measured(store, orchestrator.api)

    assert not {problem for problem in breaches(section) if not problem.startswith(("cpu", "memory", "disk"))}
    assert {"kma_silent", "kma_errors", "dag_slow:data_collection"} <= unknown(section)
    assert all(check.detail for check in section.checks)


def test_every_pipeline_is_watched_and_a_failing_rollback(measured, store, orchestrator):
    by_hand = dag("model_rollback", timetable_summary=None)
    orchestrator.page_limit = 3
    orchestrator.dags = [*(dag(f"own_{n}") for n in range(7)), by_hand]
    orchestrator.runs = [
        run("model_rollback", f"manual_{n}", "failed", end_date="2026-11-24T23:30:00+00:00") for n in range(2)
    ]
    section = measured(store, orchestrator.api)

    assert {f"dag_failing:{each['dag_id']}" for each in orchestrator.dags} <= set(by_problem(section))
    assert "dag_failing:model_rollback" in breaches(section)
    assert section.figures["airflow"]["first_run_at"] == "2026-11-24T23:00:00+00:00"
    assert judge([section], beginning([section], NOW)) is ReportVerdict.ACT


def test_a_pipeline_that_airflow_can_not_load_is_named(measured, store, well):
    assert by_problem(measured(store, well.api))["pipeline_broken"].status is Status.OK
    well.broken_files = ["/opt/pipelines/own.yml"]
    section = measured(store, well.api)

    assert "pipeline_broken" in breaches(section)
    assert by_problem(section)["pipeline_broken"].detail.startswith("Airflow can't load own.yml:")
    well.broken_files = None
    refused = measured(store, well.api)
    assert by_problem(refused)["pipeline_broken"].status is Status.UNKNOWN
    assert by_problem(refused)["airflow_unreachable"].status is Status.OK


def test_without_an_airflow_connection_the_setting_is_named(measured, store):
    def unconfigured():
        raise Misconfigured("there is no connection airflow_api_default: add it in Admin → Connections")

    put_response(store, NOW - timedelta(minutes=50))
    section = measured(store, unconfigured)

    assert [(gap.what, "Admin → Connections" in gap.why) for gap in section.missing] == [("airflow", True)]
    assert {"airflow_unreachable", "airflow_component", "dag_failing", "kma_errors"} <= unknown(section)
    assert by_problem(section)["kma_silent"].status is Status.OK


@pytest.mark.parametrize("how", ["down", "500", "wrong password"])
def test_a_dead_airflow_api_is_a_breach_and_the_rest_is_measured(measured, store, well, how):
    put_response(store, NOW - timedelta(minutes=50))
    api = well.api("wrong") if how == "wrong password" else well.api()
    if how == "down":
        api.url = "http://127.0.0.1:9"
    if how == "500":
        well.broken = 500
    section = measured(store, lambda: api)

    assert "airflow_unreachable" in breaches(section)
    assert [gap.what for gap in section.missing] == ["airflow"]
    assert by_problem(section)["s3_failing"].status is Status.OK
    assert by_problem(section)["kma_silent"].status is Status.OK
    assert "wrong" not in json.dumps(section.as_dict())


def test_s3_being_down_is_a_breach_and_the_rest_is_measured(measured, store, well):
    gone = ObjectStore(replace(store.access, endpoint_url="http://127.0.0.1:9"))
    section = measured(gone, well.api)

    assert "s3_failing" in breaches(section)
    assert {"s3_slow", "clock_skew", "kma_silent", "kma_budget"} <= unknown(section)
    assert {gap.what for gap in section.missing} == {
        "kma", "storage"
    }  # fmt: skip
    assert by_problem(section)["dag_failing:data_collection"].status is Status.OK
    assert store.access.secret_access_key not in json.dumps(section.as_dict())


def test_a_part_of_airflow_that_is_not_healthy_is_named(measured, store, well):
    dead = {"status": "unhealthy", "latest_scheduler_heartbeat": "2026-11-24T23:50:10+00:00"}
    well.health = {**fake.HEALTHY, "scheduler": dead, "triggerer": {"status": None}}
    section = measured(store, well.api)

    assert {"airflow_component:scheduler", "airflow_component:triggerer"} <= breaches(section)
    assert by_problem(section)["airflow_component:scheduler"].value == 600
    assert "none is running" in by_problem(section)["airflow_component:triggerer"].detail
    assert by_problem(section)["airflow_component:dag_processor"].status is Status.OK


def test_a_silent_failing_or_nearly_used_up_kma_breaches(measured, store, well):
    put_response(store, NOW - timedelta(hours=7))
    store.put("calls/kma/2026-11-25/090000-x-950", b"")
    well.tasks = [task("data_collection", "collect_weather_data", "failed", 4)] * 2
    well.tasks += [task("data_collection", "collect_weather_data", "success", 2)] * 2
    section = measured(store, well.api)
    checks = by_problem(section)

    assert {"kma_silent", "kma_errors", "kma_budget"} <= breaches(section)
    assert (checks["kma_silent"].value, checks["kma_silent"].unit) == (7, "h")
    assert checks["kma_errors"].value == pytest.approx(100 * 10 / 12)
    assert checks["kma_budget"].value == 95


def test_a_response_of_days_ago_is_the_last_success(measured, store, well):
    put_response(store, NOW - timedelta(days=9))
    assert by_problem(measured(store, well.api))["kma_silent"].value == pytest.approx(9 * 24)


def test_clocks_that_disagree_breach_and_upset_nothing_else(measured, store, well):
    put_response(store, NOW + timedelta(hours=5))  # fetched by a machine whose clock is ahead
    probe = storage.probe(store, lambda: datetime.now(UTC) + timedelta(minutes=5))
    (skew,) = [c for c in storage.checks(probe, max_ms=1e5, max_clock_skew_s=60) if c.name == "clock_skew"]

    assert skew.status is Status.BREACH
    assert skew.value == pytest.approx(300, abs=5)
    assert "behind" in skew.detail
    well.health = {**fake.HEALTHY, "scheduler": {"status": "healthy",
                   "latest_scheduler_heartbeat": "2026-11-25T09:00:00+00:00"}}  # fmt: skip
    well.runs[0] = run(
        "data_collection", "r", "running", start_date="2026-11-25T03:00:00+00:00", duration=None
    )
    section = measured(store, well.api)
    assert not {p for p in breaches(section) if p.startswith(("airflow", "dag", "kma"))}


class NeverDeletes(ObjectStore):
    def delete(self, *keys: str) -> None:
        raise StorageRefused(f"{self.where(keys[0])}: AccessDenied, HTTP 403. Check the policy.")


def test_a_step_of_s3_that_fails_is_named_with_its_error(measured, access, well):
    section = measured(NeverDeletes(access), well.api)
    check = by_problem(section)["s3_failing"]

    assert check.status is Status.BREACH
    assert check.detail.startswith("delete failed: ")
    assert "AccessDenied" in check.detail
    assert [gap.what for gap in section.missing] == ["storage"]


def test_the_password_is_in_no_error(orchestrator):
    with pytest.raises(OrchestratorRefused) as refused:
        orchestrator.api("topsecret").dags()
    assert "topsecret" not in str(refused.value)
    assert "connection" in str(refused.value)
    with pytest.raises(Misconfigured, match="http"):
        type(orchestrator.api())("localhost:8080", "u", "topsecret")


def test_a_failing_part_is_missing_with_its_reason_alone(measured, store, well, caplog):
    put_response(store, NOW - timedelta(minutes=50))
    assert_contained(
        lambda: measured(store, well.api),
        store,
        {
            "host.measure": ["machine"],
            "host.checks": ["machine"],
            "storage.probe": ["storage"],
            "kma_health.measure": ["kma"],
            "kma_health.status_checks": ["kma"],
            "dags.component_checks": ["airflow"],
            "dags.dag_checks": ["airflow"],
            "airflow_api.AirflowApi.health": ["airflow"],
        },
        caplog,
    )
