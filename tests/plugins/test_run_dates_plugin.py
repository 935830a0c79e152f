"""A manual run with a mistyped year is refused: it blocks no other run, and isn't green without a task."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from run_dates_plugin import RunDates

RUNS = "/api/v2/dags/data_collection/dagRuns"
BOUNDS = {"start_date": "1999-12-31T15:00:00Z", "end_date": None}


def posted(body, path=RUNS, method="POST", bounds=BOUNDS):
    """Post a body; status and body of the response, and the body that reached Airflow, None if none did."""
    sent, reached = [], []

    async def app(scope, receive, send):
        if scope["method"] == "GET":
            assert dict(scope["headers"]) == {b"authorization": b"Bearer x"}
            content = json.dumps(bounds).encode()
            status = 200 if bounds else 403
        else:
            message = await receive()
            reached.append(message["body"] + ((await receive())["body"] if message.get("more_body") else b""))
            content, status = b"{}", 200
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": content})

    parts = [
        {"type": "http.request", "body": body[:9], "more_body": True},
        {"type": "http.request", "body": body[9:]},
    ]

    async def receive():
        return parts.pop(0)

    async def send(message):
        sent.append(message)

    headers = [(b"authorization", b"Bearer x"), (b"content-length", b"9")]
    scope = {"type": "http", "method": method, "path": path, "headers": headers}
    asyncio.run(RunDates(app)(scope, receive, send))
    return sent[0]["status"], sent[1]["body"].decode(), reached[0] if reached else None


def request(**dates):
    return json.dumps({"conf": {}, **dates}).encode()


@pytest.mark.parametrize(
    ("dates", "message"),
    [
        (
            {"logical_date": "2727-03-01T00:00:00Z"},
            "logical_date 2727-03-01T00:00:00+00:00 is in the future",
        ),
        ({"logical_date": None, "run_after": "2727-03-01T00:00:00+09:00"}, "run_after 2727-03-01"),
        ({"logical_date": "1990-01-01T00:00:00Z"}, "before the DAG's start_date 1999-12-31T15:00:00+00:00"),
    ],
)
def test_dates_out_of_bounds_are_refused_and_not_passed_on(dates, message):
    status, body, reached = posted(request(**dates))

    assert (status, reached) == (400, None)
    assert message in json.loads(body)["detail"]


def test_a_date_after_the_end_is_refused_too():
    status, body, _ = posted(
        request(logical_date="2026-03-01T00:00:00Z"),
        bounds={"start_date": None, "end_date": "2026-02-01T00:00:00Z"},
    )

    assert status == 400
    assert "after the DAG's end_date" in body


@pytest.mark.parametrize(
    "body",
    [
        request(logical_date=None),
        request(logical_date="2020-03-01T00:00:00Z"),
        request(logical_date="soon"),
        request(logical_date="2727-03-01"),  # Airflow refuses it itself: it has no zone
        b"not JSON",
        b"[1, 2]",
    ],
)
def test_any_other_request_reaches_airflow_as_it_is(body):
    assert posted(body) == (200, "{}", body)


def test_a_person_s_clock_may_be_a_minute_fast():
    body = request(logical_date=(datetime.now(UTC) + timedelta(minutes=1)).isoformat())
    assert posted(body) == (200, "{}", body)


def test_airflow_decides_where_it_knows_nothing_of_the_dag():
    body = request(logical_date="1990-01-01T00:00:00Z")

    assert posted(body, bounds={}) == (200, "{}", body)


def test_other_paths_are_not_looked_at():
    body = request(logical_date="2727-03-01T00:00:00Z")

    assert posted(body, path="/api/v2/dags/data_collection/dagRuns/list") == (200, "{}", body)
    assert posted(body, path="/api/v2/assets/3/materialize")[0] == 400
