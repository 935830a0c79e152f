"""Asia/Seoul is the UI's time zone until the user chooses another one."""

import asyncio

import pytest

from ui_timezone_plugin import SCRIPT, DefaultTimezone


def answer(content_type: bytes, *parts: bytes, **more: bytes) -> tuple[dict, bytes]:
    """Send a response in these parts through the plugin; headers and body that a browser gets."""
    sent = []

    async def app(scope, receive, send):
        length = str(sum(len(part) for part in parts)).encode()
        headers = [(b"content-type", content_type), (b"content-length", length), (b"etag", b"x")]
        headers += [(name.replace("_", "-").encode(), value) for name, value in more.items()]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": part is not parts[-1]})

    async def receive():
        return {"type": "http.request"}

    async def send(message):
        sent.append(message)

    asyncio.run(DefaultTimezone(app)({"type": "http"}, receive, send))
    return dict(sent[0]["headers"]), b"".join(message["body"] for message in sent[1:])


def test_a_page_carries_the_script_and_its_true_length():
    headers, body = answer(b"text/html; charset=utf-8", b"<html><head><title>A", b"</title></head></html>")

    assert body == b"<html><head><title>A</title>" + SCRIPT + b"</html>"
    assert headers[b"content-length"] == str(len(body)).encode()
    assert b"etag" not in headers


@pytest.mark.parametrize("content_type", [b"application/json", b"text/javascript"])
def test_anything_else_passes_unchanged(content_type):
    headers, body = answer(content_type, b'{"a": "', b'</head>"}')

    assert body == b'{"a": "</head>"}'
    assert headers[b"content-length"] == b"16"


def test_a_page_with_its_own_policy_passes_unchanged():
    page = b"<html><head></head></html>"
    headers, body = answer(b"text/html", page, content_security_policy=b"default-src 'none'")

    assert body == page
    assert headers[b"etag"] == b"x"
