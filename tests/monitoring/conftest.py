"""A bucket on a real S3 protocol, a catalog, and a fake of Airflow's API."""

from collections.abc import Iterator

import pytest

from tests.lake.conftest import (  # noqa: F401  fixtures
    access,
    catalog,
    connect_catalog,
    killer,
    prepared_tables,
    proxy,
    server,
    store,
)
from tests.monitoring.orchestrator import Orchestrator, serving


@pytest.fixture
def orchestrator() -> Iterator[Orchestrator]:
    with serving() as api:
        yield api
