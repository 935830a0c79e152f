"""A real PostgreSQL with Airflow's metadata and a catalog, and a bucket."""

from collections.abc import Iterator

import pytest

from tests.lake.conftest import access, server, store  # noqa: F401  fixtures
from tests.postgres import Postgres


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"postgres", "server"} & {
            *getattr(item, "fixturenames", ())
        } and item.path.parent.name == "production":
            item.add_marker(pytest.mark.integration)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    running = Postgres()
    yield running
    running.close()
