"""The few calls of Airflow's REST API that the launcher needs."""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import dropwhile
from typing import Any, Final
from urllib.parse import quote

import requests

from embedded.services import ServiceError

TIMEOUT: Final = 30
RETRY_SECONDS: Final = 1
PATIENCE_SECONDS: Final = 60
SCHEDULING_SECONDS: Final = 10  # within which Airflow's scheduler makes up for an interval
ENDED: Final = frozenset({"success", "failed"})
PAGE: Final = 100  # entries of a list at a time: no more are allowed by Airflow's default


class AirflowSilent(ServiceError):
    """Airflow doesn't answer, or answers with a server error: it is starting, busy or gone."""


class AirflowRefused(ServiceError):
    """Airflow refuses a call: its object doesn't exist, or conflicts with another."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a DAG."""

    dag_id: str
    run_id: str
    state: str
    seconds: float | None
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Dag:
    """A DAG as Airflow schedules it.

    Attributes:
        dag_id: its id.
        paused: whether its schedule is switched off.
        next_run: when its schedule starts it next; None if it has no time-based schedule.
        assets: names of the assets whose updates start it.
    """

    dag_id: str
    paused: bool
    next_run: datetime | None
    assets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """A task instance of a run.

    Attributes:
        task_id: its id.
        map_index: its index among the mapped ones; -1 if it isn't mapped.
        label: label by its ``map_index_template``; empty if it has none.
        state: its state; None before it is scheduled.
        seconds: its duration, s.
        tries: number of its tries.
    """

    task_id: str
    map_index: int
    label: str
    state: str | None
    seconds: float | None
    tries: int

    @property
    def name(self) -> str:
        """For people: ``train_model [air_temperature]``."""
        label = self.label or ("" if self.map_index < 0 else str(self.map_index))
        return f"{self.task_id} [{label}]" if label else self.task_id


class AirflowApi:
    """Airflow's REST API, logged in.

    Args:
        url: URL of the API server.
        user: name of the user.
        password: password of the user.
        patience: for how long a call is retried that gets no answer or a server error (5xx), s; 0 for a
            single try.
        meanwhile: called between two tries; an error that it raises ends them.
    """

    def __init__(
        self,
        url: str,
        user: str,
        password: str,
        *,
        patience: float = PATIENCE_SECONDS,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        self.url = url
        self._patience, self._meanwhile = patience, meanwhile
        self._login = {"username": user, "password": password}
        self._session = requests.Session()
        self._log_in()

    def _log_in(self) -> None:
        """Get a token; it is valid for a day.

        Raises:
            ServiceError: Airflow refuses the login.
        """
        response = self._request("POST", f"{self.url}/auth/token", json=self._login)
        if not response.ok:
            raise ServiceError(
                f"Airflow at {self.url} refuses the login of {self._login['username']} "
                f"({response.status_code}): another Airflow may listen there"
            )
        self._session.headers["Authorization"] = f"Bearer {response.json()['access_token']}"

    def _request(self, method: str, url: str, **more: Any) -> requests.Response:
        """Return a response that isn't a server error; it may be a refusal.

        Raises:
            AirflowSilent: there was none within the patience.
        """
        deadline = time.monotonic() + self._patience
        while True:
            try:
                response = self._session.request(method, url, timeout=TIMEOUT, **more)
                if response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
                    return response
                problem = f"{method} {url}: {response.status_code} {response.text[:200]}"
            except requests.RequestException as error:
                problem = type(error).__name__
            if time.monotonic() >= deadline:
                raise AirflowSilent(f"Airflow doesn't answer at {self.url} ({problem}); see `make status`")
            self._meanwhile()
            time.sleep(RETRY_SECONDS)

    def call(self, method: str, path: str, **more: Any) -> Any:
        """Call a path below /api/v2; return its JSON.

        Raises:
            AirflowSilent: Airflow doesn't answer.
            AirflowRefused: it refuses the call; the message has its answer.
        """
        response = self._answer(method, path, **more)
        return response.json() if response.content else {}

    def _answer(
        self, method: str, path: str, *, accept: int = HTTPStatus.OK, **more: Any
    ) -> requests.Response:
        url = f"{self.url}/api/v2/{path}"
        response = self._request(method, url, **more)
        if (
            response.status_code == HTTPStatus.UNAUTHORIZED
        ):  # a token is valid for a day, a system runs for weeks
            self._log_in()
            response = self._request(method, url, **more)
        if not response.ok and response.status_code != accept:
            raise AirflowRefused(f"Airflow: {method} {path}: {response.status_code} {response.text[:500]}")
        return response

    def _all(self, path: str, name: str) -> Iterator[dict[str, Any]]:
        """Yield every entry of a list, page by page."""
        offset = 0
        while True:
            page = self.call("GET", path, params={"limit": PAGE, "offset": offset})
            yield from page[name]
            offset += PAGE
            if offset >= page["total_entries"]:
                return

    def import_errors(self) -> dict[str, str]:
        """Return the files that Airflow couldn't load, with their errors."""
        return {
            error["filename"]: without_frames(error["stack_trace"])
            for error in self._all("importErrors", "import_errors")
        }

    def health(self) -> dict[str, str]:
        """Return the state of each component of Airflow, by name."""
        components = self.call("GET", "monitor/health")
        return {name: str(one["status"]) for name, one in components.items() if one and one["status"]}

    def dags(self) -> list[Dag]:
        """Return the DAGs that Airflow has loaded, and when or after which assets they run."""
        waiting: dict[str, list[str]] = {}
        for asset in self._all("assets", "assets"):
            for dag in asset["scheduled_dags"]:
                waiting.setdefault(dag["dag_id"], []).append(asset["name"])
        return [
            Dag(
                dag["dag_id"],
                dag["is_paused"],
                _time(dag["next_dagrun_run_after"]),
                tuple(waiting.get(dag["dag_id"], ())),
            )
            for dag in self._all("dags", "dags")
        ]

    def dag_ids(self) -> list[str]:
        """Return the ids of the DAGs that Airflow has loaded."""
        return [dag["dag_id"] for dag in self._all("dags", "dags")]

    def unpause(self, dag_id: str, *, paused: bool = False) -> None:
        """Unpause a DAG, or pause it."""
        self.call("PATCH", f"dags/{dag_id}", json={"is_paused": paused})

    def ensure_pool(self, name: str, slots: int, description: str) -> None:
        """Create a pool; an existing one stays as it is."""
        if name not in {pool["name"] for pool in self.call("GET", "pools")["pools"]}:
            pool = {"name": name, "slots": slots, "description": description}
            self._answer("POST", "pools", accept=HTTPStatus.CONFLICT, json=pool)

    def trigger(
        self, dag_id: str, logical_date: str | None = None, conf: Mapping[str, Any] | None = None
    ) -> str:
        """Start a manual run, with params if there are any; return its id.

        The id is generated here: if Airflow carried out a call without answering it, repeating the call
        starts no second run.
        """
        run_id = f"manual__{datetime.now(UTC).isoformat()}_{secrets.token_hex(4)}"
        body = {"dag_run_id": run_id, "logical_date": logical_date, "conf": dict(conf or {})}
        response = self._answer("POST", f"dags/{dag_id}/dagRuns", accept=HTTPStatus.CONFLICT, json=body)
        if not response.ok:
            path = f"dags/{dag_id}/dagRuns/{quote(run_id, safe='')}"
            if not self._answer("GET", path, accept=HTTPStatus.NOT_FOUND).ok:  # it conflicts with another run
                raise AirflowRefused(f"Airflow starts no run of {dag_id}: {response.text[:500]}")
        return run_id

    def run_now(self, dag_id: str) -> str:
        """Unpause a DAG, and make sure that a run starts now; return its id.

        Airflow runs the newest interval as soon as a DAG is unpaused, unless that interval has run already:
        then this starts a manual run.
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

    def update_asset(self, name: str) -> None:
        """Report an update of an asset: the DAGs that wait for it then run."""
        for asset in self._all("assets", "assets"):
            if asset["name"] == name:
                self.call("POST", "assets/events", json={"asset_id": asset["id"]})

    def run(self, dag_id: str, run_id: str) -> Run:
        """Return a run with its current state."""
        return _run(self.call("GET", f"dags/{dag_id}/dagRuns/{quote(run_id, safe='')}"))

    def runs(self, dag_id: str = "~", limit: int = 50) -> list[Run]:
        """Return the newest runs, newest first."""
        query = {"order_by": "-start_date", "limit": limit}
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

    def queued_since(self) -> datetime | None:
        """Return when the task was queued that has waited longest for a worker; None if none waits."""
        path = "dags/~/dagRuns/~/taskInstances"
        queued = self.call("GET", path, params={"state": "queued", "limit": PAGE})["task_instances"]
        times = (datetime.fromisoformat(task["queued_when"]) for task in queued if task["queued_when"])
        return min(times, default=None)

    def tasks(self, run: Run) -> list[dict[str, Any]]:
        """Return the task instances of a run, as Airflow describes them."""
        return list(self._all(f"{_path(run)}/taskInstances", "task_instances"))

    def instances(self, run: Run) -> list[Task]:
        """Return the task instances of a run, reduced to what the launcher needs."""
        return [
            Task(
                each["task_id"],
                each["map_index"],
                each["rendered_map_index"] or "",
                each["state"],
                each["duration"],
                each["try_number"],
            )
            for each in self.tasks(run)
        ]

    def xcom(self, run: Run, task: Task, key: str = "return_value") -> Any:
        """Return a task's XCom of a key; None if there is none."""
        response = self._answer(
            "GET",
            f"{_path(run)}/taskInstances/{task.task_id}/xcomEntries/{key}",
            accept=HTTPStatus.NOT_FOUND,
            params={"deserialize": "true", "map_index": task.map_index},
        )
        return response.json()["value"] if response.ok else None

    def results(self, run: Run) -> dict[str, Any]:
        """Return the return values of a run's tasks, merged."""
        returned = [
            (task.task_id, self.xcom(run, task)) for task in self.instances(run) if task.state == "success"
        ]
        return merged([(task_id, value) for task_id, value in returned if isinstance(value, dict)])


def merged(results: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Merge the results of tasks, given as pairs of task id and result.

    Counts and lists of a mapped task's instances are added up; if two tasks have a key, the later one wins.
    """
    whole: dict[str, Any] = {}
    owners: dict[str, str] = {}
    for task_id, result in results:
        for name, value in result.items():
            adds = (
                owners.get(name) == task_id and isinstance(value, int | list) and not isinstance(value, bool)
            )
            whole[name] = whole[name] + value if adds else value
            owners[name] = task_id
    return whole


def without_frames(trace: str) -> str:
    """Return the error's text at the end of a traceback, without the class name if it is ours."""
    last = trace.rpartition("Traceback (most recent call last):\n")[2].splitlines()
    text = "\n".join(dropwhile(lambda line: line.startswith(" ") or not line, last))
    return (text or trace).removeprefix("yaml_dags.BrokenPipeline: ")


def _path(run: Run) -> str:
    return f"dags/{run.dag_id}/dagRuns/{quote(run.run_id, safe='')}"


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _run(response: dict[str, Any]) -> Run:
    return Run(
        response["dag_id"],
        response["dag_run_id"],
        response["state"],
        response.get("duration"),
        _time(response.get("start_date")),
    )
