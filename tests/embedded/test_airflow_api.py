"""Airflow's REST API as the launcher uses it: a system runs for weeks, and lists are long."""

from types import SimpleNamespace
from urllib.parse import unquote

import pytest
import requests

from embedded import airflow_api
from embedded.airflow_api import AirflowApi, AirflowSilent, Run
from embedded.services import ServiceError

RUN = Run("model_training", "1", "success", 1.0)


class Session:
    """Answers like Airflow, with tokens that expire after a number of calls."""

    good_for = 1000
    login = 201

    def __init__(self):
        self.headers, self.tokens, self.calls, self.left = {}, 0, [], 0
        self.trouble = []  # outcomes of the next calls: errors to raise, or status codes
        self.runs, self.conflict = set(), False

    def request(self, method, url, *, timeout, params=None, json=None):
        assert timeout
        path = url.partition("/api/v2/")[2]
        if method == "POST" and path.endswith("dagRuns"):
            return self.start(json["dag_run_id"])
        if self.trouble:
            return failed(self.trouble.pop(0))
        if url.endswith("/auth/token"):
            self.tokens, self.left = self.tokens + 1, self.good_for
            return response(self.login, {"access_token": f"token-{self.tokens}"})
        self.calls.append((method, path, params, json))
        if self.headers["Authorization"] != f"Bearer token-{self.tokens}" or self.left <= 0:
            return response(401, {})
        self.left -= 1
        return self.answer(path, params)

    def answer(self, path, params):
        if path.endswith("taskInstances"):
            every = [instance(number) for number in range(230)]
            return page("task_instances", every, params)
        if "/dagRuns/" in path and path.count("/") == 3:
            return response(200 if unquote(path.rpartition("/")[2]) in self.runs else 404, {})
        if "xcomEntries" in path:
            return response(404, {"detail": "not found"})
        if path == "assets":
            return page("assets", [{"id": 7, "name": "weather_champion", "scheduled_dags": []}], params)
        return response(200, {})

    def start(self, run_id):
        if self.conflict or run_id in self.runs:
            return response(409, {"detail": "another run is there"})
        self.runs.add(run_id)
        return failed(self.trouble.pop(0)) if self.trouble else response(200, {"dag_run_id": run_id})


def failed(trouble):
    if isinstance(trouble, Exception):
        raise trouble
    return response(trouble, {"detail": "database is locked"})


def response(status, content):
    return SimpleNamespace(
        ok=status < 400, status_code=status, json=lambda: content, content=b"x", text=str(content)
    )


def page(name, every, params):
    part = every[params["offset"] : params["offset"] + params["limit"]]
    return response(200, {name: part, "total_entries": len(every)})


def instance(number):
    return {
        "task_id": "t", "map_index": number, "rendered_map_index": f"target {number}", "state": "success",
        "duration": 1.0, "try_number": 1,
    }  # fmt: skip


@pytest.fixture
def session(monkeypatch):
    fake = Session()
    monkeypatch.setattr(airflow_api.requests, "Session", lambda: fake)
    monkeypatch.setattr(airflow_api, "RETRY_SECONDS", 0)
    return fake


def test_a_token_that_is_too_old_is_replaced_and_nothing_is_lost(session):
    api = AirflowApi("http://localhost:1", "admin", "word")
    session.left = 0

    assert api.call("GET", "dags/x") == {}
    assert session.tokens == 2


def test_every_task_of_a_long_run_is_seen(session):
    tasks = AirflowApi("http://localhost:1", "admin", "word").instances(RUN)

    assert [task.map_index for task in tasks] == list(range(230))
    assert tasks[3].name == "t [target 3]"
    assert len(session.calls) == 3


def test_a_missing_xcom_is_none(session):
    api = AirflowApi("http://localhost:1", "admin", "word")

    assert api.xcom(RUN, api.instances(RUN)[0], "skipped") is None


def test_an_asset_is_updated_by_name(session):
    AirflowApi("http://localhost:1", "admin", "word").update_asset("weather_champion")

    assert session.calls[-1] == ("POST", "assets/events", None, {"asset_id": 7})


def test_an_unreachable_airflow_is_reported_in_a_sentence(session, monkeypatch):
    def gone(*_, **__):
        raise requests.ConnectionError("HTTPConnectionPool(host='localhost', port=1): Max retries exceeded")

    monkeypatch.setattr(session, "request", gone)
    with pytest.raises(
        AirflowSilent, match=r"^Airflow doesn't answer at http://localhost:1 \(ConnectionError\)"
    ):
        AirflowApi("http://localhost:1", "admin", "word", patience=0)


TROUBLE = [requests.ReadTimeout("read timeout=30"), 500, requests.ConnectionError("refused"), 503]


def test_slow_and_failed_requests_are_repeated_from_the_login_on(session):
    session.trouble = TROUBLE[:]
    looks = []
    api = AirflowApi("http://localhost:1", "admin", "word", meanwhile=lambda: looks.append(1))
    assert (session.trouble, len(looks)) == ([], 4)

    session.trouble = TROUBLE[:]
    assert api.call("GET", "dags/x") == {}
    assert len(looks) == 8


def test_a_service_that_keeps_ending_ends_the_wait_for_it(session):
    def check():
        raise ServiceError("api-server ended with status 1 after 5 restarts")

    session.trouble = TROUBLE[:]
    with pytest.raises(ServiceError, match="after 5 restarts"):
        AirflowApi("http://localhost:1", "admin", "word", meanwhile=check)


def test_a_request_that_keeps_failing_is_reported_with_the_cause(session):
    api = AirflowApi("http://localhost:1", "admin", "word", patience=0)
    session.trouble = [500]

    with pytest.raises(AirflowSilent, match=r"GET http://localhost:1/\S+/x: 500 .*database is locked"):
        api.call("GET", "dags/x")


@pytest.mark.parametrize("trouble", TROUBLE)
def test_a_run_whose_start_was_not_answered_is_not_started_twice(session, trouble):
    api = AirflowApi("http://localhost:1", "admin", "word")
    session.trouble = [trouble]
    run_id = api.trigger("forecast")

    assert session.runs == {run_id}


def test_a_run_that_conflicts_with_another_is_refused(session):
    session.conflict = True

    with pytest.raises(ServiceError, match=r"starts no run of forecast: .*another run is there"):
        AirflowApi("http://localhost:1", "admin", "word").trigger("forecast")


def test_another_airflow_on_the_port_is_recognized(session):
    session.login = 401
    with pytest.raises(ServiceError, match="refuses the login of admin") as error:
        AirflowApi("http://localhost:1", "admin", "word")
    assert "word" not in str(error.value)
