"""What the views are tried on: a bucket, Airflow's tables in memory, and who may read what."""

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
    """Visits by a table of who may read which DAGs, and what of a DAG is hidden from all."""
    begun = []

    def begin(may_read, hidden=frozenset()):
        begun.append(Visits(monkeypatch.setattr, store, session, may_read, hidden))
        return begun[-1]

    yield begin
    for visits in begun:
        visits.close()


@pytest.fixture
def visit(visit_as):
    """Visits by a reader of everything, and by a stranger who may read nothing."""
    return visit_as({"reader": DAG_IDS, "stranger": set()})
