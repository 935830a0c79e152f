"""Our texts in Airflow's UI in the reader's language: rewrites answers of Airflow's API to its UI."""

import json
import logging
from typing import TYPE_CHECKING, Final

from fastapi import Request

from views.guard import ui_language
from weather_mlops.pages.airflow_answers import Translator, translator

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

MAX_BYTES: Final = 4 * 1024**2
"""Longest answer that is translated: it is held in memory as a whole."""


class UiTexts:
    """ASGI middleware that translates answers for a Korean reader, and passes all others unchanged.

    Args:
        app: the wrapped application.
    """

    def __init__(self, app: "ASGIApp") -> None:
        self.app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer a request."""
        is_read = scope["type"] == "http" and scope["method"] == "GET"
        translate = translator(scope["path"]) if is_read else None
        if translate and ui_language(Request(scope)).name == "ko":
            send = _Answer(translate, send)
        await self.app(scope, receive, send)


class _Answer:
    """Receives an answer in parts, and sends it translated."""

    def __init__(self, translate: Translator, send: "Send") -> None:
        self._translate, self._send = translate, send
        self._start: Message | None = None  # while it is held back
        self._body = b""

    async def __call__(self, message: "Message") -> None:
        if message["type"] == "http.response.start" and _is_json(message):
            self._start = message
            return
        if self._start is None:
            await self._send(message)
            return
        is_body = message["type"] == "http.response.body"  # or a file that the server sends by itself
        self._body += message.get("body", b"")
        is_short = len(self._body) <= MAX_BYTES
        if is_body and is_short and message.get("more_body"):
            return
        start, self._start = self._start, None
        if is_body and is_short:
            start, self._body = self._translated(start)
        await self._send(start)
        await self._send({**message, "body": self._body} if is_body else message)

    def _translated(self, start: "Message") -> "tuple[Message, bytes]":
        # Airflow's answer is worth more than our texts, whatever is wrong with them or with it.
        try:
            answer = json.loads(self._body)
            translated = self._translate(answer)
            if translated == answer:
                return start, self._body
            body = json.dumps(translated, ensure_ascii=False, separators=(",", ":")).encode()
        except Exception:
            log.exception("An answer to the UI can't be translated; it is sent as it is.")
            return start, self._body
        headers = [(k, v) for k, v in start["headers"] if k.lower() not in {b"content-length", b"etag"}]
        headers += [(b"content-length", str(len(body)).encode()), (b"vary", b"Accept-Language, Cookie")]
        return {**start, "headers": headers}, body


def _is_json(start: "Message") -> bool:
    headers = {name.lower(): value for name, value in start.get("headers", ())}
    return (
        start["status"] == 200  # noqa: PLR2004  OK
        and headers.get(b"content-type", b"").startswith(b"application/json")
        and b"content-encoding" not in headers
    )
