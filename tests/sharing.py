"""What the processes of one test run share: a folder, and turns at what only one kind of test may use.

Chromium ends its connections with ERR_NETWORK_CHANGED whenever a network interface of the machine comes or
goes, and each container brings one. So tests with a browser and tests with containers take turns.
"""

import fcntl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest


def shared_folder(folders: pytest.TempPathFactory) -> Path:
    """A folder of all processes of this test run."""
    base = folders.getbasetemp()
    return base.parent if base.name.startswith("popen-gw") else base


@contextmanager
def turn(folders: pytest.TempPathFactory, name: str, kind: int = fcntl.LOCK_EX) -> Iterator[None]:
    """Wait for a turn, and keep it inside.

    Args:
        folders: of this test run.
        name: of what there are turns at.
        kind: LOCK_EX for one at a time; LOCK_SH for any number that ask for the same kind.
    """
    with (shared_folder(folders) / f"{name}.lock").open("a") as file:
        fcntl.flock(file, kind)  # given back when the file is closed, also that of a killed process
        yield


def network_stands_still(folders: pytest.TempPathFactory) -> AbstractContextManager[None]:
    """No container starts or ends inside."""
    return turn(folders, "network", fcntl.LOCK_SH)


def network_may_change(folders: pytest.TempPathFactory) -> AbstractContextManager[None]:
    """Containers start and end inside."""
    return turn(folders, "network")
