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
    """Airflow doesn't answer, or with an error of its own: it is starting, busy or gone."""


class AirflowRefused(ServiceError):
    """Airflow refuses a call: what it is about isn't there, or is in the way."""


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
        next_run: when its schedule starts it next; None where no clock does.
        assets: an update of which starts it.
    """

    dag_id: str
    paused: bool
    next_run: datetime | None
    assets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """A task of a run, or one of several where it is mapped.

    Attributes:
        task_id: its id.
        map_index: its number among the mapped ones; -1 where it isn't mapped.
        label: what it is about, by its ``map_index_template``; empty where it has none.
        state: of it; None before it was scheduled.
        seconds: that it took.
        tries: how many times it was tried.
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
        url: of the API server.
        user: name.
        password: its password.
        patience: for how long a call that isn't answered, or with an error of the server's own (5xx), is made
            again, s; 0 for a single try.
        meanwhile: what is done between two tries; an error that it raises ends them.
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
        """Get a token; one is good for a day.

        Raises:
            ServiceError: Airflow refuses the login.
        """
        reply = self._request("POST", f"{self.url}/auth/token", json=self._login)
        if not reply.ok:
            raise ServiceError(
                f"Airflow at {self.url} refuses the login of {self._login['username']} "
                f"({reply.status_code}): another Airflow may listen there"
            )
        self._session.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"

    def _request(self, method: str, url: str, **more: Any) -> requests.Response:
        """A response that says something, be it that the call is refused.

        Raises:
            AirflowSilent: there was none within the patience.
        """
        deadline = time.monotonic() + self._patience
        while True:
            try:
                reply = self._session.request(method, url, timeout=TIMEOUT, **more)
                if reply.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
                    return reply
                problem = f"{method} {url}: {reply.status_code} {reply.text[:200]}"
            except requests.RequestException as error:
                problem = type(error).__name__
            if time.monotonic() >= deadline:
                raise AirflowSilent(f"Airflow doesn't answer at {self.url} ({problem}); see `make status`")
            self._meanwhile()
            time.sleep(RETRY_SECONDS)

    def call(self, method: str, path: str, **more: Any) -> Any:
        """One call below /api/v2; its JSON.

        Raises:
            AirflowSilent: Airflow doesn't answer.
            AirflowRefused: it refuses the call, with its words.
        """
        reply = self._answer(method, path, **more)
        return reply.json() if reply.content else {}

    def _answer(
        self, method: str, path: str, *, accept: int = HTTPStatus.OK, **more: Any
    ) -> requests.Response:
        url = f"{self.url}/api/v2/{path}"
        reply = self._request(method, url, **more)
        if reply.status_code == HTTPStatus.UNAUTHORIZED:  # a token is good for a day, a system runs for weeks
            self._log_in()
            reply = self._request(method, url, **more)
        if not reply.ok and reply.status_code != accept:
            raise AirflowRefused(f"Airflow: {method} {path}: {reply.status_code} {reply.text[:500]}")
        return reply

    def _all(self, path: str, name: str) -> Iterator[dict[str, Any]]:
        """Every entry of a list, page by page."""
        offset = 0
        while True:
            page = self.call("GET", path, params={"limit": PAGE, "offset": offset})
            yield from page[name]
            offset += PAGE
            if offset >= page["total_entries"]:
                return

    def import_errors(self) -> dict[str, str]:
        """What Airflow couldn't load: file and error."""
        return {
            error["filename"]: without_frames(error["stack_trace"])
            for error in self._all("importErrors", "import_errors")
        }

    def health(self) -> dict[str, str]:
        """Each part of Airflow and its state."""
        parts = self.call("GET", "monitor/health")
        return {name: str(part["status"]) for name, part in parts.items() if part and part["status"]}

    def dags(self) -> list[Dag]:
        """DAGs that Airflow has loaded, and when or after what they run."""
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
        """DAGs that Airflow has loaded."""
        return [dag["dag_id"] for dag in self._all("dags", "dags")]

    def unpause(self, dag_id: str, *, paused: bool = False) -> None:
        """Let the schedule of a DAG run, or stop it."""
        self.call("PATCH", f"dags/{dag_id}", json={"is_paused": paused})

    def ensure_pool(self, name: str, slots: int, description: str) -> None:
        """Make a pool; one that is there stays as it is."""
        if name not in {pool["name"] for pool in self.call("GET", "pools")["pools"]}:
            pool = {"name": name, "slots": slots, "description": description}
            self._answer("POST", "pools", accept=HTTPStatus.CONFLICT, json=pool)

    def trigger(
        self, dag_id: str, logical_date: str | None = None, conf: Mapping[str, Any] | None = None
    ) -> str:
        """Start a run by hand, with params where it has any; its id.

        The id is chosen here: a call that Airflow followed without answering it starts no second run when it
        is made again.
        """
        run_id = f"manual__{datetime.now(UTC).isoformat()}_{secrets.token_hex(4)}"
        asked = {"dag_run_id": run_id, "logical_date": logical_date, "conf": dict(conf or {})}
        reply = self._answer("POST", f"dags/{dag_id}/dagRuns", accept=HTTPStatus.CONFLICT, json=asked)
        if not reply.ok:
            path = f"dags/{dag_id}/dagRuns/{quote(run_id, safe='')}"
            if not self._answer("GET", path, accept=HTTPStatus.NOT_FOUND).ok:  # another run is in the way
                raise AirflowRefused(f"Airflow starts no run of {dag_id}: {reply.text[:500]}")
        return run_id

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

    def update_asset(self, name: str) -> None:
        """Say that an asset was updated: what waits for it then runs."""
        for asset in self._all("assets", "assets"):
            if asset["name"] == name:
                self.call("POST", "assets/events", json={"asset_id": asset["id"]})

    def run(self, dag_id: str, run_id: str) -> Run:
        """How a run stands."""
        return _run(self.call("GET", f"dags/{dag_id}/dagRuns/{quote(run_id, safe='')}"))

    def runs(self, dag_id: str = "~", limit: int = 50) -> list[Run]:
        """The newest runs, newest first."""
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
        """When the task was queued that has waited longest for a worker; None where none waits."""
        path = "dags/~/dagRuns/~/taskInstances"
        queued = self.call("GET", path, params={"state": "queued", "limit": PAGE})["task_instances"]
        times = (datetime.fromisoformat(task["queued_when"]) for task in queued if task["queued_when"])
        return min(times, default=None)

    def tasks(self, run: Run) -> list[dict[str, Any]]:
        """The task instances of a run, as Airflow describes them."""
        return list(self._all(f"{_path(run)}/taskInstances", "task_instances"))

    def instances(self, run: Run) -> list[Task]:
        """The task instances of a run, what is needed here of them."""
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
        """What a task left under a key; None where it left nothing."""
        reply = self._answer(
            "GET",
            f"{_path(run)}/taskInstances/{task.task_id}/xcomEntries/{key}",
            accept=HTTPStatus.NOT_FOUND,
            params={"deserialize": "true", "map_index": task.map_index},
        )
        return reply.json()["value"] if reply.ok else None

    def results(self, run: Run) -> dict[str, Any]:
        """What the tasks of a run returned, merged."""
        returned = [
            (task.task_id, self.xcom(run, task)) for task in self.instances(run) if task.state == "success"
        ]
        return merged([(task_id, value) for task_id, value in returned if isinstance(value, dict)])


def merged(results: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Results of tasks, each with its task's id, as one.

    The counts and lists of a mapped task are added up; of a figure that two tasks have, the later one counts.
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
    """What a traceback says in the end: the error's text, of ours without its Python name."""
    last = trace.rpartition("Traceback (most recent call last):\n")[2].splitlines()
    text = "\n".join(dropwhile(lambda line: line.startswith(" ") or not line, last))
    return (text or trace).removeprefix("yaml_dags.BrokenPipeline: ")


def _path(run: Run) -> str:
    return f"dags/{run.dag_id}/dagRuns/{quote(run.run_id, safe='')}"


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _run(reply: dict[str, Any]) -> Run:
    return Run(
        reply["dag_id"],
        reply["dag_run_id"],
        reply["state"],
        reply.get("duration"),
        _time(reply.get("start_date")),
    )
