"""data_collection in a real Airflow, on good days and bad ones."""

import json
import time
from collections import Counter

import pytest
import requests

from embedded.services import ServiceError
from tests.e2e.systems import E2E_PATIENCE, access, accounted, keys_of, observations
from weather_mlops.lake.object_store import ObjectStore

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def assert_whole(stack, results) -> None:
    """Check that no row is lost or duplicated."""
    assert accounted(results), results
    assert max(Counter(keys_of(observations(stack))).values()) == 1


def test_a_run_collects_audits_publishes_and_checks(stack):
    run, results = stack.first, stack.api.results(stack.first)

    assert run.state == "success", stack.logs()[-5000:]
    assert {task["task_id"]: task["state"] for task in stack.api.tasks(run)} == {
        "collect_weather_data": "success",
        "validate_data_quality": "success",
        "update_data_catalog": "success",
        "health_check": "success",
    }
    assert_whole(stack, results)
    assert results["inserted"] > 250
    assert 0.9 < results["quality_score"] <= 1
    assert len(observations(stack)) == results["inserted"]


def test_a_second_run_of_the_hour_changes_nothing(stack):
    table = observations(stack)
    before = len(stack.proxy.requests)
    _, results = stack.collect()
    requests_made = len(stack.proxy.requests) - before

    assert_whole(stack, results)
    assert len(observations(stack)) == len(table) + results["inserted"]
    assert results["equal"] + results["inserted"] > 250  # an hour may have struck since
    assert requests_made < 40, Counter(stack.proxy.requests[before:])


def test_the_results_and_pages_of_a_run_are_on_s3(stack):
    results = stack.api.results(stack.first)
    store = ObjectStore(access(stack.system))

    for key in results["raw_keys"]:
        assert store.get(key)[:2] == b"\x1f\x8b"
        sidecar = json.loads(store.get(key.replace(".txt.gz", ".json")))
        assert "authKey" not in json.dumps(sidecar)
    assert json.loads(store.get(results["validation_key"]))
    assert b"<html" in store.get(results["docs_key"])[:2000].lower()


def test_each_run_updates_the_observations_asset(stack):
    events = stack.api.call("GET", "assets/events")["asset_events"]

    assert events
    assert {event["source_task_id"] for event in events} == {"update_data_catalog"}


def test_a_maintenance_page_costs_no_try(stack):
    stack.simulator("--fault", "maintenance")
    run_id = stack.trigger()
    wait_for(stack, run_id, "collect_weather_data", "deferred")
    stack.simulator()
    run = stack.wait(run_id)

    assert run.state == "success"
    assert "KmaMaintenance" in stack.task_log("collect_weather_data")
    assert {task["try_number"] for task in stack.api.tasks(run)} == {1}
    assert_whole(stack, stack.api.results(run))


def test_an_unpublished_hour_is_waited_for_without_a_worker(stack):
    stack.simulator("--publish-delay", "100000")
    run_id = stack.trigger()
    wait_for(stack, run_id, "collect_weather_data", "deferred")
    stack.simulator()
    run = stack.wait(run_id)

    assert run.state == "success"
    assert stack.api.results(run)["published_share"] > 0.9


def test_a_refused_key_fails_the_task_at_once(stack):
    stack.simulator("--fault", "wrong-key")
    run, _ = stack.collect()
    stack.simulator()

    (failed,) = [task for task in stack.api.tasks(run) if task["state"] == "failed"]
    assert failed["task_id"] == "collect_weather_data"
    assert failed["try_number"] == 1
    assert "KeyRefused" in stack.task_log("collect_weather_data")


def test_s3_that_is_down_is_named_and_the_run_heals(stack):
    stack.storage(up=False)
    run_id = stack.trigger()
    wait_for(stack, run_id, "collect_weather_data", "up_for_retry")
    stack.storage(up=True)
    run = stack.wait(run_id)

    assert run.state == "success"
    assert "StorageUnavailable" in stack.task_log("collect_weather_data")
    assert_whole(stack, stack.api.results(run))


def test_s3_that_is_slow_and_busy_is_waited_for(stack):
    puts = Counter()

    def first_two_of_each(method: str, path: str) -> bool:
        puts[path] += method == "PUT"
        return method == "PUT" and puts[path] <= 2

    stack.proxy.unavailable, stack.proxy.delay = first_two_of_each, 0.2
    run, results = stack.collect()
    stack.proxy.unavailable, stack.proxy.delay = None, 0

    assert run.state == "success"
    assert max(puts.values()) > 2
    assert_whole(stack, results)


def test_a_task_killed_after_writing_raw_makes_no_doubles(stack):
    stack.proxy.hold_at(
        lambda method, path: method == "PUT" and "/staging/" in path and "collected.zip" in path
    )
    run_id = stack.trigger()
    stack.proxy.kill_the_held()
    run = stack.wait(run_id)

    assert run.state == "success"
    assert tries(stack, run)["collect_weather_data"] == 2
    assert_whole(stack, stack.api.results(run))


def test_a_task_killed_in_its_commit_loses_no_row(stack):
    rows_before = len(observations(stack))
    stack.simulator("--seed", "7")  # other weather: every row is corrected, so there is something to commit
    stack.proxy.hold_at(
        lambda method, path: method == "PUT" and "observations" in path and "metadata.json" in path
    )
    run_id = stack.trigger()
    stack.proxy.kill_the_held()
    run = stack.wait(run_id)
    stack.simulator()

    assert run.state == "success"
    assert tries(stack, run)["update_data_catalog"] == 2
    results = stack.api.results(run)
    assert_whole(stack, results)
    assert results["corrected"] > 150
    assert results["corrected"] + results["inserted"] > 250
    assert len(observations(stack)) == rows_before + results["inserted"]


def test_too_bad_a_batch_is_not_published_and_the_next_run_heals(stack):
    rows_before = len(observations(stack))
    stack.simulator("--fault", "shifted-columns")
    run, _ = stack.collect()
    stack.simulator()
    assert run.state == "failed"
    assert len(observations(stack)) == rows_before

    run, results = stack.collect()
    assert run.state == "success"
    assert_whole(stack, results)


@pytest.mark.parametrize("faults", [("garbage", "duplicated-rows"), ("conflicting-rows",)], ids=" ".join)
def test_bad_rows_are_set_aside_and_the_good_ones_go_on(stack, faults):
    stack.simulator(*(argument for fault in faults for argument in ("--fault", fault)))
    run, results = stack.collect()
    stack.simulator()

    assert run.state == "success"
    assert_whole(stack, results)
    assert results["quarantined"]
    assert results["rows"] > results["quarantined"] + 200


@pytest.mark.parametrize("year", [2927, 1990])
def test_a_run_of_a_mistyped_year_is_refused(stack, year):
    runs = stack.api.call("GET", "dags/data_collection/dagRuns")["total_entries"]

    with pytest.raises(
        ServiceError, match=rf"400 .*logical_date {year}-03-01.* (the future|before the DAG's)"
    ):
        stack.trigger(f"{year}-03-01T00:00:00Z")

    assert stack.api.call("GET", "dags/data_collection/dagRuns")["total_entries"] == runs


def test_the_ui_needs_a_login(stack):
    assert requests.get(f"{stack.system.ui_url}/api/v2/dags", timeout=10).status_code == 401


def test_no_secret_is_in_any_log(stack):
    logs = stack.logs()

    assert "collect_weather_data" in logs
    for secret in stack.secrets():
        assert secret not in logs


def test_a_run_says_how_many_calls_are_left(stack):
    assert 0 < stack.api.results(stack.first)["calls_left"] < 20_000


def tries(stack, run) -> dict[str, int]:
    return {task["task_id"]: task["try_number"] for task in stack.api.tasks(run)}


def wait_for(stack, run_id: str, task_id: str, state: str) -> None:
    """Wait until a task is in a state."""
    deadline = time.monotonic() + E2E_PATIENCE
    while time.monotonic() < deadline:
        run = stack.api.run("data_collection", run_id)
        (task,) = [task for task in stack.api.tasks(run) if task["task_id"] == task_id]
        if task["state"] == state or (state == "up_for_retry" and task["try_number"] > 1):
            return
        assert run.state in {"queued", "running"}, run
        time.sleep(0.3)
    raise AssertionError(f"{task_id} was not {state}")
