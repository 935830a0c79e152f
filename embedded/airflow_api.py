"""The few calls of Airflow's REST API that the launcher needs."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import requests

from embedded.services import ServiceError

TIMEOUT: Final = 30
SCHEDULING_SECONDS: Final = 10  # within which Airflow's scheduler makes up for an interval
ENDED: Final = frozenset({"success", "failed"})


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a DAG."""

    dag_id: str
    run_id: str
    state: str
    seconds: float | None


class AirflowApi:
    """Airflow's REST API, logged in.

    Args:
        url: of the API server.
        user: name.
        password: its password.
    """

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url = url
        self._session = requests.Session()
        reply = self._session.post(
            f"{url}/auth/token", json={"username": user, "password": password}, timeout=TIMEOUT
        )
        reply.raise_for_status()
        self._session.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"

    def call(self, method: str, path: str, **more: Any) -> Any:
        """One call below /api/v2; its JSON.

        Raises:
            ServiceError: Airflow doesn't answer, or refuses it, with its words.
        """
        try:
            reply = self._session.request(method, f"{self.url}/api/v2/{path}", timeout=TIMEOUT, **more)
        except requests.RequestException as error:
            raise ServiceError(f"Airflow doesn't answer at {self.url}: {type(error).__name__}") from error
        if not reply.ok:
            raise ServiceError(f"Airflow: {method} {path}: {reply.status_code} {reply.text[:500]}")
        return reply.json() if reply.content else {}

    def import_errors(self) -> list[str]:
        """What Airflow couldn't load."""
        return [error["stack_trace"] for error in self.call("GET", "importErrors")["import_errors"]]

    def dag_ids(self) -> list[str]:
        """DAGs that Airflow has loaded."""
        return [dag["dag_id"] for dag in self.call("GET", "dags", params={"limit": 500})["dags"]]

    def unpause(self, dag_id: str, *, paused: bool = False) -> None:
        """Let the schedule of a DAG run, or stop it."""
        self.call("PATCH", f"dags/{dag_id}", json={"is_paused": paused})

    def ensure_pool(self, name: str, slots: int, description: str) -> None:
        """Make a pool; one that is there stays as it is."""
        if name not in {pool["name"] for pool in self.call("GET", "pools")["pools"]}:
            self.call("POST", "pools", json={"name": name, "slots": slots, "description": description})

    def trigger(
        self, dag_id: str, logical_date: str | None = None, conf: Mapping[str, Any] | None = None
    ) -> str:
        """Start a run by hand, with params where it has any; its id."""
        asked = {"logical_date": logical_date, "conf": dict(conf or {})}
        started = self.call("POST", f"dags/{dag_id}/dagRuns", json=asked)
        return str(started["dag_run_id"])

    def run_now(self, dag_id: str) -> str:
        """Let the schedule of a DAG run, and see that a run begins now; its id.

        Airflow makes up for the newest interval as soon as a DAG is no longer paused, unless that has run
        already: then this starts one by hand.
        """
        before = {run.run_id for run in self.runs(dag_id)}
        timed = self.call("GET", f"dags/{dag_id}")["next_dagrun_run_after"] is not None
        self.unpause(dag_id)
        deadline = time.monotonic() + (SCHEDULING_SECONDS if timed else 0)
        while time.monotonic() < deadline:
            for run in self.runs(dag_id):
                if run.run_id not in before:
                    return run.run_id
            time.sleep(0.5)
        return self.trigger(dag_id)

    def run(self, dag_id: str, run_id: str) -> Run:
        """How a run stands."""
        return _run(self.call("GET", f"dags/{dag_id}/dagRuns/{quote(run_id, safe='')}"))

    def runs(self, dag_id: str = "~") -> list[Run]:
        """The newest runs, newest first."""
        query = {"order_by": "-start_date", "limit": 50}
        return [_run(run) for run in self.call("GET", f"dags/{dag_id}/dagRuns", params=query)["dag_runs"]]

    def wait(self, dag_id: str, run_id: str, patience: float) -> Run:
        """Wait for the end of a run.

        Raises:
            ServiceError: it did not end in time.
        """
        deadline = time.monotonic() + patience
        while (run := self.run(dag_id, run_id)).state not in ENDED:
            if time.monotonic() > deadline:
                raise ServiceError(f"{dag_id} {run_id} is still {run.state} after {patience:.0f} s")
            time.sleep(0.5)
        return run

    def tasks(self, run: Run) -> list[dict[str, Any]]:
        """The task instances of a run."""
        path = f"dags/{run.dag_id}/dagRuns/{quote(run.run_id, safe='')}/taskInstances"
        instances: list[dict[str, Any]] = self.call("GET", path)["task_instances"]
        return instances

    def results(self, run: Run) -> dict[str, Any]:
        """What the tasks of a run returned, merged: each name of a figure is used by one task id only."""
        merged: dict[str, Any] = {}
        for task in self.tasks(run):
            path = (
                f"dags/{run.dag_id}/dagRuns/{quote(run.run_id, safe='')}"
                f"/taskInstances/{task['task_id']}/xcomEntries/return_value"
            )
            if task["state"] == "success":
                query = {"deserialize": "true", "map_index": task["map_index"]}
                value = self.call("GET", path, params=query)["value"]
                _merge(merged, value if isinstance(value, dict) else {})
        return merged


def _merge(merged: dict[str, Any], told: dict[str, Any]) -> None:
    """Add what a task told; the counts and lists of tasks of one name, mapped, are added up."""
    for name, value in told.items():
        if name in merged and isinstance(value, int | list):
            merged[name] += value
        else:
            merged[name] = value


def _run(reply: dict[str, Any]) -> Run:
    return Run(reply["dag_id"], reply["dag_run_id"], reply["state"], reply.get("duration"))
