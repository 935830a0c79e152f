"""A system that `make once` has filled, and its pages."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser

from embedded.airflow_api import AirflowApi, Run
from embedded.components import USER, Ports, System
from embedded.launcher import Launcher
from embedded.processes import port_is_free
from tests.browser import running_browser
from tests.e2e.systems import (
    CARDS_DAG,
    CARDS_PLUGIN,
    E2E_PATIENCE,
    LEADS,
    STRANGER,
    TARGET,
    Once,
    Shown,
    access,
    logs_of,
    run_once,
    wait_until,
)
from tests.project import copied_project
from tests.s3_proxy import free_port
from tests.sharing import network_stands_still
from weather_mlops.clock import KST
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.model.registry import Registry


@pytest.fixture(scope="package")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """A system that `make once` has filled, and that is stopped."""
    folder = tmp_path_factory.mktemp("once")
    project = copied_project(folder / "project")
    training = project / "pipelines" / "training.yml"
    training.write_text(training.read_text().replace("horizon_hours: 48", f"horizon_hours: {LEADS}"))
    ports = Ports(**{name: free_port() for name in Ports.__slots__})
    launcher = Launcher(System(folder / "run", ports, project=project))
    try:
        result = run_once(launcher)
    finally:
        launcher.stop()
    return replace(result, is_stopped=all(port_is_free(port) for port in asdict(ports).values()))


@pytest.fixture(scope="package")
def filled_again(filled: Once) -> Iterator[Once]:
    """The filled system after a second `make once`; it keeps running."""
    users = {"AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin,{STRANGER}:"}
    launcher = Launcher(replace(filled.system, airflow_options=users))
    try:
        yield run_once(launcher)
    finally:
        launcher.stop()


@pytest.fixture(scope="package")
def shown(filled_again: Once, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """The filled system with a collection of yesterday, while no container changes the networks."""
    system = filled_again.system
    (system.project / "plugins" / "cards.py").write_text(CARDS_PLUGIN)
    (system.project / "dags" / "cards.py").write_text(CARDS_DAG)
    api = AirflowApi(system.ui_url, USER, system.keys.password)
    store = ObjectStore(access(system))
    yesterday = (datetime.now(KST) - timedelta(days=1)).replace(hour=15, minute=0, second=0, microsecond=0)

    def run(dag_id: str, **options: Any) -> Run:
        api.unpause(dag_id)
        ended = api.wait(dag_id, api.trigger(dag_id, **options), E2E_PATIENCE)
        assert ended.state == "success"
        return ended

    collected = run("data_collection", logical_date=yesterday.isoformat())
    if Registry(store, TARGET).champion() is None:  # the gates may refuse it, but forecast pages need one
        version = next(key.split("/")[3] for key in store.folders(f"models/{TARGET}/versions/"))
        run("model_rollback", conf={"target": TARGET, "version": version})
        run("forecast")
        run("monitoring")
    newest = {name: api.runs(name)[0] for name in ("model_training", "forecast", "monitoring", "history")}
    wait_until(lambda: "cards" in api.dag_ids(), partial(logs_of, system))
    with network_stands_still(tmp_path_factory):
        yield Shown(system, api, store, yesterday, newest | {"data_collection": collected})


@pytest.fixture(scope="package")
def browser(shown: Shown) -> Iterator[Browser]:
    """Chromium, while no container changes the networks."""
    with running_browser() as running:
        yield running
