"""An HTTP proxy before an S3 server: counts requests, and makes some fail, crawl or stop half-way.

It lets tests kill a task exactly between two writes without a hook in the project's own code: hold the
request that would come next, kill the process that sent it, and go on.
"""

import http.client
import random
import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import psutil

Rule = Callable[[str, str], bool]


class S3Proxy:
    """A proxy on a free port of 127.0.0.1.

    Attributes:
        requests: (method, path) of all that came, in order.
        sent: bytes of all answers.
        unavailable: requests that are answered by ``fault``.
        fault: status and code of that answer.
        delay: seconds before each request is passed on.
        hold: requests that are not passed on until the hold is lifted.
    """

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.requests: list[tuple[str, str]] = []
        self.sent = 0
        self.unavailable: Rule | None = None
        self.fault = (503, "SlowDown")
        self.delay = 0.0
        self.hold: Rule | None = None
        self.held = threading.Event()
        self.held_by: int | None = None
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def hold_at(self, rule: Rule) -> None:
        self.held.clear()
        self.held_by = None
        self.hold = rule

    def kill_the_held(self, patience: float = 120) -> None:
        """Wait until a request is held, kill (SIGKILL) the process that sent it, and hold no more."""
        came, self.hold = self.held.wait(patience), None
        assert came, "no request came that fits the rule"
        assert self.held_by is not None, "the process behind the held request was not found"
        psutil.Process(self.held_by).kill()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: ClassVar[S3Proxy]

    def _forward(self) -> None:
        proxy = self.proxy
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        proxy.requests.append((self.command, self.path))
        if proxy.unavailable and proxy.unavailable(self.command, self.path):
            status, code = proxy.fault
            self._answer(status, [("Content-Type", "application/xml")], _ERROR.format(code).encode())
            return
        if proxy.hold and not proxy.held.is_set() and proxy.hold(self.command, self.path):
            proxy.held_by = _owner(self.client_address[1])
            proxy.held.set()
            while proxy.hold:
                time.sleep(0.05)
            self.close_connection = True
            return
        time.sleep(proxy.delay)
        connection = http.client.HTTPConnection("127.0.0.1", proxy.target_port, timeout=60)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in {"connection", "expect"}:
                    connection.putheader(name, value)
            connection.endheaders(body or None)
            response = connection.getresponse()
            self._answer(response.status, response.getheaders(), response.read())
        except OSError:
            self.close_connection = True
        finally:
            connection.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        length = str(len(body))
        for name, value in headers:
            if name.lower() == "content-length" and self.command == "HEAD":
                length = value
            elif name.lower() not in {"connection", "transfer-encoding", "content-length"}:
                self.send_header(name, value)
        if status != http.HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.proxy.sent += len(body)
            self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _forward  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Tests read what they need from `requests`."""


_ERROR = (
    "<?xml version='1.0' encoding='UTF-8'?><Error><Code>{}</Code><Message>As a test asked.</Message></Error>"
)


def _owner(port: int) -> int | None:
    """Process id behind the client's end of a local connection."""
    # psutil lists the processes' sockets first, then the connections: of one that was opened in between it
    # doesn't know the process. The second look does.
    for _ in range(2):
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.raddr and connection.pid:
                return connection.pid
    return None


def free_port() -> int:
    """A port that nobody holds, and that no outgoing connection is given before it is used."""
    for port in _PORTS:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")


# Below those that Linux and others give away by themselves (from 32768), never the same one twice.
_PORTS = iter(random.sample(range(20_000, 32_000), 12_000))
