"""Workers: tasks are distributed among them by queue, and the task of a killed worker is done once."""

import time

import pytest

pytestmark = [pytest.mark.containers, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def workers(celery):
    """Containers of the workers, by host name."""
    names = celery.engine("ps", "--filter", "name=airflow-worker", "--format", "{{.Names}}").split()
    return {celery.execute(name, "hostname").strip(): name for name in names}


def test_tasks_of_a_named_queue_are_spread_over_two_workers(celery, workers):
    run, _ = celery.do("spread")
    tasks = celery.api.tasks(run)

    assert run.state == "success", celery.logs()
    assert {task["queue"] for task in tasks} == {"training"}
    assert {task["hostname"] for task in tasks} == set(workers)
    assert len(workers) == 2


def test_a_worker_imports_what_its_tasks_need_once(celery, workers):
    for worker in workers.values():
        celery.execute(worker, "bash", "-c", "grep --quiet libarrow /proc/[0-9]*/maps")


def test_the_task_of_a_killed_worker_is_done_once(celery, workers):
    run_id = celery.start("interrupted")
    running: list[str] = []

    def begun() -> bool:
        tasks = celery.api.tasks(celery.api.run("interrupted", run_id))
        running[:] = [task["hostname"] for task in tasks if task["state"] == "running"]
        return bool(running)

    celery.until(begun, "the task runs")
    time.sleep(3)
    celery.kill(workers[running[0]])
    ended = celery.finish("interrupted", run_id)
    (task,) = celery.api.tasks(ended)
    mark = f"cat /opt/airflow/monitoring/$(echo '{run_id}' | md5sum | head -c 8)"

    assert ended.state == "success", celery.logs()
    assert task["try_number"] == 2
    assert celery.execute("mlops-airflow-webserver", "bash", "-c", mark).split("\n") == ["try 2", ""]


def test_a_worker_shows_no_secret_but_those_of_its_work(celery):
    assert celery.printed_by_a_task() == {"KMA_AUTH_KEY", "MONITORING_PASSWORD", "WEATHER_BUCKET"}


def test_flower_shows_the_workers(celery):
    celery.until(lambda: celery.healthy("airflow-flower"), "Flower is healthy", 120)
