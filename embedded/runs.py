"""Runs of the pipelines: in which order, and how they are told of."""

from collections.abc import Sequence
from typing import Any, Final

from embedded.airflow_api import AirflowApi, Run
from embedded.parts import BUCKET

# Each needs what the ones before it make. A pipeline that isn't named here comes last.
ORDER: Final = ("history", "data_collection", "model_training", "forecast", "monitoring")


def in_order(dag_ids: Sequence[str]) -> list[str]:
    """Pipelines in the order in which each finds what it needs."""
    return sorted(
        dag_ids, key=lambda dag_id: (ORDER.index(dag_id) if dag_id in ORDER else len(ORDER), dag_id)
    )


def summary(api: AirflowApi, run: Run) -> dict[str, Any]:
    """State, seconds, rows, score and S3 keys of a run; and the states of its tasks."""
    results = api.results(run)
    return {
        "run_id": run.run_id,
        "state": run.state,
        "seconds": run.seconds,
        "rows": results.get("rows"),
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
    failed = [name for name, task in told["tasks"].items() if task["state"] == "failed"]
    if failed:
        parts.append(f"failed: {', '.join(failed)}")
    return ", ".join(parts) + "".join(f"\n    s3://{BUCKET}/{key}" for key in told["keys"])
