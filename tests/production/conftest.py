"""A real PostgreSQL with Airflow's metadata and a catalog, and a bucket."""

import pytest

from tests.lake.conftest import access, glue, postgres, server, store  # noqa: F401  fixtures


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"postgres", "server"} & {
            *getattr(item, "fixturenames", ())
        } and item.path.parent.name == "production":
            item.add_marker(pytest.mark.integration)
