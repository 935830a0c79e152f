"""Which tests run next to each other, and in what order."""

import gc
import logging
import os
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

import hypothesis
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from embedded.proxy import with_direct_loopback

# The tests' own servers, too, are reached directly where a company's proxy is in the environment.
os.environ.update(with_direct_loopback(os.environ))
# As `make run` and the image have it: threads of linear algebra in processes that share the cores wait for
# each other, which takes half of the processor time of a training. Set before NumPy is imported.
os.environ.update({"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"})

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")

SYSTEMS: Final = ("tests/containers", "tests/e2e/filled", "tests/e2e/collecting")
"""Folders whose files share a system, or would disturb each other: one process runs all files of each."""
FIRST: Final = (
    "tests/containers",
    "tests/ingest",
    "tests/model",
    "tests/lake",
    "tests/monitoring",
    "tests/quality",
)
LAST: Final = ("tests/e2e/filled", "tests/e2e/collecting", "tests/e2e")
"""The order of folders, with all others in the middle.

One process starts containers and waits for them, another tests parts meanwhile; then each has a system. More
at a time are slower where there are two cores.
"""
SERVERS: Final = frozenset({"glue", "postgres", "server"})
"""Fixtures that start a server: S3, PostgreSQL, AWS Glue."""
LOGGERS: Final = ("weather_mlops", "weather_mlops.ingest.importer", "production")
"""Loggers whose levels the commands set."""


class BySystem(LoadFileScheduling):
    """As --dist loadfile, but one process runs the files that share a system, and ``FIRST`` is the order.

    Marks of --dist loadgroup would say the same; pytest-xdist 3.8 doesn't see them with pytest 9.2.
    """

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        config.option.loadscopereorder = False  # it would begin with the files that have the most tests
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        file = PurePosixPath(super()._split_scope(nodeid))
        return next((name for name in SYSTEMS if file.is_relative_to(name)), str(file))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark as integration what talks to a server, by the fixtures that it uses; bring them into order."""
    for item in items:
        if not SERVERS.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.integration)

    order = (*FIRST, "", *LAST)

    def position(item: pytest.Item) -> int:
        file = item.path.relative_to(config.rootpath)
        return next((order.index(name) for name in (*FIRST, *LAST) if file.is_relative_to(name)), len(FIRST))

    items.sort(key=position)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Iterator[None]:
    """Undo what a command that was called in this process did to the levels of loggers.

    The next test would otherwise hear more or less than it does by itself.
    """
    levels = {name: logging.getLogger(name).level for name in LOGGERS}
    try:
        return (yield)
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def pytest_collection_finish() -> None:
    """Take what was imported out of the garbage collector's rounds: it is never garbage.

    The product asks for a full collection after each batch that it audits, which would walk through hundreds
    of thousands of objects of Airflow, Great Expectations and the tests themselves.
    """
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """Let modules go as usual; some print a warning where they can't."""
    gc.unfreeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> BySystem:
    """Deal out the tests."""
    return BySystem(config, log)
