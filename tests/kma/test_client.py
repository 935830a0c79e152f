"""The client: what it does when the API is slow, broken, or says no; and that it never tells the key."""

import logging
import pickle
import threading
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weather_mlops.errors import (
    EndpointNotApproved,
    FormatChanged,
    KeyRefused,
    KmaMaintenance,
    KmaUnavailable,
    Misconfigured,
    Permanent,
    QuotaExhausted,
    ReplyCutOff,
    ReplyMismatch,
)
from weather_mlops.kma.client import HOUR, LONGEST_SPAN, KmaClient, UncountedCalls, spans

KEY = "s3cret+key/with=signs&"
NOON = datetime(2026, 1, 1, 3, tzinfo=UTC)
GOOD = b"#START7777\n202601011200 108 1\n#7777END\n"
Answer = Callable[[BaseHTTPRequestHandler, int], None]


def send(body: bytes, status: int = 200, **headers: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler, _: int) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    return answer


class Api:
    """A server whose answers a test chooses."""

    def __init__(self, answer: Answer) -> None:
        self.calls: list[str] = []
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                api.calls.append(self.path)
                answer(self, len(api.calls))

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/api/typ01/url"

    def client(self, **more) -> KmaClient:
        options = {"budget": UncountedCalls(), "sleep": lambda _: None, "read_timeout": 0.3, **more}
        return KmaClient(self.url, KEY, **options)


@pytest.fixture
def api():
    running = []

    def start(answer: Answer) -> Api:
        running.append(Api(answer))
        return running[-1]

    yield start
    for each in running:
        each.server.shutdown()
        each.server.server_close()


def json_error(status: int, message: str) -> bytes:
    return f'{{"result":{{"status":{status},"message":"{message}"}}}}'.encode()


def test_a_reply_is_given_as_received_with_what_was_asked_but_the_key(api):
    server = api(send(GOOD))
    reply = server.client().hour(NOON, [108, 159])

    assert reply.body == GOOD
    assert reply.params == {"tm": "202601011200", "stn": "108:159", "help": "0"}
    assert "authKey" in server.calls[0]
    assert KEY not in reply.url
    assert "authKey" not in reply.url


@pytest.mark.parametrize(
    ("answer", "error", "calls"),
    [
        (send(json_error(401, "유효한 인증키가 아닙니다."), 401), KeyRefused, 1),
        (send(json_error(401, "유효한 인증키가 아닙니다."), 200), KeyRefused, 1),
        (send(json_error(403, "활용신청이 필요한 API 입니다."), 403), EndpointNotApproved, 1),
        (send(json_error(403, "API 호출 한도를 초과했습니다."), 403), QuotaExhausted, 1),
        (send(b"<!DOCTYPE html><html>down</html>"), KmaMaintenance, 1),
        (send(b"<html>bad gateway</html>", 502), KmaUnavailable, 4),
        (send(GOOD[:-9]), ReplyCutOff, 4),
        (send(b"nothing here", 404), Misconfigured, 1),
        (send(json_error(418, "teapot"), 200), FormatChanged, 1),
        (send(b"", 302, Location="http://127.0.0.1:1/"), FormatChanged, 1),
        (send(GOOD.replace(b"20260101", b"20260102")), ReplyMismatch, 1),
    ],
    ids=[
        "401", "401 with 200", "403", "quota", "maintenance", "502", "cut off", "404", "unknown", "redirect",
        "other hours",
    ],
)  # fmt: skip
def test_each_kind_of_refusal_is_an_error_of_its_own_and_only_what_can_pass_is_tried_again(
    api, answer, error, calls
):
    server = api(answer)

    with pytest.raises(error) as raised:
        server.client().hour(NOON)

    assert len(server.calls) == calls
    assert "kma_sfctm2.php?tm=202601011200" in str(raised.value)


def test_a_server_that_hangs_is_given_up_in_time(api):
    server = api(lambda request, _: time.sleep(1))

    with pytest.raises(KmaUnavailable, match="no answer in time"):
        server.client(read_timeout=0.1, attempts=2).hour(NOON)

    assert len(server.calls) == 2


def test_a_server_that_drips_is_given_up_in_time(api):
    def drip(request: BaseHTTPRequestHandler, _: int) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            for _ in range(100):
                request.wfile.write(b"#" * 70_000)
                time.sleep(0.05)
        except OSError:
            return

    begun = time.monotonic()
    with pytest.raises(KmaUnavailable, match="no answer in time"):
        api(drip).client(read_timeout=0.1, attempts=1).hour(NOON)

    assert time.monotonic() - begun < 3


def test_a_connection_that_is_refused_is_told_without_the_key():
    client = KmaClient("http://127.0.0.1:1", KEY, budget=UncountedCalls(), attempts=1)

    with pytest.raises(KmaUnavailable, match="no connection"):
        client.hour(NOON)


def test_what_passes_is_ridden_out(api):
    broken = send(b"", 500)
    server = api(lambda request, call: (broken if call < 3 else send(GOOD))(request, call))

    assert server.client().hour(NOON).body == GOOD
    assert len(server.calls) == 3


def test_every_attempt_is_counted_and_none_is_made_when_the_budget_is_used_up(api):
    class Budget:
        left = 2

        def take(self, calls: int = 1) -> int:
            if self.left < calls:
                raise QuotaExhausted("no calls left")
            self.left -= calls
            return self.left

    server = api(send(b"", 500))

    with pytest.raises(QuotaExhausted):
        server.client(budget=Budget()).hour(NOON)

    assert len(server.calls) == 2


def test_the_key_is_in_no_log_no_error_and_no_repr(api, caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3").setLevel(logging.DEBUG)
    said = []
    for answer in (
        send(GOOD),
        send(b"", 500),
        send(json_error(401, "no"), 401),
        lambda r, _: time.sleep(0.3),
    ):
        client = api(answer).client(read_timeout=0.1, attempts=2)
        said.append(repr(client))
        try:
            client.hour(NOON)
        except (KmaUnavailable, Permanent) as error:
            said.append("".join(traceback.format_exception(error)))
            said.append(str(pickle.loads(pickle.dumps(error))))

    text = caplog.text + " ".join(said)
    assert "asked" in text
    for spelling in (KEY, "s3cret", "with%3Dsigns"):
        assert spelling not in text


@pytest.mark.parametrize(("url", "key", "said"), [("", KEY, "URL"), ("http://x", "", "key")])
def test_a_missing_setting_is_named(url, key, said):
    with pytest.raises(Misconfigured, match=f"has no {said}") as error:
        KmaClient(url, key, budget=UncountedCalls())

    assert "kma_default" in str(error.value)


@given(st.integers(0, 20_000), st.integers(0, 20_000))
def test_a_period_is_cut_so_that_each_hour_is_asked_for_once_and_no_span_is_cut_silently(start, hours):
    begin = datetime(2020, 1, 1, tzinfo=UTC) + start * HOUR
    end = begin + hours * HOUR
    pieces = spans(begin, end)

    assert pieces[0][0] == begin
    assert pieces[-1][1] == end
    assert all(last - first <= LONGEST_SPAN for first, last in pieces)
    assert all(following[0] - piece[1] == HOUR for piece, following in pairwise(pieces))
    assert timedelta(days=31) > LONGEST_SPAN


def test_a_period_that_ends_before_it_begins_is_a_mistake():
    with pytest.raises(Misconfigured, match="ends"):
        spans(NOON, NOON - HOUR)
