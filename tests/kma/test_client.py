"""The client: what it does when the API is slow, broken, or says no; and that it never tells the key."""

import logging
import pickle
import re
import threading
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from weather_mlops.errors import (
    EndpointNotApproved,
    FormatChanged,
    KeyRefused,
    KmaMaintenance,
    KmaUnavailable,
    Misconfigured,
    QuotaExhausted,
    ReplyCutOff,
    ReplyMismatch,
    WeatherError,
)
from weather_mlops.kma.client import KmaClient, UncountedCalls
from weather_mlops.kma.endpoints import HOUR

pytestmark = pytest.mark.integration
KEY = "s3cret+key/with=signs&"
NOON = datetime(2026, 1, 1, 3, tzinfo=UTC)
GOOD = b"#START7777\n202601011200 108 1\n#7777END\n"
PATIENCE = 60.0  # seconds, of what a busy machine keeps waiting
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
        (send(b"slow down", 429), KmaUnavailable, 4),
        (send(GOOD[:-9]), ReplyCutOff, 4),
        (send(b"nothing here", 404), Misconfigured, 1),
        (send(json_error(418, "teapot"), 200), FormatChanged, 1),
                (send(GOOD.replace(b"20260101", b"20260102")), ReplyMismatch, 1),
    ],
    ids=[
        "401", "401 with 200", "403", "quota", "maintenance", "502", "429", "cut off", "404", "unknown",
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
    given_up, asked = threading.Event(), threading.Semaphore(0)

    def hang(request: BaseHTTPRequestHandler, _: int) -> None:
        asked.release()
        given_up.wait(PATIENCE)

    server = api(hang)
    with pytest.raises(KmaUnavailable, match="no answer in time"):
        server.client(read_timeout=0.1, attempts=2).hour(NOON)

    # On a busy machine the server may come to read what it was asked only after the client has gone.
    assert all(asked.acquire(timeout=PATIENCE) for _ in range(2))
    given_up.set()
    assert len(server.calls) == 2


@pytest.mark.parametrize("piece", [b"#", b"#" * 70_000], ids=["byte by byte", "in chunks"])
def test_a_server_that_drips_is_given_up_in_time(api, piece):
    sent_all = threading.Event()

    def drip(request: BaseHTTPRequestHandler, _: int) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            for _ in range(200):
                request.wfile.write(piece)
                time.sleep(0.05)
        except OSError:
            return
        sent_all.set()

    with pytest.raises(KmaUnavailable, match="no answer in time"):
        api(drip).client(read_timeout=0.2, attempts=1).hour(NOON)

    assert not sent_all.is_set()


def test_a_reply_that_breaks_off_is_tried_again(api):
    def broken(request: BaseHTTPRequestHandler, _: int) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(GOOD) + 1000))
        request.end_headers()
        request.wfile.write(GOOD)

    server = api(lambda request, call: (broken if call < 3 else send(GOOD))(request, call))

    assert server.client().hour(NOON).body == GOOD
    assert len(server.calls) == 3


def test_waits_between_attempts_grow(api):
    waits = []
    with pytest.raises(KmaUnavailable):
        api(send(b"", 500)).client(sleep=waits.append).hour(NOON)

    assert [1 <= waits[0] <= 2, 2 <= waits[1] <= 3, 4 <= waits[2] <= 5] == [True] * 3


def test_a_redirect_is_not_followed_for_it_would_take_the_key_along(api):
    elsewhere = api(send(GOOD))

    with pytest.raises(FormatChanged, match="status 302"):
        api(send(b"", 302, Location=elsewhere.url)).client().hour(NOON)

    assert elsewhere.calls == []


def test_a_proxy_of_the_environment_does_not_see_the_key(api, monkeypatch):
    proxy = api(send(GOOD))
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.delenv("no_proxy", raising=False)

    assert api(send(GOOD)).client().hour(NOON).body == GOOD
    assert proxy.calls == []


def test_a_long_period_is_asked_for_in_spans(api):
    server = api(send(b"#START7777\n#7777END\n"))
    replies = list(server.client().period(NOON, NOON + 31 * 24 * HOUR))

    assert [(reply.params["tm1"], reply.params["tm2"]) for reply in replies] == [
        ("202601011200", "202602011100"),
        ("202602011200", "202602011200"),
    ]
    assert len(server.calls) == 2


def test_a_period_with_rows_of_other_hours_is_not_used(api):
    with pytest.raises(ReplyMismatch, match="202601011200"):
        list(api(send(GOOD)).client().period(NOON + HOUR, NOON + 2 * HOUR))


def test_the_list_of_stations_is_asked_for(api):
    reply = api(send(b"#START7777\n#7777END\n")).client().station_info(NOON)

    assert reply.endpoint == "stn_inf"
    assert reply.params == {"inf": "SFC", "stn": "", "tm": "202601011200", "help": "0"}
    assert len(reply.sha256) == 64


def test_there_is_one_connection_at_a_time(api):
    lock, most = threading.Lock(), [0, 0]

    def answer(request: BaseHTTPRequestHandler, call: int) -> None:
        with lock:
            most[0] += 1
            most[1] = max(most)
        time.sleep(0.02)
        with lock:
            most[0] -= 1
        send(GOOD)(request, call)

    # A reply that is given up is asked for again while the server still works on it.
    client = api(answer).client(read_timeout=PATIENCE)
    threads = [threading.Thread(target=client.hour, args=(NOON,)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == [0, 1]


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
    caplog.set_level(logging.DEBUG, logger="urllib3")
    caplog.set_level(logging.DEBUG, logger="urllib3.connectionpool")
    nobody = KmaClient("http://127.0.0.1:1", KEY, budget=UncountedCalls(), attempts=1)
    said = []
    answers = (
        send(GOOD),
        send(b"", 500),
        send(json_error(401, "no"), 401),
        send(json_error(401, f"no such key: {KEY}"), 401),
        lambda request, _: send(json_error(418, f"bad request: {request.path}"))(request, _),
        lambda request, _: send(b"#START7777\n" + request.path.encode())(request, _),
        lambda r, _: time.sleep(0.3),
    )
    for client in (nobody, *(api(answer).client(read_timeout=0.1, attempts=2) for answer in answers)):
        said += [repr(client), str(client), repr(vars(client))]
        try:
            client.hour(NOON)
        except WeatherError as error:
            said += traceback.format_exception(error)
            said += [repr(error.__context__), repr(error.__cause__), str(pickle.loads(pickle.dumps(error)))]

    text = caplog.text + " ".join(said)
    assert "asked" in text
    for spelling in (KEY, "s3cret", "with%3Dsigns"):
        assert spelling not in text


@pytest.mark.parametrize(
    ("url", "key", "said"),
    [
        ("", KEY, "has no URL"),
        ("http://x", "", "has no key"),
        ("http://x", " \n", "has no key"),
        ("apihub.kma.go.kr", KEY, "URL is 'apihub.kma.go.kr'"),
        ("http://[", KEY, "begins with https://"),
        ("http://x:y", KEY, "begins with https://"),
    ],
)
def test_a_missing_or_wrong_setting_is_named(url, key, said):
    with pytest.raises(Misconfigured, match=re.escape(said)) as error:
        KmaClient(url, key, budget=UncountedCalls())

    assert "kma_default" in str(error.value)
