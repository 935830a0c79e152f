"""The HTTP side: endpoints, key, faults of the connection.

The key is only compared: log lines are built from the other parameters.

``PUT /faults`` replaces the active faults, one per line: ``curl -X PUT -d bias:108:2.0 …/faults``.
"""

import hmac
import itertools
import logging
import re
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from simulator import clock, faults, wire
from simulator.faults import Canned, Fault
from simulator.forecast.api import ForecastApi
from simulator.forecast.faults import ForecastFault
from simulator.sensors import SensorFault, Sensors
from simulator.simulated import Source

log = logging.getLogger(__name__)

LONGEST_SPAN_H: Final = 31 * 24  # from here on the API silently cuts a period
CUT_SPAN_H: Final = 30 * 24  # to its last 30 days
STALL_S: Final = 120.0  # a hanging connection is closed after this time
IDLE_S: Final = 60.0  # so is one without a request
TEXT: Final = "text/plain;charset=EUC-KR"
_ENDPOINTS: Final = ("kma_sfctm2.php", "kma_sfctm3.php", "stn_inf.php", "getVilageFcst", "nph-dfs_shrt_grd")
_LOGGED: Final = (
    *("inf", "tm", "tm1", "tm2", "stn", "help"),
    *("base_date", "base_time", "nx", "ny", "pageNo", "tmfc", "tmef", "vars"),
)
_FIT_FOR_LOG: Final = re.compile(r"[0-9:]*|SFC|AWS|[A-Z]{3}")
_LOG_LENGTH: Final = 60


@dataclass(frozen=True)
class Api:
    """The simulated API without the network: from parameters to a response.

    Attributes:
        source: source of the observations.
        stations: stations of the station list.
        now: returns the time, timezone-aware.
        key: the only accepted key; None = any that isn't empty.
        faults: active faults.
        seed: seed of the faults.
        forecasts: the endpoints of the forecast; None where there are none.
    """

    source: Source
    stations: Sequence[wire.Listed]
    now: Callable[[], datetime]
    key: str | None = field(default=None, repr=False)
    faults: Sequence[Fault] = ()
    seed: int = 0
    forecasts: ForecastApi | None = None

    def answer(self, path: str, params: Mapping[str, str], call: int) -> tuple[Canned, Sequence[str]]:
        """Answer one call.

        Args:
            path: path of the URL; only its end counts.
            params: parameters of the query.
            call: number of this call, from 1.

        Returns:
            The response, and the names of the faults that hit it; those of the connection are the server's.
        """
        struck = [fault.name for fault in self.faults if fault.hits(call, self.seed)]
        for name in struck:
            if name in faults.CANNED:
                return faults.CANNED[name], [name]
        if self.forecasts is not None:
            now = clock.hour_of(self.now())
            forecast = self.forecasts.answer(path, params, call, now, admits=self._admits)
            if forecast is not None:
                return forecast[0], [*struck, *forecast[1]]
        if not self._admits(params.get("authKey", "")):
            return faults.WRONG_KEY, []
        try:
            page = self._page(path.rpartition("/")[2], params)
        except ValueError as error:
            return _refusal(400, str(error)), []
        if page is None:
            return _refusal(404, f"unknown endpoint; known are {', '.join(_ENDPOINTS)}"), []
        if not path.endswith("stn_inf.php"):
            page = faults.spoil(page, struck, call, self.seed)
        return Canned(200, TEXT, page.body), struck

    def _admits(self, key: str) -> bool:
        return hmac.compare_digest(key.encode(), self.key.encode()) if self.key is not None else bool(key)

    def _page(self, endpoint: str, params: Mapping[str, str]) -> wire.Page | None:
        ids = _station_ids(params.get("stn", ""))
        if endpoint == "stn_inf.php":
            listed = self.stations if params.get("inf", "SFC") == "SFC" else ()
            return wire.station_list(station for station in listed if not ids or station.id in ids)
        now = clock.hour_of(self.now())
        if endpoint == "kma_sfctm2.php":
            begin = end = self._hour(params.get("tm", ""), now)
        elif endpoint == "kma_sfctm3.php":
            begin, end = (self._hour(params.get(name, ""), now) for name in ("tm1", "tm2"))
        else:
            return None
        if end - begin >= LONGEST_SPAN_H:
            begin = end - CUT_SPAN_H
        rows = self.source.rows(begin, end, ids, now)
        return wire.observations(rows, explained=params.get("help") == "1")

    def _hour(self, text: str, now: float) -> int:
        return clock.parse_tm(text) if text else self.source.newest(now)


def _station_ids(text: str) -> frozenset[int]:
    """Parse the requested station ids; an empty set = all, which is also the meaning of 0."""
    try:
        ids = frozenset(int(part) for part in text.split(":") if part)
    except ValueError:
        raise ValueError(f"not station ids joined by colons: {text[:40]!r}") from None
    return frozenset() if 0 in ids else ids


def _refusal(status: int, message: str) -> Canned:
    text = message.replace("\\", " ").replace('"', "'")
    return Canned(status, faults.JSON, f'{{"result":{{"status":{status},"message":"{text}"}}}}\n'.encode())


class Server(ThreadingHTTPServer):
    """An HTTP server with a thread for each connection; none of them keeps the process alive.

    Attributes:
        api: the API that it serves.
        stopping: set to close hanging connections.
    """

    daemon_threads = True

    def __init__(self, address: tuple[str, int], api: Api) -> None:
        self.stopping = threading.Event()
        self.calls = itertools.count(1)
        self.sensors = Sensors(api.source)
        self.api = replace(api, source=self.sensors)
        super().__init__(address, Handler)

    @property
    def url(self) -> str:
        """URL at which it listens."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    def switch(self, given: Sequence[Fault | SensorFault | ForecastFault]) -> None:
        """Let exactly these faults be active from now on."""
        if self.api.forecasts is not None:
            forecast = [fault for fault in given if isinstance(fault, ForecastFault)]
            self.api = replace(self.api, forecasts=replace(self.api.forecasts, faults=forecast))
        self.api = replace(self.api, faults=[fault for fault in given if isinstance(fault, Fault)])
        sensors = [fault for fault in given if isinstance(fault, SensorFault)]
        self.sensors.switch(sensors, clock.hour_of(self.api.now()))

    def stop(self) -> None:
        """Stop serving; to be called from another thread than the serving one."""
        self.stopping.set()
        self.shutdown()

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - socketserver's
        """Log the failure of a connection; the other ones continue."""
        log.error("a connection failed: client=%s", client_address, exc_info=sys.exception())


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "kma-simulator"
    timeout = IDLE_S
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer a call, or fail as its faults say."""
        began = time.perf_counter()
        call = next(self.server.calls)
        url = urlsplit(self.path)
        params = dict(parse_qsl(url.query, keep_blank_values=True))
        endpoint = url.path.rpartition("/")[2]
        response, struck = self.server.api.answer(url.path, params, call)
        try:
            self._send(response, struck)
        except (ConnectionError, TimeoutError):
            self.close_connection = True
            struck = [*struck, "client went away"]
        log.info(
            "call %d: %s %s -> %d, bytes=%d, ms=%.0f%s",
            call,
            endpoint if endpoint in _ENDPOINTS else "?",
            " ".join(f"{name}={_fit_for_log(params[name])}" for name in _LOGGED if name in params),
            response.status,
            len(response.body),
            1000 * (time.perf_counter() - began),
            f" ({', '.join(struck)})" if struck else "",
        )

    def do_PUT(self) -> None:
        """Replace the active faults."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode(errors="replace")
        if self.path != "/faults":
            self._send_text(404, "unknown path; known is /faults")
            return
        names = body.split()
        try:
            self.server.switch([faults.parse(name) for name in names])
        except ValueError as error:
            self._send_text(400, str(error))
            return
        log.info("faults: %s", " ".join(names) or "none")
        self._send_text(200, " ".join(names) or "none")

    def _send_text(self, status: int, text: str) -> None:
        body = f"{text}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain;charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _send(self, response: Canned, struck: Sequence[str]) -> None:
        trouble = next((name for name in struck if name in faults.CONNECTION), None)
        if trouble == "timeout":
            self._stall()
            return
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        if trouble == "cut-off":
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if trouble is None:
            self.wfile.write(response.body)
            return
        self.wfile.write(response.body[: len(response.body) // 2])
        if trouble == "hang":
            self._stall()
        self.close_connection = True

    def _stall(self) -> None:
        self.wfile.flush()
        self.server.stopping.wait(STALL_S)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Log nothing here: http.server would log the whole URL, and the key with it."""


def _fit_for_log(text: str) -> str:
    """Return a parameter's value, or ``?`` if it isn't a valid one: it might be a misplaced key."""
    return text[:_LOG_LENGTH] if _FIT_FOR_LOG.fullmatch(text) else "?"
