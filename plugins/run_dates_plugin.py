"""Refuse manual runs whose dates are out of bounds: Airflow would leave them waiting, or end them at once.

Airflow starts no task of a run whose logical date lies in the future, and lets the run wait for it: with
``max_active_runs: 1`` no other run of the DAG starts meanwhile. For a date before the DAG's start, or after
its end, it creates a run without tasks, which succeeds. A mistyped year causes both. Both are refused here
with an explanation, in the UI and in the REST API. Runs that are created otherwise end by ``dagrun_timeout``.
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
    """ASGI middleware that checks the dates of a run before Airflow creates it.

    Args:
        app: the wrapped application.
    """

    def __init__(self, app: "ASGIApp") -> None:
        self.app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer a request."""
        trigger = TRIGGER.match(scope.get("path", "")) if scope.get("method") == "POST" else None
        if scope["type"] != "http" or trigger is None:
            await self.app(scope, receive, send)
            return
        body = await _read(receive)
        dates = _dates(body)
        fault = future(dates, datetime.now(UTC))
        if not fault and "logical_date" in dates and trigger["dag"]:
            dag = await self._details(scope, f"{trigger['dag']}/details")
            fault = outside(
                dates["logical_date"], _parse_time(dag.get("start_date")), _parse_time(dag.get("end_date"))
            )
        if fault:
            await _refuse(send, fault)
            return
        await self.app(scope, _replay(body, receive), send)

    async def _details(self, scope: "Scope", path: str) -> dict[str, Any]:
        """Return Airflow's details of the DAG, as this user may see them; empty if they are unavailable."""
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
    """Return what is wrong with a run that Airflow would leave waiting; None if nothing is.

    Args:
        dates: ``logical_date`` and ``run_after``, those that are given, timezone-aware.
        now: the time, timezone-aware.
    """
    for name, when in dates.items():
        if when > now + TOLERANCE:
            return (
                f"{name} {when.isoformat()} is in the future: the run would wait until then, and no other "
                "run of this DAG could start. Leave it empty, or give a time in the past."
            )
    return None


def outside(when: datetime, start: datetime | None, end: datetime | None) -> str | None:
    """Return what is wrong with a run that Airflow would end at once, as a success without any task.

    Args:
        when: logical date of the run, timezone-aware.
        start: start_date of the DAG; None if it has none.
        end: end_date of the DAG; None if it has none.
    """
    if start and when < start:
        return (
            f"logical_date {when.isoformat()} is before the DAG's start_date {start.isoformat()}: no task "
            "would run. Give a later date, or set an earlier start_date in the pipeline's YAML."
        )
    if end and when > end:
        return (
            f"logical_date {when.isoformat()} is after the DAG's end_date {end.isoformat()}: no task would "
            "run. Give an earlier date, or set a later end_date in the pipeline's YAML."
        )
    return None


def _dates(body: bytes) -> dict[str, datetime]:
    request = _mapping(body)
    dates = {name: _parse_time(request.get(name)) for name in ("logical_date", "run_after")}
    return {name: when for name, when in dates.items() if when is not None}


def _parse_time(value: Any) -> datetime | None:
    """Parse a date of Airflow's API; None for what Airflow itself would refuse."""
    try:
        when = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return when if when.tzinfo else None


def _mapping(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


async def _read(receive: "Receive") -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _replay(body: bytes, receive: "Receive") -> "Receive":
    """Return a receive function that gives a body that was read already, then what the original one gives."""
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
    """Refuses manual runs whose dates are out of bounds."""

    name = "run_dates"
    fastapi_root_middlewares: list[dict[str, Any]] = [  # noqa: RUF012  an attribute of Airflow's base class
        {"name": "dates of runs", "middleware": RunDates}
    ]
