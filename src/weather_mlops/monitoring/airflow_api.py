"""Airflow as its REST API tells: what monitoring asks of it. Tasks have no other way to its database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self
from urllib.parse import quote

import requests

from weather_mlops.errors import Misconfigured, OrchestratorRefused, OrchestratorUnavailable

TIMEOUT: Final = (5, 30)  # seconds to connect, and without a byte
RUNS: Final = 30  # runs of a DAG that are looked at: a median of 20 and some that failed
MANY: Final = 500  # entries of a page of a listing; Airflow itself gives no more than its maximum_page_limit
_BEGUN: Final = ("running", "success", "failed")
_SERVER_ERROR: Final = 500
_CONFLICT: Final = 409
_UNAUTHORIZED: Final = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class Dag:
    """A pipeline.

    Attributes:
        dag_id: its name.
        paused: whether its schedule is stopped.
        by_hand: whether it has no schedule: people start it.
        due_at: when the next run by schedule should begin; None = by hand, by asset, or all are made.
    """

    dag_id: str
    paused: bool
    by_hand: bool
    due_at: datetime | None

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """From the API."""
        by_hand = told.get("timetable_summary") in {None, "None"}  # Airflow's words for no schedule
        return cls(told["dag_id"], told["is_paused"], by_hand, _time(told.get("next_dagrun_run_after")))


@dataclass(frozen=True, slots=True)
class DagRun:
    """A run of a DAG: its state, times (UTC), and seconds from start to end."""

    dag_id: str
    run_id: str
    state: str
    queued_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    seconds: float | None

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """From the API."""
        queued, started, ended = (_time(told.get(name)) for name in ("queued_at", "start_date", "end_date"))
        return cls(
            told["dag_id"], told["dag_run_id"], told["state"], queued, started, ended, told.get("duration")
        )


@dataclass(frozen=True, slots=True)
class TaskRun:
    """A task of a run: its state, how often it was tried, since when it waits for a worker (UTC)."""

    dag_id: str
    task_id: str
    state: str | None
    tries: int
    waiting_since: datetime | None

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """From the API."""
        waiting = _time(told.get("scheduled_when")) or _time(told.get("queued_when"))
        return cls(told["dag_id"], told["task_id"], told["state"], told["try_number"], waiting)


class AirflowApi:
    """Airflow's REST API; logs in at the first call that needs it.

    Args:
        url: of the API server, ``http://localhost:8080``.
        user: who may read all DAGs (and start the training, where monitoring is to).
        password: theirs; never in an error or a log.

    Raises:
        Misconfigured: the URL is none.
    """

    def __init__(self, url: str, user: str, password: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise Misconfigured(
                f"the URL of Airflow's API is {url!r}: give one that begins with http:// or https://, as the "
                "host of the connection"
            )
        self.url = url.rstrip("/")
        self._user, self._password = user, password
        self._session = requests.Session()

    def health(self) -> dict[str, Any]:
        """State of scheduler, dag_processor, triggerer and metadatabase, with heartbeats; needs no login.

        Raises:
            OrchestratorUnavailable, OrchestratorRefused.
        """
        told: dict[str, Any] = self._call("GET", "api/v2/monitor/health")
        return told

    def dags(self) -> list[Dag]:
        """All pipelines, however many pages they take.

        Raises:
            OrchestratorUnavailable, OrchestratorRefused.
        """
        found: list[Dag] = []
        while True:
            page = self._get("dags", {"limit": MANY, "offset": len(found), "order_by": "dag_id"})
            found += map(Dag.of, page["dags"])
            if not page["dags"] or len(found) >= page["total_entries"]:
                return found

    def broken_files(self) -> list[str]:
        """Names of the files of pipelines that Airflow can't load.

        Raises:
            OrchestratorUnavailable, OrchestratorRefused.
        """
        found = self._get("importErrors", {"limit": MANY, "order_by": "filename"})["import_errors"]
        return [error["filename"] for error in found]

    def first_run_at(self) -> datetime | None:
        """When the oldest run of any pipeline began that Airflow knows; None where there was none yet.

        Raises:
            OrchestratorUnavailable, OrchestratorRefused.
        """
        query = {"order_by": "start_date", "limit": 1, "state": _BEGUN}
        runs = [DagRun.of(run) for run in self._get("dags/~/dagRuns", query)["dag_runs"]]
        return runs[0].started_at if runs else None

    def runs(self, dag_id: str) -> list[DagRun]:
        """The newest runs of a DAG, newest first.

        Raises:
            OrchestratorUnavailable, OrchestratorRefused.
        """
        query = {"order_by": "-run_after", "limit": RUNS}
        return [DagRun.of(run) for run in self._get(f"dags/{quote(dag_id)}/dagRuns", query)["dag_runs"]]

    def waiting_tasks(self) -> list[TaskRun]:
        """Tasks of all DAGs that wait for a worker or a slot of their pool.

        Raises:
            OrchestratorUnavailable, OrchestratorRefused.
        """
        query = {"state": ["scheduled", "queued"], "limit": MANY}
        return [
            TaskRun.of(task) for task in self._get("dags/~/dagRuns/~/taskInstances", query)["task_instances"]
        ]

    def task_runs(self, dag_id: str, task_id: str, since: datetime) -> list[TaskRun]:
        """One task in all runs of a DAG that began since.

        Raises:
            OrchestratorUnavailable, OrchestratorRefused.
        """
        query = {"task_id": task_id, "run_after_gte": since.isoformat(), "limit": MANY}
        told = self._get(f"dags/{quote(dag_id)}/dagRuns/~/taskInstances", query)["task_instances"]
        return [TaskRun.of(task) for task in told if task["task_id"] == task_id]

    def start(self, dag_id: str, run_id: str, note: str) -> bool:
        """Start a run of this very name; False where there is one already.

        Raises:
            OrchestratorUnavailable, OrchestratorRefused.
        """
        asked = {"dag_run_id": run_id, "logical_date": None, "note": note}
        path = f"api/v2/dags/{quote(dag_id)}/dagRuns"
        return self._call("POST", path, known=(_CONFLICT,), login=True, json=asked) is not None

    def _get(self, path: str, query: Mapping[str, Any]) -> dict[str, Any]:
        told: dict[str, Any] = self._call("GET", f"api/v2/{path}", login=True, params=query)
        return told

    def _call(
        self, method: str, path: str, *, known: tuple[int, ...] = (), login: bool = False, **more: Any
    ) -> Any:
        if login and "Authorization" not in self._session.headers:
            asked = {"username": self._user, "password": self._password}
            token = self._call("POST", "auth/token", json=asked)["access_token"]
            self._session.headers["Authorization"] = f"Bearer {token}"
        where = f"Airflow's API: {method} {self.url}/{path}"
        try:
            reply = self._session.request(method, f"{self.url}/{path}", timeout=TIMEOUT, **more)
            if reply.status_code in known:
                return None
            _check(reply.status_code, where)
            return reply.json()
        except requests.RequestException as error:
            raise OrchestratorUnavailable(
                f"{where}: no answer: {type(error).__name__}. See that the API server runs."
            ) from None


def _check(status: int, where: str) -> None:
    if status >= _SERVER_ERROR:
        raise OrchestratorUnavailable(f"{where}: HTTP {status}. See the API server's log.")
    if status in _UNAUTHORIZED:
        raise OrchestratorRefused(
            f"{where}: HTTP {status}: check login and password of the connection, and the user's role"
        )
    if status >= requests.codes.bad_request:
        raise OrchestratorRefused(f"{where}: HTTP {status}")


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
