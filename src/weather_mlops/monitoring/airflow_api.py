"""Client of Airflow's REST API, for monitoring. Tasks have no other access to Airflow's metadata database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NotRequired, Self
from urllib.parse import quote

import requests
from typing_extensions import TypedDict

from weather_mlops.errors import Misconfigured, OrchestratorRefused, OrchestratorUnavailable

TIMEOUT: Final = (5, 30)  # seconds to connect, and between two bytes of the response
RUNS: Final = 30  # runs of a DAG that are read: enough for a median of 20 and some failed ones
MANY: Final = 500  # page size of listings; Airflow returns at most its own maximum_page_limit
_BEGUN: Final = ("running", "success", "failed")
_SERVER_ERROR: Final = 500
_CONFLICT: Final = 409
_UNAUTHORIZED: Final = frozenset({401, 403})


Query = Mapping[str, str | int | Sequence[str]]
"""Parameters of a request."""
AirflowHealth = Mapping[str, Mapping[str, str | None] | None]
"""State of each component: ``status`` and, of most, ``latest_<component>_heartbeat`` (ISO 8601)."""


class DagEntry(TypedDict):
    """A DAG in a response, as far as it is read; times are ISO 8601."""

    dag_id: str
    is_paused: bool
    timetable_summary: NotRequired[str | None]
    next_dagrun_run_after: NotRequired[str | None]


class DagRunEntry(TypedDict):
    """A DAG run in a response, as far as it is read; ``duration`` in seconds."""

    dag_id: str
    dag_run_id: str
    state: str
    queued_at: NotRequired[str | None]
    start_date: NotRequired[str | None]
    end_date: NotRequired[str | None]
    duration: NotRequired[float | None]


class TaskRunEntry(TypedDict):
    """A task instance in a response, as far as it is read."""

    dag_id: str
    task_id: str
    state: str | None
    try_number: int
    scheduled_when: NotRequired[str | None]
    queued_when: NotRequired[str | None]


class ImportErrorEntry(TypedDict):
    """A file that Airflow can't load."""

    filename: str


class Listing(TypedDict, total=False):
    """A response that lists entries of one kind; ``total_entries`` counts those of all pages."""

    dags: list[DagEntry]
    dag_runs: list[DagRunEntry]
    task_instances: list[TaskRunEntry]
    import_errors: list[ImportErrorEntry]
    total_entries: int


@dataclass(frozen=True, slots=True)
class Dag:
    """A pipeline.

    Attributes:
        dag_id: its name.
        paused: whether its schedule is paused.
        by_hand: whether it has no schedule, so that people trigger it.
        due_at: when the next scheduled run should start; None = triggered by hand or by an asset, or no
            further run is scheduled.
    """

    dag_id: str
    paused: bool
    by_hand: bool
    due_at: datetime | None

    @classmethod
    def of(cls, entry: DagEntry) -> Self:
        """Read an entry of the API's response."""
        by_hand = entry.get("timetable_summary") in {None, "None"}  # how Airflow writes "no schedule"
        return cls(entry["dag_id"], entry["is_paused"], by_hand, _time(entry.get("next_dagrun_run_after")))


@dataclass(frozen=True, slots=True)
class DagRun:
    """A run of a DAG: its state, its times (UTC), and its duration in seconds."""

    dag_id: str
    run_id: str
    state: str
    queued_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    seconds: float | None

    @classmethod
    def of(cls, entry: DagRunEntry) -> Self:
        """Read an entry of the API's response."""
        return cls(
            entry["dag_id"],
            entry["dag_run_id"],
            entry["state"],
            queued_at=_time(entry.get("queued_at")),
            started_at=_time(entry.get("start_date")),
            ended_at=_time(entry.get("end_date")),
            seconds=entry.get("duration"),
        )


@dataclass(frozen=True, slots=True)
class TaskRun:
    """A task of a run: its state, the number of tries, and since when it waits for a worker (UTC)."""

    dag_id: str
    task_id: str
    state: str | None
    tries: int
    waiting_since: datetime | None

    @classmethod
    def of(cls, entry: TaskRunEntry) -> Self:
        """Read an entry of the API's response."""
        waiting = _time(entry.get("scheduled_when")) or _time(entry.get("queued_when"))
        return cls(entry["dag_id"], entry["task_id"], entry["state"], entry["try_number"], waiting)


class AirflowApi:
    """Airflow's REST API; logs in at the first call that needs a login.

    Args:
        url: URL of the API server, ``http://localhost:8080``.
        user: name of a user who may read all DAGs (and trigger the training, if monitoring starts it).
        password: password of that user; never part of an error or a log.

    Raises:
        Misconfigured: the URL doesn't begin with http:// or https://.
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

    def health(self) -> AirflowHealth:
        """Return the state of scheduler, dag_processor, triggerer and metadatabase; needs no login.

        Raises:
            OrchestratorUnavailable, OrchestratorRefused.
        """
        state: AirflowHealth = self._call("GET", "api/v2/monitor/health")
        return state

    def dags(self) -> list[Dag]:
        """List all pipelines, page by page.

        Raises:
            OrchestratorUnavailable, OrchestratorRefused.
        """
        dags: list[Dag] = []
        while True:
            page = self._get("dags", {"limit": MANY, "offset": len(dags), "order_by": "dag_id"})
            dags += map(Dag.of, page["dags"])
            if not page["dags"] or len(dags) >= page["total_entries"]:
                return dags

    def broken_files(self) -> list[str]:
        """List the pipeline files that Airflow can't load.

        Raises:
            OrchestratorUnavailable, OrchestratorRefused.
        """
        errors = self._get("importErrors", {"limit": MANY, "order_by": "filename"})["import_errors"]
        return [error["filename"] for error in errors]

    def first_run_at(self) -> datetime | None:
        """Return the start of the oldest run of any pipeline in Airflow's database; None = no run yet.

        Raises:
            OrchestratorUnavailable, OrchestratorRefused.
        """
        query: Query = {"order_by": "start_date", "limit": 1, "state": _BEGUN}
        runs = [DagRun.of(run) for run in self._get("dags/~/dagRuns", query)["dag_runs"]]
        return runs[0].started_at if runs else None

    def runs(self, dag_id: str) -> list[DagRun]:
        """List the newest runs of a DAG, newest first.

        Raises:
            OrchestratorUnavailable, OrchestratorRefused.
        """
        query: Query = {"order_by": "-run_after", "limit": RUNS}
        return [DagRun.of(run) for run in self._get(f"dags/{quote(dag_id)}/dagRuns", query)["dag_runs"]]

    def waiting_tasks(self) -> list[TaskRun]:
        """List the tasks of all DAGs that wait for a worker or a pool slot.

        Raises:
            OrchestratorUnavailable, OrchestratorRefused.
        """
        query: Query = {"state": ["scheduled", "queued"], "limit": MANY}
        return [
            TaskRun.of(task) for task in self._get("dags/~/dagRuns/~/taskInstances", query)["task_instances"]
        ]

    def task_runs(self, dag_id: str, task_id: str, since: datetime) -> list[TaskRun]:
        """List the runs of one task in all DAG runs since a given time.

        Raises:
            OrchestratorUnavailable, OrchestratorRefused.
        """
        query: Query = {"task_id": task_id, "run_after_gte": since.isoformat(), "limit": MANY}
        tasks = self._get(f"dags/{quote(dag_id)}/dagRuns/~/taskInstances", query)["task_instances"]
        return [TaskRun.of(task) for task in tasks if task["task_id"] == task_id]

    def start(self, dag_id: str, run_id: str, note: str) -> bool:
        """Start a run with the given run id; False if a run with that id already exists.

        Raises:
            OrchestratorUnavailable, OrchestratorRefused.
        """
        run = {"dag_run_id": run_id, "logical_date": None, "note": note}
        path = f"api/v2/dags/{quote(dag_id)}/dagRuns"
        return self._call("POST", path, known=(_CONFLICT,), login=True, json=run) is not None

    def _get(self, path: str, query: Query) -> Listing:
        body: Listing = self._call("GET", f"api/v2/{path}", login=True, params=query)
        return body

    def _call(
        self, method: str, path: str, *, known: tuple[int, ...] = (), login: bool = False, **more: Any
    ) -> Any:
        if login and "Authorization" not in self._session.headers:
            credentials = {"username": self._user, "password": self._password}
            token = self._call("POST", "auth/token", json=credentials)["access_token"]
            self._session.headers["Authorization"] = f"Bearer {token}"
        where = f"Airflow's API: {method} {self.url}/{path}"
        try:
            response = self._session.request(method, f"{self.url}/{path}", timeout=TIMEOUT, **more)
            if response.status_code in known:
                return None
            _check(response.status_code, where)
            return response.json()
        except requests.RequestException as error:
            raise OrchestratorUnavailable(
                f"{where}: no response: {type(error).__name__}. Check that the API server is running."
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
