"""The system of docker-compose.production.yml, with LocalExecutor and with workers."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.containers.conftest import Composed, Engine, production_of
from tests.sharing import network_may_change


@pytest.fixture(scope="package")
def own_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Containers may start and end."""
    with network_may_change(tmp_path_factory):
        yield


@contextmanager
def running(engine: Engine, pipelines: Path, folder: Path, **settings: str) -> Iterator[Composed]:
    """The system with these settings in its .env; it is removed afterwards."""
    composed = production_of(engine, pipelines, folder, **settings)
    try:
        composed.up()
        yield composed
    finally:
        composed.down()


@pytest.fixture(scope="module")
def production(
    engine: Engine, image: str, pipelines: Path, own_network: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Composed]:
    with running(engine, pipelines, tmp_path_factory.mktemp("production")) as composed:
        yield composed


@pytest.fixture(scope="module")
def celery(
    engine: Engine, image: str, pipelines: Path, own_network: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Composed]:
    """The system with two workers, which take tasks of two queues."""
    chosen = {"AIRFLOW_EXECUTOR": "CeleryExecutor", "WORKER_QUEUES": "default,training"}
    with running(engine, pipelines, tmp_path_factory.mktemp("celery"), **chosen) as composed:
        composed.compose("up", "-d", "--no-deps", "--scale", "airflow-worker=2", "airflow-worker")
        yield composed
