"""Runs of the pipelines: in which order, and how they are told of."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from embedded.airflow_api import AirflowApi, Run
from embedded.parts import BUCKET
from embedded.services import ServiceError
from weather_mlops.kma.endpoints import KST
from weather_mlops.kma.stations import load_stations

# Each needs what the ones before it make. A pipeline that isn't named here comes last.
HISTORY: Final = "history"
TRAINING: Final = "model_training"
ORDER: Final = (HISTORY, "data_collection", TRAINING, "forecast", "monitoring")
BY_HAND: Final = frozenset({"model_rollback"})  # never run but on a person's word


# Seoul, Busan, Daegu, Incheon, Daejeon, Gwangju, Gangneung, Ulsan, Cheongju, Jeju; more of them by number.
CITIES: Final = (108, 159, 143, 112, 133, 156, 105, 152, 131, 184)


def first_load(environment: Mapping[str, str]) -> dict[str, Any] | None:
    """Params of the load that a new system begins with, so that everything else has something to show.

    Args:
        environment: WEATHER_FIRST_DAYS (90), WEATHER_FIRST_STATIONS (10); 0 of either = no load.

    Raises:
        ServiceError: one of them is no such number.
    """
    days, count = (
        _number(environment, name, default)
        for name, default in (("WEATHER_FIRST_DAYS", 90), ("WEATHER_FIRST_STATIONS", len(CITIES)))
    )
    if not days or not count:
        return None
    others = [station.id for station in load_stations() if station.id not in CITIES]
    today = datetime.now(KST).date()
    chosen = (*CITIES, *others)[:count]
    return {
        "from": str(today - timedelta(days=days - 1)),
        "to": str(today),
        "stations": ",".join(map(str, sorted(chosen))),
    }


def asked_load(environment: Mapping[str, str]) -> dict[str, Any]:
    """Params of the load that FROM, TO, STATIONS, PARALLELISM and AGAIN ask for."""
    conf: dict[str, Any] = {
        name: environment[variable]
        for name, variable in (("from", "FROM"), ("to", "TO"), ("stations", "STATIONS"))
        if environment.get(variable)
    }
    if environment.get("PARALLELISM"):
        conf["parallelism"] = _number(environment, "PARALLELISM", 1)
    if environment.get("AGAIN"):
        conf["again"] = environment["AGAIN"] == "1"
    return conf


def _number(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, str(default))
    if not text.isdecimal():
        raise ServiceError(f"{name} is {text!r}: give a number")
    return int(text)


class Progress:
    """What the tasks of a load have logged of their progress since it was asked last.

    Args:
        logs: Airflow's folder of them.
        run_id: of the load.
    """

    def __init__(self, logs: Path, run_id: str) -> None:
        self._folder = logs / f"dag_id={HISTORY}" / f"run_id={run_id}"
        self._read: dict[Path, int] = {}

    def news(self) -> Iterator[str]:
        """Lines, each with its task."""
        for file in sorted(self._folder.glob("**/*.log")):
            with file.open("rb") as log:
                log.seek(self._read.get(file, 0))
                whole = log.read().rpartition(b"\n")
            self._read[file] = self._read.get(file, 0) + len(whole[0]) + len(whole[1])
            for entry in whole[0].decode(errors="replace").splitlines():
                event = _event(entry)
                if event.startswith("history: "):
                    yield f"{_task(file)} {event.removeprefix('history: ')}"


def _event(entry: str) -> str:
    try:
        return str(json.loads(entry).get("event", ""))
    except (ValueError, AttributeError):  # a line that is half written, or not the log's own
        return ""


def _task(file: Path) -> str:
    """The task of a log file, with its lane."""
    parts = dict(part.split("=", 1) for part in file.parts if "=" in part)
    lane = f"[{parts['map_index']}]" if "map_index" in parts else ""
    return f"{parts.get('task_id', '')}{lane}"


def in_order(dag_ids: Sequence[str]) -> list[str]:
    """Pipelines in the order in which each finds what it needs, without those that people start."""
    return sorted(
        set(dag_ids) - BY_HAND,
        key=lambda dag_id: (ORDER.index(dag_id) if dag_id in ORDER else len(ORDER), dag_id),
    )


def summary(api: AirflowApi, run: Run) -> dict[str, Any]:
    """State, seconds, rows, score and S3 keys of a run; and the states of its tasks."""
    results = api.results(run)
    return {
        "run_id": run.run_id,
        "state": run.state,
        "seconds": run.seconds,
        "rows": results.get("rows", results.get("rows_arrived")),
        "score": results.get("quality_score"),
        "keys": [*results.get("raw_keys", []), *(v for k, v in results.items() if k.endswith("_key"))],
        "results": results,
        "tasks": {
            task["task_id"]: {"state": task["state"], "seconds": task["duration"]} for task in api.tasks(run)
        },
    }


def line(dag_id: str, told: dict[str, Any]) -> str:
    """A run in one line."""
    parts = [f"{dag_id} {told['state']}"]
    if told["seconds"] is not None:
        parts.append(f"{told['seconds']:.1f} s")
    if told["rows"] is not None:
        parts.append(f"{told['rows']} rows")
    if told["score"] is not None:
        parts.append(f"quality score {told['score']:.3f}")
    if "decision" in told["results"]:
        parts.append(told["results"]["decision"])
    if "verdict" in told["results"]:
        parts.append("; ".join([f"verdict: {told['results']['verdict']}", *told["results"]["reasons"]]))
    failed = [name for name, task in told["tasks"].items() if task["state"] == "failed"]
    if failed:
        parts.append(f"failed: {', '.join(failed)}")
    return ", ".join(parts) + "".join(f"\n    s3://{BUCKET}/{key}" for key in told["keys"])
