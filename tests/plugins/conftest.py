"""Fixtures of the views: a bucket, Airflow's tables in memory, and permissions."""

import pytest

from tests.browsing import made
from tests.lake.conftest import access, server, store  # noqa: F401  fixtures
from tests.plugins.visiting import DAG_IDS, Visits


@pytest.fixture
def session():
    with made.database() as session:
        yield session


@pytest.fixture
def runs(session):
    return made.Runs(session)


@pytest.fixture
def visit_as(monkeypatch, store, session):  # noqa: F811  the fixture
    """Starts visits with a table of who may read which DAGs, and what of a DAG is hidden from all."""
    started = []

    def start(may_read, hidden=frozenset()):
        started.append(Visits(monkeypatch.setattr, store, session, may_read, hidden))
        return started[-1]

    yield start
    for visits in started:
        visits.close()


@pytest.fixture
def visit(visit_as):
    """Visits by a reader of everything, and by a stranger who may read nothing."""
    return visit_as({"reader": DAG_IDS, "stranger": set()})
