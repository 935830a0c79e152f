"""What a run came to, for people and for ``summary.json``: deployed, refused, skipped or failed, and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from embedded.airflow_api import AirflowApi, Run, Task, merged
from embedded.components import BUCKET
from embedded.progress import entries, run_folder

IDLE: Final = frozenset({None, "skipped", "removed"})
"""States of a task that did nothing."""

LONGEST: Final = 1000
"""Characters of an error; the log has all of it."""

WRAPPERS: Final = frozenset({"AirflowFailException", "AirflowException"})
"""Errors whose message says already what they are: ours begin with the name of the domain's error."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a task came to.

    Attributes:
        task: its name, with what it is about where it is mapped.
        about: what it is about, of mapped tasks; empty of others.
        state: ``deployed``, ``refused``, ``skipped`` or ``failed``.
        reason: why, in a sentence.
        log: the task's log, of a failed one.
    """

    task: str
    about: str
    state: str
    reason: str
    log: str | None = None

    def __str__(self) -> str:
        if self.state == "failed":
            return f"{self.task} failed: {self.reason}" + (f"\n        log: {self.log}" if self.log else "")
        about = self.about or self.task
        reason = self.reason.removeprefix(f"{about}: ")
        if self.state == "deployed":
            return f"{about}: deployed: {reason}"
        return f"{about}: skipped: {reason}" if self.state == "skipped" else f"{about}: {reason}"


def summary(api: AirflowApi, run: Run, logs: Path) -> dict[str, Any]:
    """What a run came to: state, seconds, rows, score, S3 keys, states of its tasks, and what each decided.

    Args:
        api: Airflow's.
        run: that ended.
        logs: Airflow's folder of them.

    Returns:
        ``state`` is ``success``, ``failed``, or ``skipped`` where no task did anything; then ``reason`` says
        why. ``outcomes`` has what was deployed, refused, skipped or failed, each with its reason.
    """
    tasks = api.instances(run)
    returned = {task: api.xcom(run, task) for task in tasks if task.state == "success"}
    results = merged([(task.task_id, value) for task, value in returned.items() if isinstance(value, dict)])
    found = [*_outcomes(api, run, tasks, returned, logs)]
    state = outcome_state(run, tasks)
    return {
        "run_id": run.run_id,
        "state": state,
        **({"reason": _reason(found)} if state == "skipped" else {}),
        "seconds": run.seconds,
        "rows": results.get("rows", results.get("rows_arrived")),
        "score": results.get("quality_score"),
        "keys": [*results.get("raw_keys", []), *(v for k, v in results.items() if k.endswith("_key"))],
        "results": results,
        "outcomes": [asdict(outcome) for outcome in found],
        "tasks": _states(tasks),
    }


def outcome_state(run: Run, tasks: Sequence[Task]) -> str:
    """The state of a run; ``skipped`` where it is green and no task did anything."""
    idle = run.state == "success" and all(task.state in IDLE for task in tasks)
    return "skipped" if idle else run.state


def lines(dag_id: str, told: Mapping[str, Any]) -> str:
    """A run in a line, and one more for each of its decisions and keys."""
    if told["state"] == "skipped":
        return f"{dag_id} skipped: {told['reason']}"
    parts = [f"{dag_id} {told['state']}"]
    if told["seconds"] is not None:
        parts.append(f"{told['seconds']:.1f} s")
    if told["rows"] is not None:
        parts.append(f"{told['rows']} rows")
    if told["score"] is not None:
        parts.append(f"quality score {told['score']:.3f}")
    if "station_hours" in told["results"]:
        parts.append(_hours(told["results"]))
    if "verdict" in told["results"]:
        parts.append("; ".join([f"verdict: {told['results']['verdict']}", *told["results"]["reasons"]]))
    below = [f"\n    {Outcome(**outcome)}" for outcome in told["outcomes"]]
    return ", ".join(parts) + "".join([*below, *(f"\n    s3://{BUCKET}/{key}" for key in told["keys"])])


def _outcomes(
    api: AirflowApi, run: Run, tasks: Sequence[Task], returned: Mapping[Task, Any], logs: Path
) -> Iterator[Outcome]:
    for task in tasks:
        about = task.label
        if task.state == "failed":
            yield Outcome(task.name, about, "failed", *_cause(logs, run, task))
        elif task.state == "skipped":
            reason = api.xcom(run, task, "skipped")
            if isinstance(reason, str):
                yield Outcome(task.name, about, "skipped", reason)
        elif isinstance(result := returned.get(task), dict) and "decision" in result:
            state = "deployed" if result.get("deployed") else "refused"
            yield Outcome(task.name, str(result.get("target", about)), state, str(result["decision"]))


def _reason(found: Sequence[Outcome]) -> str:
    """Why nothing was done."""
    reasons = dict.fromkeys(outcome.reason for outcome in found)
    return "; ".join(reasons) or "no task of it did anything, and none says why"


def _cause(logs: Path, run: Run, task: Task) -> tuple[str, str | None]:
    """Why a task failed, by the log of its last try; and that log."""
    folder = run_folder(logs, run.dag_id, run.run_id) / f"task_id={task.task_id}"
    if task.map_index >= 0:
        folder /= f"map_index={task.map_index}"
    file = folder / f"attempt={task.tries}.log"
    if not file.exists():
        return "it has no log: it never began, or was killed at once", None
    return error_of(file.read_text(errors="replace")), str(file)


def error_of(log: str) -> str:
    """The error that ended a task, in a line, by its log."""
    found = ""
    for entry in entries(log):
        details = entry.get("error_detail")
        if details and entry.get("level") in {"error", "critical"}:
            found = _sentence(details[0])
    if not found:
        return "no error is in its log: it was killed (memory? a restart?) or took too long"
    return found if len(found) <= LONGEST else f"{found[:LONGEST]} ..."


def _sentence(detail: Mapping[str, Any]) -> str:
    kind, text = str(detail.get("exc_type", "")), " ".join(str(detail.get("exc_value", "")).split())
    return text if kind in WRAPPERS and text else f"{kind}: {text}".removesuffix(": ")


def _states(tasks: Sequence[Task]) -> dict[str, Any]:
    """Of each task its state and seconds; of a mapped one the state that matters most, and all seconds."""
    gravest = ("failed", "upstream_failed", "success")
    states: dict[str, Any] = {}
    for task_id in dict.fromkeys(task.task_id for task in tasks):
        own = [task for task in tasks if task.task_id == task_id]
        found = [task.state for task in own]
        spent = [task.seconds for task in own if task.seconds is not None]
        states[task_id] = {
            "state": next((state for state in gravest if state in found), found[0]),
            "seconds": sum(spent) if spent else None,
        }
    return states


def _hours(results: Mapping[str, Any]) -> str:
    """How much of what a load was asked for is in the table."""
    asked, missing = results["station_hours"], results["station_hours_missing"]
    if not missing:
        return f"all {asked} station-hours are in the table"
    return f"{missing} of {asked} station-hours are missing: each is in the table gaps, with its reason"
