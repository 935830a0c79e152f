"""Airflow's answers to its UI reach a Korean reader in Korean, and everybody else unchanged."""

import asyncio
import json
import logging

import pytest

from ui_language_plugin import UiLanguagePlugin
from views import ui_texts

PATH = "/api/v2/plugins"
JSON = b"application/json"
BODY = json.dumps({"plugins": [{"external_views": [{"name": "Models"}]}]}).encode()
IN_KOREAN = '{"plugins":[{"external_views":[{"name":"모델"}]}]}'.encode()
KOREAN = {"accept-language": "ko-KR,ko;q=0.9"}


def answer(body=BODY, *, path=PATH, method="GET", status=200, headers=(), parts=1, **request):
    """Status, headers and parts that a browser gets for a request with these headers."""
    middleware = UiLanguagePlugin().fastapi_root_middlewares[0]["middleware"]
    sent = []

    async def app(scope, receive, send):
        own = {b"content-type": JSON, b"content-length": str(len(body)).encode(), b"etag": b"x"}
        await send(
            {"type": "http.response.start", "status": status, "headers": [*(own | dict(headers)).items()]}
        )
        size = -(-len(body) // parts) or 1
        for index in range(parts):
            part = body[index * size : (index + 1) * size]
            await send({"type": "http.response.body", "body": part, "more_body": index < parts - 1})

    async def receive():
        return {"type": "http.request"}

    async def send(message):
        sent.append(message)

    names = [(name.replace("_", "-").encode(), value.encode()) for name, value in request.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": names}
    asyncio.run(middleware(app)(scope, receive, send))
    headers = dict(sent[0]["headers"])
    assert len(headers) == len(sent[0]["headers"])
    return sent[0]["status"], headers, [message["body"] for message in sent[1:]]


@pytest.mark.parametrize("parts", [1, 3])
def test_a_korean_reader_gets_korean_texts(parts):
    status, headers, body = answer(parts=parts, **KOREAN)

    assert (status, body) == (200, [IN_KOREAN])
    assert headers == {
        b"content-type": JSON,
        b"content-length": str(len(IN_KOREAN)).encode(),
        b"vary": b"Accept-Language, Cookie",
    }


@pytest.mark.parametrize(
    ("cookie", "expected"),
    [
        ("weather_ui_language=ko", IN_KOREAN),
        ("weather_ui_language=en", BODY),
        ("weather_ui_language=ko; weather_language=en", IN_KOREAN),
        ("weather_ui_language=de", BODY),
    ],
)
def test_the_language_of_airflow_s_ui_counts(cookie, expected):
    accepted = "en" if expected == IN_KOREAN else ("ko" if "=en" in cookie else "de")

    assert answer(cookie=cookie, accept_language=accepted)[2] == [expected]


@pytest.mark.parametrize(
    "other",
    [
        {"path": "/api/v2/variables"},
        {"method": "PATCH"},
        {"status": 404},
        {"headers": {b"content-type": b"text/html"}.items()},
        {"headers": {b"content-encoding": b"gzip"}.items()},
        {"body": b'{"plugins": ['},
        {"body": b"\xff"},
        {"body": b""},
        {"body": b'{"plugins":[]}'},
    ],
    ids=str,
)
def test_anything_else_passes_unchanged(other):
    body = other.get("body", BODY)
    status, headers, sent = answer(**other, **KOREAN)

    assert (status, b"".join(sent)) == (other.get("status", 200), body)
    assert headers[b"etag"] == b"x"
    assert headers[b"content-length"] == str(len(body)).encode()


@pytest.mark.parametrize(("parts", "sent_in"), [(1, 1), (4, 3)])
def test_a_long_answer_passes_unchanged(monkeypatch, parts, sent_in):
    monkeypatch.setattr(ui_texts, "MAX_BYTES", len(BODY) // 2)

    status, headers, sent = answer(parts=parts, **KOREAN)

    assert (status, b"".join(sent), headers[b"etag"]) == (200, BODY, b"x")
    assert len(sent) == sent_in  # not held until the end


def test_an_answer_from_a_file_passes_unchanged():
    messages = [
        {"type": "http.response.start", "status": 200, "headers": [(b"content-type", JSON)]},
        {"type": "http.response.pathsend", "path": "/a.json"},
    ]
    sent = []

    async def app(scope, receive, send):
        for message in messages:
            await send(message)

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": PATH, "headers": [(b"accept-language", b"ko")]}
    asyncio.run(ui_texts.UiTexts(app)(scope, None, send))

    assert sent == messages


def test_an_error_of_ours_is_logged_and_breaks_nothing(monkeypatch, caplog):
    def broken(_):
        raise LookupError("our fault")

    monkeypatch.setattr(ui_texts, "translator", lambda _: broken)
    with caplog.at_level(logging.ERROR):
        _, headers, sent = answer(**KOREAN)

    assert (sent, headers[b"etag"]) == ([BODY], b"x")
    assert "our fault" in caplog.text
