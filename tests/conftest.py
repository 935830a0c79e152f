"""Which tests may run beside each other: those of different files, unless the files share a system."""

from typing import Final

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

SYSTEMS: Final = {
    "tests/containers/test_celery.py": "containers",
    "tests/containers/test_development.py": "containers",
    "tests/containers/test_production.py": "containers",
    "tests/e2e/test_collection.py": "stack",
    "tests/e2e/test_launcher.py": "filled",
    "tests/e2e/test_monitoring.py": "stack",
    "tests/e2e/test_ui.py": "filled",
}


class BySystem(LoadFileScheduling):
    """As --dist loadfile, but a system that several files use is built once, by one worker.

    Marks of --dist loadgroup would say the same; pytest-xdist 3.8 doesn't see them with pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return SYSTEMS.get(file, file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> BySystem:
    """Deal out the tests."""
    return BySystem(config, log)
