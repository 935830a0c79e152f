"""docker-compose.yml: one command, admin with password admin, and a green run on simulated weather."""

import time

import pytest
import requests

pytestmark = [pytest.mark.containers, pytest.mark.timeout(1200)]


def test_three_services_bring_up_a_working_system(development):
    begun = time.monotonic()
    development.up("airflow-postgres", "airflow-webserver", "airflow-scheduler")
    assert development.token("admin", "wrong").status_code == 401
    page = requests.get(development.url, timeout=30)
    run, results = development.do("data_collection")
    print(f"\nfrom up to the first green run: {time.monotonic() - begun:.0f} s")  # noqa: T201  a figure for people

    assert page.status_code == 200
    assert "Asia/Seoul" in page.text
    assert run.state == "success", development.logs()
    assert results["inserted"] > 250


def test_a_change_of_the_checkout_shows_without_a_build(development, pipelines):
    file = pipelines / "added.yml"
    task = "[{task_id: nothing, operator: airflow.providers.standard.operators.empty.EmptyOperator}]"
    file.write_text(f"added:\n  schedule: null\n  tasks: {task}\n")
    try:
        development.until(lambda: "added" in development.api.dag_ids(), "the new pipeline is there", 120)
    finally:
        file.unlink()
