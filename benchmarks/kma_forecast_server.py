"""A stand-in for the KMA's forecast that costs little itself: made-up values, the same for all cells.

``getVilageFcst`` answers with the hours and variables that the KMA gives; ``nph-dfs_shrt_grd`` with one of 48
smooth fields in whole degrees, and -99 in a third of the cells. It runs in a process of its own.
"""

import multiprocessing
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from embedded.processes import port_answers
from simulator.forecast import wire
from tests.s3_proxy import free_port
from weather_mlops.clock import KST
from weather_mlops.kma.endpoints import from_kst
from weather_mlops.kma.forecast.cells import COLUMNS, ROWS
from weather_mlops.kma.forecast.issues import valid_times

KEY = "a-key-of-the-benchmark"
VALUES = {
    "TMP": "12", "UUU": "1.2", "VVV": "-0.7", "VEC": "240", "WSD": "1.4", "SKY": "3", "PTY": "0", "POP": "30",
    "WAV": "-999", "PCP": "강수없음", "REH": "65", "SNO": "적설없음",
}  # fmt: skip
DAILY = {6: ("TMN", "7.0"), 15: ("TMX", "18.0")}
FIELDS = 48
LARGEST_PAGE = 1000


@cache
def items(base: str) -> list[wire.Item]:
    """All items of an issue (KST, ``YYYYMMDDHHMM``); those of another cell differ in nx and ny."""
    result: list[wire.Item] = []
    for valid in valid_times(from_kst(base)):
        local = valid.astimezone(KST)
        values = {**VALUES, **dict([DAILY[local.hour]] if local.hour in DAILY else [])}
        result += [
            {
                "baseDate": base[:8],
                "baseTime": base[8:],
                "category": category,
                "fcstDate": f"{local:%Y%m%d}",
                "fcstTime": f"{local:%H%M}",
                "fcstValue": value,
                "nx": 0,
                "ny": 0,
            }
            for category, value in values.items()
        ]
    return result


@cache
def page(base: str, number: int) -> bytes:
    """A page of them, for the cell 0,0."""
    return wire.page(items(base), number, LARGEST_PAGE)


@cache
def field(number: int) -> bytes:
    """A field of temperatures."""
    random = np.random.default_rng(number)
    noise = random.normal(0, 1, (ROWS, COLUMNS))
    for _ in range(30):
        noise = sum(np.roll(noise, shift, axis) for shift in (-1, 0, 1) for axis in (0, 1)) / 6
    values = np.round(15 + 8 * np.sin(number / 24 * 2 * np.pi) + 60 * noise)
    values[:, : COLUMNS // 3] = -99  # the sea
    texts = [b"%.2f" % value for value in values.ravel()]
    lines = (texts[start : start + wire.PER_LINE] for start in range(0, len(texts), wire.PER_LINE))
    return b",\n".join(map(b",".join, lines)) + b"\n"


class Handler(BaseHTTPRequestHandler):
    """Answers."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Send a page or a field."""
        params = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        if "base_date" in params:
            body = page(params["base_date"] + params["base_time"], int(params["pageNo"]))
            body = body.replace(b'"nx":0,"ny":0', b'"nx":%d,"ny":%d' % (int(params["nx"]), int(params["ny"])))
        else:
            body = field(int(params["tmef"][-4:]) % FIELDS)
        self.send_response(200)
        self.send_header("Content-Type", "application/json" if "base_date" in params else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def serve(port: int) -> None:
    """Serve until the process is stopped."""
    for number in range(FIELDS):
        field(number)
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


@contextmanager
def api() -> Iterator[str]:
    """Its base URL, as that of the API Hub."""
    port = free_port()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(port,), daemon=True)
    process.start()
    try:
        while not port_answers(port):
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/api/typ01/url"
    finally:
        process.terminate()
        process.join()
