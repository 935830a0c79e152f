"""history in a real Airflow: from the form's words to the table, on good days and bad ones."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import psutil
import pytest

from embedded.airflow_api import Run
from embedded.components import KMA_CONNECTIONS, KMA_POOL
from embedded.processes import session_of
from tests.e2e.systems import Stack, access, keys_of, observations
from weather_mlops.clock import KST
from weather_mlops.lake.catalog import open_catalog
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.quota import PREFIX

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
PATIENCE = 400
STATIONS = "108,143"
MONTH_H = 29 * 24


def begin(stack: Stack, first: str, last: str, **more: Any) -> str:
    return stack.api.trigger("history", conf={"from": first, "to": last, "stations": STATIONS, **more})


def end(stack: Stack, run_id: str) -> tuple[Run, Mapping[str, Any]]:
    run = stack.api.wait("history", run_id, PATIENCE)
    return run, stack.api.results(run)


def load(stack: Stack, first: str, last: str, **more: Any) -> tuple[Run, Mapping[str, Any]]:
    return end(stack, begin(stack, first, last, **more))


def gaps(stack: Stack) -> list[dict]:
    uri = stack.system.data_environment()["PYICEBERG_CATALOG__WEATHER__URI"]
    table = open_catalog(access(stack.system), uri=uri, type="sql").load_table("weather.gaps")
    return table.scan().to_arrow().to_pylist()


def year(stack: Stack, number: int) -> list[tuple[int, datetime]]:
    """Keys of the rows of a year; none of them twice in the table."""
    keys = keys_of(observations(stack))
    assert max(Counter(keys).values()) == 1
    return [key for key in keys if key[1].year == number]


def test_a_load_goes_from_the_form_to_the_table_in_two_lanes(stack):
    run, results = load(stack, "2016-02-01", "2016-03-31", parallelism=2)

    assert run.state == "success", stack.logs()[-5000:]
    assert Counter(task["task_id"] for task in stack.api.tasks(run)) == {
        "plan_history": 1,
        "fetch_history": 2,
        "validate_history": 2,
        "publish_history": 1,
    }
    missing = sum(row["observed_at"].year == 2016 for row in gaps(stack))
    assert results["inserted"] == len(year(stack, 2016)) == 60 * 24 * 2 - missing
    assert results["rows_arrived"] == results["inserted"]
    assert "stage=fetch months=" in stack.task_log("fetch_history")


def test_the_same_load_again_asks_nothing_and_changes_nothing(stack):
    run, results = load(stack, "2016-02-01", "2016-03-31")

    assert run.state == "success"
    assert (results["calls"], results["inserted"], results["corrected"]) == (0, 0, 0)


def test_the_pool_bounds_the_connections(stack):
    (pool,) = [pool for pool in stack.api.call("GET", "pools")["pools"] if pool["name"] == KMA_POOL]

    assert pool["slots"] == KMA_CONNECTIONS


@pytest.mark.parametrize(
    ("number", "task", "held"),
    [
        (2001, "fetch_history", "collected.zip"),
        (2002, "validate_history", "audited.zip"),
        (2003, "publish_history", "metadata.json"),
    ],
)
def test_a_killed_task_goes_on_where_it_stood(stack, number, task, held):
    stack.proxy.hold_at(lambda method, path: method == "PUT" and held in path)
    run_id = begin(stack, f"{number}-02-01", f"{number}-02-20")
    stack.proxy.kill_the_held()
    run, _ = end(stack, run_id)

    assert run.state == "success", stack.logs()[-5000:]
    assert max(each["try_number"] for each in stack.api.tasks(run) if each["task_id"] == task) == 2
    missing = sum(row["observed_at"].year == number for row in gaps(stack))
    assert len(year(stack, number)) + missing == 20 * 24 * 2


def test_a_chunk_that_fails_is_named_and_the_others_published(stack):
    stack.simulator("--fault", "moved-columns:call=1")
    run, results = load(stack, "2004-01-01", "2004-03-31")
    stack.simulator()
    failed = [task["task_id"] for task in stack.api.tasks(run) if task["state"] == "failed"]

    assert run.state == "failed"
    assert failed == ["publish_history"]
    assert results["chunks_failed"] == 1
    log = stack.task_log("publish_history")
    assert "LoadIncomplete" in log
    assert "2004-01-01" in log
    assert len(year(stack, 2004)) > 2 * MONTH_H
    assert {
        row["reason"].split(":")[0] for row in gaps(stack) if row["reason"] not in {"missing", "quarantined"}
    } == {"FormatChanged"}

    run, results = load(stack, "2004-01-01", "2004-03-31")
    assert run.state == "success"
    assert results["calls"] == 1


def test_s3_that_is_down_for_a_while_costs_a_try_and_no_row(stack):
    run_id = begin(stack, "2005-02-01", "2005-03-31")
    stack.storage(up=False)
    stack.storage(up=True)
    run, _ = end(stack, run_id)
    missing = sum(row["observed_at"].year == 2005 for row in gaps(stack))

    assert run.state == "success", stack.logs()[-5000:]
    assert len(year(stack, 2005)) + missing == 59 * 24 * 2


def test_the_hourly_run_works_during_a_load(stack):
    run_id = begin(stack, "2006-02-01", "2006-04-30")
    hourly = stack.api.run_now("data_collection")
    collected = stack.wait(hourly)
    run, _ = end(stack, run_id)
    missing = sum(row["observed_at"].year == 2006 for row in gaps(stack))

    assert (run.state, collected.state) == ("success", "success"), stack.logs()[-5000:]
    assert stack.api.results(collected)["lost"] == 0
    assert len(year(stack, 2006)) + missing == 89 * 24 * 2


def test_a_used_up_quota_defers_the_load_to_the_next_day(stack):
    store = ObjectStore(access(stack.system))
    today = datetime.now(KST)
    used = f"{PREFIX}{today:%Y-%m-%d}/000000-others-20000"
    store.put(used, b"")
    run_id = begin(stack, "2007-02-01", "2007-02-10")
    path = f"dags/history/dagRuns/{run_id}/taskInstances"
    try:
        stack.until(
            lambda: "deferred" in {task["state"] for task in stack.api.call("GET", path)["task_instances"]}
        )
    finally:
        store.delete(used)
        stack.api.call("PATCH", f"dags/history/dagRuns/{run_id}", json={"state": "failed"})

    assert "continues at" in stack.task_log("fetch_history")
    run, _ = load(stack, "2007-02-01", "2007-02-10")
    assert run.state == "success"


def test_a_killed_scheduler_is_restarted_and_costs_no_row(stack):
    stack.proxy.hold_at(lambda method, path: method == "PUT" and "collected.zip" in path)
    run_id = begin(stack, "2008-02-01", "2008-03-31")
    assert stack.proxy.held.wait(120)
    supervisor = stack.launcher.supervisor
    killed = supervisor.running["scheduler"].leader
    psutil.Process(killed.pid).kill()
    stack.proxy.hold = None

    def is_back() -> bool:
        supervisor.supervise()
        scheduler = supervisor.running["scheduler"]
        return scheduler.leader != killed and scheduler.ready

    stack.until(is_back)
    left = [process for process in psutil.process_iter(["status"]) if session_of(process) == killed.pid]
    assert {process.info["status"] for process in left} <= {psutil.STATUS_ZOMBIE}
    run, _ = end(stack, run_id)
    missing = sum(row["observed_at"].year == 2008 for row in gaps(stack))

    assert run.state == "success", stack.logs()[-5000:]
    assert len(year(stack, 2008)) + missing == 60 * 24 * 2


def test_no_secret_is_in_any_log(stack):
    logs = stack.logs()

    assert not [secret for secret in stack.secrets() if secret in logs]
