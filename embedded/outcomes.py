"""Outcomes of a run, for the terminal and ``summary.json``: deployed, refused, skipped or failed, and why."""

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
"""Errors that wrap ours: their message begins with the name of the domain's error."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a task.

    Attributes:
        task: its name, with its label if it is mapped.
        about: label of a mapped task, e.g. its target; empty for others.
        state: ``deployed``, ``refused``, ``skipped`` or ``failed``.
        reason: the reason, in a sentence.
        log: path of the log of a failed task.
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
    """Summarize a run: state, seconds, rows, score, S3 keys, states of its tasks, and their outcomes.

    Args:
        api: Airflow's API.
        run: a run that ended.
        logs: Airflow's folder of task logs.

    Returns:
        ``state`` is ``success``, ``failed``, or ``skipped`` if no task did anything; then ``reason`` says
        why. ``outcomes`` has what was deployed, refused, skipped or failed, each with its reason.
    """
    tasks = api.instances(run)
    returned = {task: api.xcom(run, task) for task in tasks if task.state == "success"}
    results = merged([(task.task_id, value) for task, value in returned.items() if isinstance(value, dict)])
    outcomes = [*_outcomes(api, run, tasks, returned, logs)]
    state = outcome_state(run, tasks)
    return {
        "run_id": run.run_id,
        "state": state,
        **({"reason": _reason(outcomes)} if state == "skipped" else {}),
        "seconds": run.seconds,
        "rows": results.get("rows", results.get("rows_arrived")),
        "score": results.get("quality_score"),
        "keys": [*results.get("raw_keys", []), *(v for k, v in results.items() if k.endswith("_key"))],
        "results": results,
        "outcomes": [asdict(outcome) for outcome in outcomes],
        "tasks": _states(tasks),
    }


def outcome_state(run: Run, tasks: Sequence[Task]) -> str:
    """Return the state of a run; ``skipped`` if it succeeded without a task that did anything."""
    idle = run.state == "success" and all(task.state in IDLE for task in tasks)
    return "skipped" if idle else run.state


def lines(dag_id: str, summary: Mapping[str, Any]) -> str:
    """Describe a run in a line, and one more for each of its outcomes and S3 keys."""
    if summary["state"] == "skipped":
        return f"{dag_id} skipped: {summary['reason']}"
    parts = [f"{dag_id} {summary['state']}"]
    if summary["seconds"] is not None:
        parts.append(f"{summary['seconds']:.1f} s")
    if summary["rows"] is not None:
        parts.append(f"{summary['rows']} rows")
    if summary["score"] is not None:
        parts.append(f"quality score {summary['score']:.3f}")
    if "station_hours" in summary["results"]:
        parts.append(_hours(summary["results"]))
    if "verdict" in summary["results"]:
        reasons = [reason.rstrip(".") for reason in summary["results"]["reasons"]]
        parts.append("; ".join([f"verdict: {summary['results']['verdict']}", *reasons]))
    below = [f"\n    {Outcome(**outcome)}" for outcome in summary["outcomes"]]
    return ", ".join(parts) + "".join([*below, *(f"\n    s3://{BUCKET}/{key}" for key in summary["keys"])])


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


def _reason(outcomes: Sequence[Outcome]) -> str:
    """Return why nothing was done."""
    reasons = dict.fromkeys(outcome.reason for outcome in outcomes)
    return "; ".join(reasons) or "no task of it did anything, and none says why"


def _cause(logs: Path, run: Run, task: Task) -> tuple[str, str | None]:
    """Return why a task failed, by the log of its last try, and the path of that log."""
    folder = run_folder(logs, run.dag_id, run.run_id) / f"task_id={task.task_id}"
    if task.map_index >= 0:
        folder /= f"map_index={task.map_index}"
    file = folder / f"attempt={task.tries}.log"
    if not file.exists():
        return "it has no log: it never started, or was killed at once", None
    return error_of(file.read_text(errors="replace")), str(file)


def error_of(log: str) -> str:
    """Return the error that ended a task, in a line, by its log."""
    error = ""
    for entry in entries(log):
        details = entry.get("error_detail")
        if details and entry.get("level") in {"error", "critical"}:
            error = _sentence(details[0])
    if not error:
        return "no error is in its log: it was killed (memory? a restart?) or took too long"
    return error if len(error) <= LONGEST else f"{error[:LONGEST]} ..."


def _sentence(detail: Mapping[str, Any]) -> str:
    kind, text = str(detail.get("exc_type", "")), " ".join(str(detail.get("exc_value", "")).split())
    return text if kind in WRAPPERS and text else f"{kind}: {text}".removesuffix(": ")


def _states(tasks: Sequence[Task]) -> dict[str, Any]:
    """Return state and seconds of each task; of a mapped one, the most severe state and total seconds."""
    by_severity = ("failed", "upstream_failed", "success")
    states: dict[str, Any] = {}
    for task_id in dict.fromkeys(task.task_id for task in tasks):
        own = [task for task in tasks if task.task_id == task_id]
        present = [task.state for task in own]
        spent = [task.seconds for task in own if task.seconds is not None]
        states[task_id] = {
            "state": next((state for state in by_severity if state in present), present[0]),
            "seconds": sum(spent) if spent else None,
        }
    return states


def _hours(results: Mapping[str, Any]) -> str:
    """Describe how much of a load is in the table."""
    requested, missing = results["station_hours"], results["station_hours_missing"]
    if not missing:
        return f"all {requested} station-hours are in the table"
    return f"{missing} of {requested} station-hours are missing: each is in the table gaps, with its reason"
