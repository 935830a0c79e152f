"""How far the tasks of a run are, read from their logs while they are written."""

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
SHOW_SECONDS: Final = 90  # up to here time is told in seconds
SHOW_MINUTES: Final = 90 * 60


class Progress:
    """What the tasks of a run have logged of their progress since it was read last.

    Of what a task repeats, how far it is, only the newest line counts: who reads seldom reads little.

    Args:
        logs: Airflow's folder of them.
        dag_id: of the run.
        run_id: of the run.
    """

    def __init__(self, logs: Path, dag_id: str, run_id: str) -> None:
        self._folder = run_folder(logs, dag_id, run_id)
        self._read: dict[Path, int] = {}

    def news(self) -> Iterator[str]:
        """Lines for people, each with its task."""
        for file in self._logs():
            try:
                found = list(self._entries(file))
            except FileNotFoundError:
                continue
            lines = [line for entry in found if (line := _line(file, str(entry.get("event"))))]
            newest = {kind: number for number, (kind, _) in enumerate(lines)}
            yield from (
                text for number, (kind, text) in enumerate(lines) if not kind or newest[kind] == number
            )

    def _logs(self) -> list[Path]:
        """The logs of the run, the oldest first; without those that are deleted meanwhile, to make room."""
        times = {}
        for log in self._folder.glob("**/*.log"):
            with suppress(FileNotFoundError):
                times[log] = log.stat().st_mtime
        return sorted(times, key=lambda log: (times[log], log))

    def _entries(self, file: Path) -> Iterator[Mapping[str, Any]]:
        """What was added to a log; not a line that is half written."""
        with file.open("rb") as log:
            log.seek(self._read.get(file, 0))
            whole, end, _ = log.read().rpartition(b"\n")
        self._read[file] = self._read.get(file, 0) + len(whole) + len(end)
        yield from entries(whole.decode(errors="replace"))


def run_folder(logs: Path, dag_id: str, run_id: str) -> Path:
    """Where Airflow keeps the logs of a run."""
    return logs / f"dag_id={dag_id}" / f"run_id={run_id}"


def entries(log: str) -> Iterator[Mapping[str, Any]]:
    """The entries of a task's log: what isn't the log's own, as a program's output, is left out."""
    for line in log.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            yield entry


def _line(file: Path, event: str) -> tuple[str, str] | None:
    """An event of interest: what kind of progress it tells, empty for what stands alone, and its text."""
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
    """How far a stage of a load is."""
    done, _, months = figures.get("months", "").partition("/")
    parts = [f"month {done} of {months}", f"{int(figures.get('rows', 0)):,} rows"]
    parts += [f"{int(figures['rows_per_s']):,} rows/s"] if figures.get("rows_per_s", "0") != "0" else []
    parts += [f"{int(figures['calls_left']):,} calls left"] if "calls_left" in figures else []
    return ", ".join([*parts, time_left(int(figures.get("time_left_s", 0)))])


def time_left(seconds: float) -> str:
    """About how long something takes still."""
    if seconds < 1:
        return "done"
    if seconds < SHOW_SECONDS:
        return f"about {max(10, round(seconds, -1)):.0f} s left"
    if seconds < SHOW_MINUTES:
        return f"about {seconds / 60:.0f} min left"
    return f"about {seconds / 3600:.1f} h left"


def _task(file: Path) -> str:
    """The task of a log file, with its lane."""
    parts = dict(part.split("=", 1) for part in file.parts if "=" in part)
    lane = f"[{parts['map_index']}]" if "map_index" in parts else ""
    return f"{parts.get('task_id', '')}{lane}"
