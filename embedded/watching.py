"""What `make run` sees while the system runs: progress, runs that end, pipelines that can't be read."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from embedded.airflow_api import ENDED, AirflowApi, Run
from embedded.progress import Progress

EVERY_SECONDS: Final = 10
GONE_LOOKS: Final = 9
"""Looks in a row that don't find an error before it is gone: each time that Airflow looks at the folder, it
forgets the error until it has read the pipelines again, for up to a minute."""


class Every:
    """Lets through what isn't worth doing each second.

    Args:
        seconds: between two times.
        clock: seconds.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._next = clock()

    def due(self) -> bool:
        """Whether it is time again."""
        now = self._clock()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True


class Watch:
    """Runs that go on and runs that end, from now on.

    Args:
        api: Airflow's.
        logs: Airflow's folder of them.
    """

    def __init__(self, api: AirflowApi, logs: Path) -> None:
        self._api, self._logs = api, logs
        self._ended = {(run.dag_id, run.run_id) for run in api.runs() if run.state in ENDED}
        self._progress: dict[tuple[str, str], Progress] = {}
        self._every = Every(EVERY_SECONDS)

    def news(self) -> Iterator[str]:
        """How far the runs are that go on, now and then."""
        if not self._every.due():
            return
        for run in self._api.runs():
            if run.state not in ENDED:
                key = (run.dag_id, run.run_id)
                progress = self._progress.setdefault(key, Progress(self._logs, *key))
                yield from (f"    {news}" for news in progress.news())

    def ended(self) -> Iterator[Run]:
        """Runs that ended since it was asked last, the oldest first; one that can't be told of now, again."""
        for run in reversed(self._api.runs()):
            key = (run.dag_id, run.run_id)
            if run.state in ENDED and key not in self._ended:
                yield run
                self._ended.add(key)
                self._progress.pop(key, None)


class ImportErrors:
    """Pipelines that Airflow can't read, and when it can again.

    Args:
        api: Airflow's.
        every: how often it is asked.
    """

    def __init__(self, api: AirflowApi, every: Every | None = None) -> None:
        self._api = api
        self._known: dict[str, str] = {}
        self._absent: Counter[str] = Counter()
        self._every = every or Every(EVERY_SECONDS)

    def news(self) -> Iterator[str]:
        """A text for each error that came or went since it was asked last."""
        if not self._every.due():
            return
        found = self._api.import_errors()
        for file, error in found.items():
            self._absent.pop(file, None)
            if self._known.get(file) != error:
                self._known[file] = error
                yield f"import error of {file}, which doesn't run now:\n" + _indented(error)
        for file in sorted(self._known.keys() - found.keys()):
            self._absent[file] += 1
            if self._absent[file] >= GONE_LOOKS:
                del self._known[file], self._absent[file]
                yield f"import error of {file}: gone"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.strip().splitlines())
