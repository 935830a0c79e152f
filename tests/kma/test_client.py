"""The client: what it does when the API is slow, broken, or says no; and that it never tells the key."""

import html
import logging
import pickle
import re
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.s3_proxy import free_port
from weather_mlops.clock import HOUR
from weather_mlops.errors import (
    EndpointNotApproved,
    FormatChanged,
    KeyRefused,
    KmaMaintenance,
    KmaUnavailable,
    Misconfigured,
    QuotaExhausted,
    ResponseMismatch,
    ResponseTruncated,
    WeatherError,
)
from weather_mlops.kma.client import KmaClient, Response, UncountedCalls

pytestmark = pytest.mark.integration
KEY = "s3cret+key/with=signs&"
LOWER_CASE_ESCAPES = "s3cret%2bkey%2fwith%3dsigns%26"
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


def ask(client: KmaClient, stations: Sequence[int] = ()) -> Response:
    """The response about one hour."""
    return next(client.period(NOON, NOON, stations))


def json_error(status: int, message: str) -> bytes:
    return f'{{"result":{{"status":{status},"message":"{message}"}}}}'.encode()


def gateway(code: int, name: str) -> bytes:
    """An error of data.go.kr's gateway."""
    fields = f"<returnAuthMsg>{name}</returnAuthMsg><returnReasonCode>{code}</returnReasonCode>"
    return (
        f"<OpenAPI_ServiceResponse><cmmMsgHeader>{fields}</cmmMsgHeader></OpenAPI_ServiceResponse>".encode()
    )


def test_a_response_is_as_received_with_the_request_but_the_key(api):
    server = api(send(GOOD))
    response = ask(server.client(), [108, 159])

    assert response.body == GOOD
    assert response.params == {"tm1": "202601011200", "tm2": "202601011200", "stn": "108:159", "help": "0"}
    assert "authKey" in server.calls[0]
    assert KEY not in response.url
    assert "authKey" not in response.url


@pytest.mark.parametrize(
    ("answer", "error", "calls"),
    [
        (send(json_error(401, "유효한 인증키가 아닙니다."), 401), KeyRefused, 1),
        (send(json_error(401, "유효한 인증키가 아닙니다."), 200), KeyRefused, 1),
        (send(json_error(403, "활용신청이 필요한 API 입니다."), 403), EndpointNotApproved, 1),
        (send(json_error(403, "API 호출 한도를 초과했습니다."), 403), QuotaExhausted, 1),
        (send(json_error(403, "일일 최대 호출 건수 제한에 도달하였습니다."), 403), QuotaExhausted, 1),
        (send("일일 최대 호출 건수 제한".encode(), 403), QuotaExhausted, 1),
        (send(json_error(429, "일일 API 사용 용량을 모두 소진하였습니다."), 429), QuotaExhausted, 1),
        (send(gateway(22, "LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR")), QuotaExhausted, 1),
        (send(gateway(30, "SERVICE_KEY_IS_NOT_REGISTERED_ERROR")), KeyRefused, 1),
        (send(gateway(20, "SERVICE_ACCESS_DENIED_ERROR")), EndpointNotApproved, 1),
        (send(gateway(4, "HTTP_ERROR")), KmaUnavailable, 4),
        (send(b"<!DOCTYPE html><html>down</html>"), KmaMaintenance, 1),
        (send(b"<html>bad gateway</html>", 502), KmaUnavailable, 4),
        (send(b"slow down", 429), KmaUnavailable, 4),
        (send(GOOD[:-9]), ResponseTruncated, 4),
        (send(b"nothing here", 404), Misconfigured, 1),
        (send(json_error(418, "teapot"), 200), FormatChanged, 1),
                (send(GOOD.replace(b"20260101", b"20260102")), ResponseMismatch, 1),
    ],
    ids=[
        "401", "401 with 200", "403", "quota", "daily quota", "quota in plain text", "quota with 429",
        "gateway's quota", "gateway's key", "gateway's approval", "gateway in trouble",
        "maintenance", "502", "429", "cut off", "404", "unknown", "other hours",
    ],
)  # fmt: skip
def test_each_refusal_has_its_error_and_only_some_are_retried(api, answer, error, calls):
    server = api(answer)

    with pytest.raises(error) as raised:
        ask(server.client())

    assert len(server.calls) == calls
    assert "kma_sfctm3.php?tm1=202601011200" in str(raised.value)


def test_a_server_that_hangs_is_given_up_in_time(api):
    given_up, received = threading.Event(), threading.Semaphore(0)

    def hang(request: BaseHTTPRequestHandler, _: int) -> None:
        received.release()
        given_up.wait(PATIENCE)

    server = api(hang)
    with pytest.raises(KmaUnavailable, match="no answer in time"):
        ask(server.client(read_timeout=0.1, attempts=2))

    # On a busy machine the server may come to read what it was asked only after the client has gone.
    assert all(received.acquire(timeout=PATIENCE) for _ in range(2))
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
        ask(api(drip).client(read_timeout=0.2, attempts=1))

    assert not sent_all.is_set()


def test_a_response_that_is_cut_off_is_tried_again(api):
    def broken(request: BaseHTTPRequestHandler, _: int) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(GOOD) + 1000))
        request.end_headers()
        request.wfile.write(GOOD)

    server = api(lambda request, call: (broken if call < 3 else send(GOOD))(request, call))

    assert ask(server.client()).body == GOOD
    assert len(server.calls) == 3


def test_waits_between_attempts_grow(api):
    waits = []
    with pytest.raises(KmaUnavailable):
        ask(api(send(b"", 500)).client(sleep=waits.append))

    assert [1 <= waits[0] <= 2, 2 <= waits[1] <= 3, 4 <= waits[2] <= 5] == [True] * 3


def test_a_redirect_that_would_take_the_key_is_not_followed(api):
    elsewhere = api(send(GOOD))

    with pytest.raises(FormatChanged, match="status 302"):
        ask(api(send(b"", 302, Location=elsewhere.url)).client())

    assert elsewhere.calls == []


def test_a_proxy_of_the_environment_does_not_see_the_key(api, monkeypatch):
    proxy = api(send(GOOD))
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.delenv("no_proxy", raising=False)

    assert ask(api(send(GOOD)).client()).body == GOOD
    assert proxy.calls == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_no_proxy_comes_between_client_and_local_server(api, monkeypatch, host):
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{free_port()}")  # nothing listens there
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    url = api(send(GOOD)).url.replace("http://127.0.0.1", f"https://{host}")
    client = KmaClient(url, KEY, budget=UncountedCalls(), attempts=1)
    with pytest.raises(KmaUnavailable, match="no trusted TLS connection"):  # it reached the server itself
        client.station_info(NOON)


def test_other_servers_are_reached_through_the_proxy(monkeypatch):
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    client = KmaClient("https://kma.invalid/url", KEY, budget=UncountedCalls())
    merged = client._session.merge_environment_settings(
        "https://kma.invalid/url", client._proxies or {}, None, None, None
    )
    assert merged["proxies"]["https"].startswith("http://127.0.0.1:")


def test_a_long_period_is_requested_in_spans(api):
    server = api(send(b"#START7777\n#7777END\n"))
    responses = list(server.client().period(NOON, NOON + 31 * 24 * HOUR))

    assert [(response.params["tm1"], response.params["tm2"]) for response in responses] == [
        ("202601011200", "202602011100"),
        ("202602011200", "202602011200"),
    ]
    assert len(server.calls) == 2


def test_a_period_with_rows_of_other_hours_is_not_used(api):
    with pytest.raises(ResponseMismatch, match="202601011200"):
        list(api(send(GOOD)).client().period(NOON + HOUR, NOON + 2 * HOUR))


def test_the_list_of_stations_is_requested(api):
    response = api(send(b"#START7777\n#7777END\n")).client().station_info(NOON)

    assert response.endpoint == "stn_inf"
    assert response.params == {"inf": "SFC", "stn": "", "tm": "202601011200", "help": "0"}
    assert len(response.sha256) == 64


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

    # After a time-out the client requests it again while the server still works on the first request.
    client = api(answer).client(read_timeout=PATIENCE)
    threads = [threading.Thread(target=ask, args=(client,)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == [0, 1]


def test_a_refused_connection_is_named_without_the_key():
    client = KmaClient("http://127.0.0.1:1", KEY, budget=UncountedCalls(), attempts=1)

    with pytest.raises(KmaUnavailable, match="no connection"):
        ask(client)


def test_what_passes_is_ridden_out(api):
    broken = send(b"", 500)
    server = api(lambda request, call: (broken if call < 3 else send(GOOD))(request, call))

    assert ask(server.client()).body == GOOD
    assert len(server.calls) == 3


def test_every_attempt_is_counted_and_none_exceeds_the_budget(api):
    class Budget:
        left = 2

        def take(self, calls: int = 1) -> int:
            if self.left < calls:
                raise QuotaExhausted("no calls left")
            self.left -= calls
            return self.left

    server = api(send(b"", 500))

    with pytest.raises(QuotaExhausted):
        ask(server.client(budget=Budget()))

    assert len(server.calls) == 2


def test_the_key_is_in_no_log_no_error_and_no_repr(api, caplog):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="urllib3")
    caplog.set_level(logging.DEBUG, logger="urllib3.connectionpool")
    nobody = KmaClient("http://127.0.0.1:1", KEY, budget=UncountedCalls(), attempts=1)
    texts = []
    answers = (
        send(GOOD),
        send(b"", 500),
        send(json_error(401, "no"), 401),
        send(json_error(401, f"no such key: {KEY}"), 401),
        send(f"no such key: {KEY}".encode("utf-16"), 403),
        send(json_error(401, f"no such key: {KEY}".replace("/", "\\/")), 401),
        send(f"<html><body>no such key: {html.escape(KEY)}</body></html>".encode(), 403),
        send(f"no such key: {LOWER_CASE_ESCAPES}".encode(), 403),
        lambda request, _: send(json_error(418, f"bad request: {request.path}"))(request, _),
        lambda request, _: send(b"#START7777\n" + request.path.encode())(request, _),
        lambda r, _: time.sleep(0.3),
    )
    for client in (nobody, *(api(answer).client(read_timeout=0.1, attempts=2) for answer in answers)):
        texts += [repr(client), str(client), repr(vars(client))]
        try:
            ask(client)
        except WeatherError as error:
            texts += traceback.format_exception(error)
            texts += [repr(error.__context__), repr(error.__cause__), str(pickle.loads(pickle.dumps(error)))]

    text = caplog.text + " ".join(texts)
    assert "asked" in text
    for spelling in (KEY, "s3cret", "with%3Dsigns", "with%3dsigns", "with=signs"):
        assert spelling not in text


@pytest.mark.parametrize(
    ("url", "key", "message"),
    [
        ("", KEY, "has no URL"),
        (" ", KEY, "has no URL"),
        ("http://x", "", "has no key"),
        ("http://x", " \n", "has no key"),
        ("http://x", "https://apihub.kma.go.kr/api/typ01/url/kma_sfctm3.php?authKey=SECRET", "key is a URL"),
        ("http://x", "authKey=SECRET", "authKey= alone"),
        ("apihub.kma.go.kr", KEY, "begins with https://"),
        ("ftp://x/api", KEY, "begins with https://"),
        ("http://[", KEY, "begins with https://"),
        ("http://x:y", KEY, "begins with https://"),
        ("http://x:99999", KEY, "begins with https://"),
        ("http://x:٣/api", KEY, "begins with https://"),
        ("http://..../", KEY, "the name of a host"),
        ("http://a..b/api", KEY, "the name of a host"),
        ("https://-h", KEY, "the name of a host"),
        ("https://h-.kr", KEY, "the name of a host"),
        (f"https://{'h' * 64}", KEY, "the name of a host"),
        (f"https://{'기' * 64}.kr", KEY, "the name of a host"),
        (f"https://{'abcdefg.' * 32}kr", KEY, "the name of a host"),
        ("http://999.1.1.1/api", KEY, "the name of a host"),
        ("http://[:::]/api", KEY, "the name of a host"),
        ("http://x", "'SECRETSECRET'", "without quotes"),
        ("http://x", '"SECRETSECRET"', "without quotes"),
        ("http://x", "“SECRETSECRET”", "without quotes"),
        ("http://x", "SECRETSECRET'", "without quotes"),
        ("http://x", "<SECRETSECRET>", "to the key alone"),
        ("http://x", "SECRET SECRET", "spaces"),
        ("http://x", "SECRET\nSECRET", "spaces"),
        ("http://x", "\0SECRETSECRET", "control characters"),
        ("http://x", "SECRETSECRET\0", "control characters"),
        ("http://x", "SECRET\ufeffSECRET", "ASCII"),
        ("http://x", "=SECRETSECRET", "at its beginning"),
        ("http://x", "SECRETSECRET&stn=0", "next & alone"),
        ("http://x", "SECRETSECRET&help=1&disp=0", "next & alone"),
    ],
)
def test_a_missing_or_wrong_setting_is_named(url, key, message):
    with pytest.raises(Misconfigured, match=re.escape(message)) as error:
        KmaClient(url, key, budget=UncountedCalls())

    assert "kma_default" in str(error.value)
    assert "SECRET" not in str(error.value)


FOLDER = "http://127.0.0.1:1/api/typ01/url"


@pytest.mark.parametrize(
    "url",
    [
        f"{FOLDER}/kma_sfctm3.php?stn=108&help=1&authKey=SECRET",
        f"{FOLDER}?authKey=SECRET",
        f"{FOLDER}/?authKey=SECRET",
        f"{FOLDER}/kma_sfctm3.php",
        f"{FOLDER}/kma_sfctm3.php/",
        f"{FOLDER}/kma_sfctm3",
        f"{FOLDER}/stn_inf.php",
        f"{FOLDER}/index.html",
        f"{FOLDER}#SECRET",
        f"{FOLDER}?",
        f"{FOLDER}&authKey=SECRET",
        f"{FOLDER}/authKey=SECRET",
        f"{FOLDER}%3FauthKey%3DSECRET",
        f"{FOLDER};SECRET",
        f"{FOLDER}/../SECRET",
        "http://127.0.0.1/../..",
        "http://127.0.0.1/.",
        f"{FOLDER} SECRET",
        f"{FOLDER}\nSECRET",
        "http://SECRET@127.0.0.1/api/typ01/url",
        "http://me:SECRET@127.0.0.1/api/typ01/url",
        "http://authKey=SECRET",
        "SECRET",
        "SECRET?x",
        f"{FOLDER}/{KEY}",
    ],
)
def test_a_url_of_more_than_the_folder_is_refused_and_not_shown(url):
    with pytest.raises(Misconfigured) as raised:
        KmaClient(url, KEY, budget=UncountedCalls())

    text = "".join(traceback.format_exception(raised.value))
    assert "https://apihub.kma.go.kr/api/typ01/url" in str(raised.value)
    assert "SECRET" not in text
    assert KEY not in text


@pytest.mark.parametrize(
    "url",
    [
        "https://apihub.kma.go.kr/api/typ01/url",
        " https://apihub.kma.go.kr/api/typ01/url/ ",
        "http://simulator:9100/api/typ01/url",
        "http://kma_simulator:9100/v1.0",
        "http://[::1]:9100",
        "https://apihub.kma.go.kr./api",
        "https://날씨.한국/api",
        "https://x",
    ],
)
def test_the_folder_of_the_endpoints_is_taken(url):
    assert KmaClient(url, KEY, budget=UncountedCalls()).base_url == url.strip().rstrip("/")


def test_a_proxy_that_cannot_be_is_not_tried_again(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://a..b:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    waits = []
    client = KmaClient("https://kma.invalid/api", KEY, budget=UncountedCalls(), sleep=waits.append)

    with pytest.raises(Misconfigured, match="HTTPS_PROXY") as raised:
        ask(client)

    assert waits == []
    assert "s3cret" not in "".join(traceback.format_exception(raised.value))
