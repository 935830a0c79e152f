"""Refuse runs by hand that Airflow could only leave waiting, or end at once: their dates are out of bounds.

Airflow starts no task of a run whose logical date lies in the future, and lets the run wait for it: with
``max_active_runs: 1`` no other run of the DAG begins meanwhile. Of a date before the DAG's start, or after
its end, it makes a run without tasks, which succeeds. Both come of a mistyped year, and both are refused here
with a sentence, in the UI and in the REST API. What reaches Airflow by other ways ends by ``dagrun_timeout``.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

TRIGGER: Final = re.compile(r"(?P<dag>.*/api/v2/dags/[^/]+)/dagRuns/?$|.*/api/v2/assets/[^/]+/materialize$")
TOLERANCE: Final = timedelta(minutes=5)  # between the clocks of a person and of the server


class RunDates:
    """ASGI middleware that looks at the dates of a run before Airflow makes it.

    Args:
        app: the application behind it.
    """

    def __init__(self, app: "ASGIApp") -> None:
        self.app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer a request."""
        found = TRIGGER.match(scope.get("path", "")) if scope.get("method") == "POST" else None
        if scope["type"] != "http" or found is None:
            await self.app(scope, receive, send)
            return
        body = await _read(receive)
        dates = _dates(body)
        fault = future(dates, datetime.now(UTC))
        if not fault and "logical_date" in dates and found["dag"]:
            dag = await self._details(scope, f"{found['dag']}/details")
            fault = outside(
                dates["logical_date"], _parse_time(dag.get("start_date")), _parse_time(dag.get("end_date"))
            )
        if fault:
            await _refuse(send, fault)
            return
        await self.app(scope, _replay(body, receive), send)

    async def _details(self, scope: "Scope", path: str) -> dict[str, Any]:
        """What Airflow says of the DAG to the person who asks; empty where it says nothing."""
        status, body = 0, b""

        async def receive() -> "Message":
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: "Message") -> None:
            nonlocal status, body
            status = message.get("status", status)
            body += message.get("body", b"")

        headers = [
            (name, value) for name, value in scope["headers"] if not name.lower().startswith(b"content-")
        ]
        inner = {
            **scope,
            "method": "GET",
            "path": path,
            "raw_path": None,
            "query_string": b"",
            "headers": headers,
        }
        await self.app({key: value for key, value in inner.items() if value is not None}, receive, send)
        return _mapping(body) if status == 200 else {}  # noqa: PLR2004  HTTP's OK


def future(dates: dict[str, datetime], now: datetime) -> str | None:
    """What is wrong with a run that Airflow would let wait.

    Args:
        dates: ``logical_date`` and ``run_after``, those that are given, timezone-aware.
        now: the time, timezone-aware.
    """
    for name, when in dates.items():
        if when > now + TOLERANCE:
            return (
                f"{name} {when.isoformat()} lies in the future: the run would wait until then, and no other "
                "run of this DAG could begin. Leave it empty, or give a time that is over."
            )
    return None


def outside(when: datetime, start: datetime | None, end: datetime | None) -> str | None:
    """What is wrong with a run that Airflow would end at once, as a success without any task.

    Args:
        when: its logical date, timezone-aware.
        start: of the DAG; None where it has none.
        end: of the DAG; None where it has none.
    """
    if start and when < start:
        return (
            f"logical_date {when.isoformat()} is before the DAG's start_date {start.isoformat()}: no task "
            "would run. Give a later one, or make start_date an earlier one in the pipeline's YAML."
        )
    if end and when > end:
        return (
            f"logical_date {when.isoformat()} is after the DAG's end_date {end.isoformat()}: no task would "
            "run. Give an earlier one, or make end_date a later one in the pipeline's YAML."
        )
    return None


def _dates(body: bytes) -> dict[str, datetime]:
    asked = _mapping(body)
    found = {name: _parse_time(asked.get(name)) for name in ("logical_date", "run_after")}
    return {name: when for name, when in found.items() if when is not None}


def _parse_time(value: Any) -> datetime | None:
    """A date of Airflow's API; None of what it would refuse itself."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None


def _mapping(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


async def _read(receive: "Receive") -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _replay(body: bytes, receive: "Receive") -> "Receive":
    """Give out a body that was read already, and then whatever comes."""
    given = False

    async def replay() -> "Message":
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _refuse(send: "Send", fault: str) -> None:
    body = json.dumps({"detail": fault}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class RunDatesPlugin(AirflowPlugin):
    """Runs by hand whose dates are out of bounds are refused."""

    name = "run_dates"
    fastapi_root_middlewares: list[dict[str, Any]] = [  # noqa: RUF012  an attribute of Airflow's base class
        {"name": "dates of runs", "middleware": RunDates}
    ]
