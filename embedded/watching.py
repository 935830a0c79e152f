"""What `make run` watches while the system runs: progress, ended runs, pipelines that can't be read."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from embedded.airflow_api import ENDED, AirflowApi, Run
from embedded.progress import Progress

EVERY_SECONDS: Final = 10
GONE_LOOKS: Final = 9
"""Checks in a row without an import error after which it counts as gone: each time that Airflow scans the
folder, it drops the error until it has read the pipelines again, for up to a minute."""


class Every:
    """A timer for what need not be done each second.

    Args:
        seconds: interval, s.
        clock: function that returns the time in seconds.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._next = clock()

    def due(self) -> bool:
        """Whether the interval is over; if so, start the next one."""
        now = self._clock()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True


class Watch:
    """Watches active runs and runs that end, from now on.

    Args:
        api: Airflow's API.
        logs: Airflow's folder of task logs.
    """

    def __init__(self, api: AirflowApi, logs: Path) -> None:
        self._api, self._logs = api, logs
        self._ended = {(run.dag_id, run.run_id) for run in api.runs() if run.state in ENDED}
        self._progress: dict[tuple[str, str], Progress] = {}
        self._every = Every(EVERY_SECONDS)

    def news(self) -> Iterator[str]:
        """Yield the progress of active runs, every ``EVERY_SECONDS``."""
        if not self._every.due():
            return
        for run in self._api.runs():
            if run.state not in ENDED:
                key = (run.dag_id, run.run_id)
                progress = self._progress.setdefault(key, Progress(self._logs, *key))
                yield from (f"    {news}" for news in progress.news())

    def ended(self) -> Iterator[Run]:
        """Yield the runs that ended since the last call, the oldest first.

        A run counts as seen when the next one is taken: if the caller fails on it, it is yielded again.
        """
        for run in reversed(self._api.runs()):
            key = (run.dag_id, run.run_id)
            if run.state in ENDED and key not in self._ended:
                yield run
                self._ended.add(key)
                self._progress.pop(key, None)


class ImportErrors:
    """Watches for pipelines that Airflow can't read, and for the end of such errors.

    Args:
        api: Airflow's API.
        every: timer of the checks.
    """

    def __init__(self, api: AirflowApi, every: Every | None = None) -> None:
        self._api = api
        self._known: dict[str, str] = {}
        self._absent: Counter[str] = Counter()
        self._every = every or Every(EVERY_SECONDS)

    def news(self) -> Iterator[str]:
        """Yield a text for each error that appeared or disappeared since the last call."""
        if not self._every.due():
            return
        errors = self._api.import_errors()
        for file, error in errors.items():
            self._absent.pop(file, None)
            if self._known.get(file) != error:
                self._known[file] = error
                yield f"import error of {file}, which doesn't run now:\n" + _indented(error)
        for file in sorted(self._known.keys() - errors.keys()):
            self._absent[file] += 1
            if self._absent[file] >= GONE_LOOKS:
                del self._known[file], self._absent[file]
                yield f"import error of {file}: gone"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.strip().splitlines())
