"""data_collection in a real Airflow, on good days and bad ones."""

import json
import time
from collections import Counter
from datetime import datetime

import pyarrow as pa
import pytest
import requests

from weather_mlops.lake.catalog import open_catalog
from weather_mlops.lake.store import ObjectStore, S3Access

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def access(stack) -> S3Access:
    return S3Access(
        bucket="weather",
        endpoint_url=f"http://127.0.0.1:{stack.system.ports.s3}",
        access_key_id=stack.system.keys.s3_user,
        secret_access_key=stack.system.keys.s3_secret,
        session_token=None,
        region="us-east-1",
    )


def observations(stack) -> pa.Table:
    uri = stack.system.data_environment()["PYICEBERG_CATALOG__WEATHER__URI"]
    catalog = open_catalog(access(stack), uri=uri, type="sql")
    return catalog.load_table("weather.observations").scan().to_arrow()


def keys_of(table: pa.Table) -> list[tuple[int, datetime]]:
    return list(zip(table["station_id"].to_pylist(), table["observed_at"].to_pylist(), strict=True))


def accounted(results) -> bool:
    """arrived = published + equal + quarantined."""
    return results["rows"] == (
        results["inserted"] + results["corrected"] + results["equal"] + results["quarantined"]
    )


def assert_whole(stack, results) -> None:
    """No row lost, none doubled."""
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


def test_a_second_run_of_the_same_hour_changes_nothing_and_needs_few_requests(stack):
    table = observations(stack)
    before = len(stack.proxy.requests)
    _, results = stack.collect()
    requests_made = len(stack.proxy.requests) - before

    assert_whole(stack, results)
    assert len(observations(stack)) == len(table) + results["inserted"]
    assert results["equal"] + results["inserted"] > 250  # an hour may have struck since
    assert requests_made < 40, Counter(stack.proxy.requests[before:])


def test_the_results_and_pages_of_a_run_are_on_s3(stack):
    _, results = stack.collect()
    store = ObjectStore(access(stack))

    for key in results["raw_keys"]:
        assert store.get(key)[:2] == b"\x1f\x8b"
        sidecar = json.loads(store.get(key.replace(".txt.gz", ".json")))
        assert "authKey" not in json.dumps(sidecar)
    assert json.loads(store.get(results["validation_key"]))
    assert b"<html" in store.get(results["docs_key"])[:2000].lower()


def test_the_observations_asset_is_told_of_each_run(stack):
    events = stack.api.call("GET", "assets/events")["asset_events"]

    assert events
    assert {event["source_task_id"] for event in events} == {"update_data_catalog"}


def test_a_maintenance_page_fails_the_task_with_its_name_and_heals_by_itself(stack):
    stack.simulator("--fault", "maintenance")
    run_id = stack.trigger()
    wait_for(stack, run_id, "collect_weather_data", "up_for_retry")
    stack.simulator()
    run = stack.wait(run_id)

    assert run.state == "success"
    assert "KmaMaintenance" in stack.task_log("collect_weather_data")
    assert_whole(stack, stack.api.results(run))


def test_an_hour_that_is_not_published_yet_is_waited_for_without_a_worker(stack):
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


def test_s3_that_is_down_fails_the_task_with_its_name_and_heals_when_it_is_back(stack):
    stack.storage(up=False)
    run_id = stack.trigger()
    wait_for(stack, run_id, "collect_weather_data", "up_for_retry")
    stack.storage(up=True)
    run = stack.wait(run_id)

    assert run.state == "success"
    assert "StorageUnavailable" in stack.task_log("collect_weather_data")
    assert_whole(stack, stack.api.results(run))


def test_s3_that_answers_503_for_a_while_is_ridden_out(stack):
    seen = Counter()

    def twice_each(method: str, path: str) -> bool:
        seen[path] += method == "PUT"
        return method == "PUT" and seen[path] <= 2

    stack.proxy.unavailable = twice_each
    run, results = stack.collect()
    stack.proxy.unavailable = None

    assert run.state == "success"
    assert_whole(stack, results)


def test_s3_that_is_slow_makes_the_run_slow_and_nothing_else(stack):
    stack.proxy.delay = 0.2
    run, results = stack.collect()
    stack.proxy.delay = 0

    assert run.state == "success"
    assert_whole(stack, results)


def test_a_task_killed_after_raw_was_written_heals_without_doubles(stack):
    stack.proxy.hold_at(
        lambda method, path: method == "PUT" and "/staging/" in path and "collected.zip" in path
    )
    run_id = stack.trigger()
    stack.proxy.kill_the_held()
    run = stack.wait(run_id)

    assert run.state == "success"
    assert tries(stack, run)["collect_weather_data"] == 2
    assert_whole(stack, stack.api.results(run))


def test_a_task_killed_during_the_commit_heals_without_loss_or_doubles(stack):
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


@pytest.mark.parametrize(
    ("fault", "quarantined"),
    [("garbage", True), ("duplicated-rows", False), ("conflicting-rows", True)],
)
def test_bad_rows_are_set_aside_and_the_good_ones_go_on(stack, fault, quarantined):
    stack.simulator("--fault", fault)
    run, results = stack.collect()
    stack.simulator()

    assert run.state == "success"
    assert_whole(stack, results)
    assert bool(results["quarantined"]) == quarantined


def test_the_ui_needs_a_login(stack):
    assert requests.get(f"{stack.system.ui_url}/api/v2/dags", timeout=10).status_code == 401


def test_no_secret_is_in_any_log(stack):
    logs = stack.logs()

    assert "collect_weather_data" in logs
    for secret in stack.secrets():
        assert secret not in logs


def test_the_state_of_the_calls_is_told(stack):
    _, results = stack.collect()

    assert 0 < results["calls_left"] < 20_000


def tries(stack, run) -> dict[str, int]:
    return {task["task_id"]: task["try_number"] for task in stack.api.tasks(run)}


def wait_for(stack, run_id: str, task_id: str, state: str) -> None:
    """Wait until a task is in a state."""
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline:
        run = stack.api.run("data_collection", run_id)
        (task,) = [task for task in stack.api.tasks(run) if task["task_id"] == task_id]
        if task["state"] == state or (state == "up_for_retry" and task["try_number"] > 1):
            return
        assert run.state in {"queued", "running"}, run
        time.sleep(0.3)
    raise AssertionError(f"{task_id} was not {state}")
