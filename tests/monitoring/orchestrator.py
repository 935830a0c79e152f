"""A fake of Airflow's REST API: tests set what it returns."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from weather_mlops.monitoring.airflow_api import AirflowApi

USER, PASSWORD, TOKEN = "watcher", "s3cret", "t0ken"
HEALTHY = {
    "metadatabase": {"status": "healthy"},
    "scheduler": {"status": "healthy", "latest_scheduler_heartbeat": "2026-11-25T00:00:00+00:00"},
    "triggerer": {"status": "healthy", "latest_triggerer_heartbeat": "2026-11-25T00:00:00+00:00"},
    "dag_processor": {"status": "healthy", "latest_dag_processor_heartbeat": "2026-11-25T00:00:00+00:00"},
}


def dag(dag_id: str, **more: Any) -> dict[str, Any]:
    defaults = {"is_paused": False, "timetable_summary": "0 * * * *", "next_dagrun_run_after": None}
    return {"dag_id": dag_id, **defaults, **more}


def run(dag_id: str, run_id: str, state: str, **more: Any) -> dict[str, Any]:
    times = {"queued_at": None, "start_date": "2026-11-24T23:00:00+00:00", "end_date": None, "duration": 10.0}
    return {"dag_id": dag_id, "dag_run_id": run_id, "state": state, **times, **more}


def task(dag_id: str, task_id: str, state: str, tries: int = 1, **more: Any) -> dict[str, Any]:
    return {"dag_id": dag_id, "task_id": task_id, "state": state, "try_number": tries, **more}


class Orchestrator:
    """State of the fake API."""

    def __init__(self) -> None:
        self.health: dict[str, Any] = HEALTHY
        self.dags: list[dict[str, Any]] = []
        self.runs: list[dict[str, Any]] = []
        self.tasks: list[dict[str, Any]] = []
        self.started: list[dict[str, Any]] = []
        self.broken: int | None = None
        self.page_limit = 100
        self.broken_files: list[str] | None = []  # None = the user may not read them
        self.url = ""

    def api(self, password: str = PASSWORD) -> AirflowApi:
        return AirflowApi(self.url, USER, password)

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:  # noqa: PLR0911
        parts = path.removeprefix("/api/v2/").split("/")
        if self.broken:
            return self.broken, {}
        if parts == ["monitor", "health"]:
            return 200, self.health
        if parts == ["dags"]:
            begin, number = (int(query[name][0]) for name in ("offset", "limit"))
            page = self.dags[begin : begin + min(number, self.page_limit)]
            return 200, {"dags": page, "total_entries": len(self.dags)}
        if parts == ["importErrors"]:
            files = [{"filename": name} for name in self.broken_files or []]
            return 403 if self.broken_files is None else 200, {"import_errors": files}
        if method == "POST":
            if any(one["dag_run_id"] == body["dag_run_id"] for one in self.started):
                return 409, {}
            self.started.append({"dag_id": parts[1], **body})
            return 200, {}
        if parts[1:] == ["~", "dagRuns"]:
            begun = [one for one in self.runs if one["start_date"] and one["state"] in query["state"]]
            return 200, {"dag_runs": sorted(begun, key=lambda one: one["start_date"])[:1]}
        if parts[2:] == ["dagRuns"]:
            return 200, {"dag_runs": [one for one in self.runs if one["dag_id"] == parts[1]]}
        if "state" in query:
            return 200, {"task_instances": [one for one in self.tasks if one["state"] in query["state"]]}
        return 200, {"task_instances": [one for one in self.tasks if one["task_id"] == query["task_id"][0]]}


@contextmanager
def serving() -> Iterator[Orchestrator]:
    """Serve on a free port."""
    api = Orchestrator()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            if url.path == "/auth/token":
                known = body == {"username": USER, "password": PASSWORD}
                status, response = (201, {"access_token": TOKEN}) if known else (401, {})
            elif url.path != "/api/v2/monitor/health" and self.headers["Authorization"] != f"Bearer {TOKEN}":
                status, response = 401, {}
            else:
                status, response = api.answer(self.command, url.path, parse_qs(url.query), body)
            content = json.dumps(response).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        api.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield api
        finally:
            server.shutdown()
            thread.join()
