"""Hostile HTTP servers: without end, in drips, packed to bursting, or no HTTP at all."""

import gzip
import time
import zlib
from collections.abc import Callable, Iterator

from tests.hostile.observation_files import gzip_bomb
from tests.hostile.registry import Entry, Kind

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
GZIP = b"Content-Encoding: gzip\r\n"
MIB = 1 << 20
DRIP_S = 0.05


def whole(body: bytes, more: bytes = b"", status: bytes = OK) -> bytes:
    """A response with its length."""
    return status + more + b"Content-Length: %d\r\n\r\n" % len(body) + body


def without_end(begin: bytes, again: bytes) -> Iterator[bytes]:
    """The same again and again, as fast as it is taken."""
    yield begin
    while True:
        yield again


def in_drips(begin: bytes, again: bytes) -> Iterator[bytes]:
    """The same again and again, each time before any timeout of a single read."""
    yield begin
    while True:
        time.sleep(DRIP_S)
        yield again


def of_empty_blocks() -> Iterator[bytes]:
    """A gzip in drips that never holds a byte."""
    packer = zlib.compressobj(wbits=31)
    yield OK + GZIP + b"\r\n" + packer.flush(zlib.Z_FULL_FLUSH)
    while True:
        time.sleep(DRIP_S)
        yield b"\x00\x00\x00\xff\xff"


FILLS = "fills the memory"
WAITS = "is waited for without end: each byte begins the timeout again"
ESCAPES = "is an error that nobody expects"
LARGE, AGAIN = "FormatChanged", "KmaUnavailable"
SENT: tuple[tuple[str, str, str, Callable[[], bytes | Iterator[bytes]]], ...] = (
    ("gzip_bomb", FILLS, LARGE, lambda: whole(gzip_bomb(), GZIP)),
    ("chunks_without_end", FILLS, LARGE, lambda: without_end(CHUNKED, b"100000\r\n" + bytes(MIB) + b"\r\n")),
    ("body_without_end", FILLS, LARGE, lambda: without_end(OK + b"\r\n", bytes(MIB))),
    (
        "more_than_any_month",
        FILLS,
        LARGE,
        lambda: without_end(OK + b"Content-Length: 99999999999\r\n\r\n", bytes(MIB)),
    ),
    ("body_in_drips", WAITS, AGAIN, lambda: in_drips(OK + b"Content-Length: 1000000\r\n\r\n", b"#")),
    ("chunks_in_drips", WAITS, AGAIN, lambda: in_drips(CHUNKED, b"1\r\n#\r\n")),
    ("length_of_a_chunk_in_drips", WAITS, AGAIN, lambda: in_drips(CHUNKED, b"0")),
    ("gzip_of_nothing_in_drips", WAITS, AGAIN, of_empty_blocks),
    ("damaged_gzip", ESCAPES, AGAIN, lambda: whole(b"\x1f\x8b" + bytes(50), GZIP)),
    ("gzip_that_is_none", ESCAPES, AGAIN, lambda: whole(b"#START7777\n#7777END\n", GZIP)),
    ("gzip_cut_off", ESCAPES, AGAIN, lambda: whole(gzip.compress(b"#START7777\n#7777END\n" * 99)[:-9], GZIP)),
    ("other_encoding", ESCAPES, LARGE, lambda: whole(b"x" * 99, b"Content-Encoding: br, zstd\r\n")),
    ("less_than_announced", ESCAPES, AGAIN, lambda: OK + b"Content-Length: 100\r\n\r\nx"),
    ("length_that_is_none", ESCAPES, "WeatherError", lambda: OK + b"Content-Length: many\r\n\r\nx"),
    ("chunk_that_is_none", ESCAPES, AGAIN, lambda: CHUNKED + b"zz\r\n"),
    ("no_http", ESCAPES, AGAIN, lambda: b"\x00" * 100),
    ("status_that_is_none", ESCAPES, AGAIN, lambda: b"HTTP/1.1 abc OK\r\n\r\n"),
    ("long_header", FILLS, AGAIN, lambda: OK + b"X: " + b"x" * 70_000 + b"\r\n\r\n"),
    ("many_headers", FILLS, AGAIN, lambda: OK + b"X: x\r\n" * 1000 + b"\r\n"),
    ("nothing", ESCAPES, AGAIN, lambda: b""),
    (
        "redirection",
        "leads elsewhere, with the key",
        "WeatherError",
        lambda: whole(b"", b"Location: http://127.0.0.1:9/\r\n", b"HTTP/1.1 302 Found\r\n"),
    ),
    ("deep_refusal", ESCAPES, "WeatherError", lambda: whole(b'{"a":' * 9000, status=b"HTTP/1.1 401 No\r\n")),
)

ENTRIES = [Entry(name, Kind.RESPONSE, attacks, expected, make) for name, attacks, expected, make in SENT]
