"""Progress of a run's tasks, read from their logs while they are written."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

STAGE: Final = re.compile(r"history: stage=(?P<stage>\w+) (?P<figures>(?:months=\d+/\d+ ?|\w+=\d+ ?)+)")
TRAINED: Final = re.compile(
    r"trained: target=(?P<target>\S+) lead=(?P<lead>\d+)/(?P<leads>\d+) .*seconds_left=(?P<left>\d+)"
)
HISTORY: Final = "history: "
SHOW_SECONDS: Final = 90  # shorter times are shown in seconds
SHOW_MINUTES: Final = 90 * 60


class Progress:
    """Reads the progress that the tasks of a run have logged since the last reading.

    Of repeated lines, which say how far a task is, only the newest one is given.

    Args:
        logs: Airflow's folder of task logs.
        dag_id: DAG of the run.
        run_id: id of the run.
    """

    def __init__(self, logs: Path, dag_id: str, run_id: str) -> None:
        self._folder = run_folder(logs, dag_id, run_id)
        self._read: dict[Path, int] = {}

    def news(self) -> Iterator[str]:
        """Yield the new lines for the terminal, each with its task."""
        for file in self._logs():
            try:
                new = list(self._entries(file))
            except FileNotFoundError:
                continue
            lines = [line for entry in new if (line := _line(file, str(entry.get("event"))))]
            newest = {kind: number for number, (kind, _) in enumerate(lines)}
            yield from (
                text for number, (kind, text) in enumerate(lines) if not kind or newest[kind] == number
            )

    def _logs(self) -> list[Path]:
        """Return the logs of the run, the oldest first; without those that are deleted meanwhile."""
        times = {}
        for log in self._folder.glob("**/*.log"):
            with suppress(FileNotFoundError):
                times[log] = log.stat().st_mtime
        return sorted(times, key=lambda log: (times[log], log))

    def _entries(self, file: Path) -> Iterator[Mapping[str, Any]]:
        """Yield the entries that were added to a log, without a line that is only partly written."""
        with file.open("rb") as log:
            log.seek(self._read.get(file, 0))
            whole, end, _ = log.read().rpartition(b"\n")
        self._read[file] = self._read.get(file, 0) + len(whole) + len(end)
        yield from entries(whole.decode(errors="replace"))


def run_folder(logs: Path, dag_id: str, run_id: str) -> Path:
    """Return the folder of a run's logs."""
    return logs / f"dag_id={dag_id}" / f"run_id={run_id}"


def entries(log: str) -> Iterator[Mapping[str, Any]]:
    """Yield the JSON entries of a task's log; other lines, such as a program's output, are skipped."""
    for line in log.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            yield entry


def _line(file: Path, event: str) -> tuple[str, str] | None:
    """Return the kind of a progress event, empty for one that doesn't repeat, and its text; else None."""
    if match := TRAINED.match(event):
        left = time_left(int(match["left"]))
        return match[
            "target"
        ], f"training {match['target']}, lead {match['lead']} of {match['leads']}, {left}"
    if match := STAGE.match(event):
        figures = dict(figure.split("=", 1) for figure in match["figures"].split() if "=" in figure)
        return match["stage"], f"{_task(file)}: {_stage(figures)}"
    if event.startswith(HISTORY):
        return "", f"{_task(file)}: {event.removeprefix(HISTORY)}"
    return None


def _stage(figures: Mapping[str, str]) -> str:
    """Describe how far a stage of a load is."""
    done, _, months = figures.get("months", "").partition("/")
    parts = [f"month {done} of {months}", f"{int(figures.get('rows', 0)):,} rows"]
    parts += [f"{int(figures['rows_per_s']):,} rows/s"] if figures.get("rows_per_s", "0") != "0" else []
    parts += [f"{int(figures['calls_left']):,} calls left"] if "calls_left" in figures else []
    return ", ".join([*parts, time_left(int(figures.get("time_left_s", 0)))])


def time_left(seconds: float) -> str:
    """Describe roughly how much time is left."""
    if seconds < 1:
        return "done"
    if seconds < SHOW_SECONDS:
        return f"about {max(10, round(seconds, -1)):.0f} s left"
    if seconds < SHOW_MINUTES:
        return f"about {seconds / 60:.0f} min left"
    return f"about {seconds / 3600:.1f} h left"


def _task(file: Path) -> str:
    """Return the task of a log file, with its map index if it is mapped."""
    parts = dict(part.split("=", 1) for part in file.parts if "=" in part)
    index = f"[{parts['map_index']}]" if "map_index" in parts else ""
    return f"{parts.get('task_id', '')}{index}"
