"""A bucket on a real S3 protocol, a catalog, and a stand-in for Airflow's API."""

from collections.abc import Iterator

import pytest

from tests.lake.conftest import access, catalog, killer, open_anew, proxy, server, store  # noqa: F401  fixtures
from tests.monitoring.orchestrator import Orchestrator, serving


@pytest.fixture
def orchestrator() -> Iterator[Orchestrator]:
    with serving() as told:
        yield told
