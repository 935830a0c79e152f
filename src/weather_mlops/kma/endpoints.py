"""Requests and responses of the endpoints of the KMA API Hub; without I/O.

https://apihub.kma.go.kr: kma_sfctm3 serves observations of a period, stn_inf the list of stations. Times are
KST. The documented limit is 31 days, but a span of 31 d 0 h is silently cut to 30 days.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final

from weather_mlops.clock import HOUR, KST
from weather_mlops.errors import (
    EndpointNotApproved,
    FormatChanged,
    KeyRefused,
    KmaMaintenance,
    KmaUnavailable,
    Misconfigured,
    NothingYet,
    QuotaExhausted,
    ResponseMismatch,
    ResponseTruncated,
    WeatherError,
)
from weather_mlops.kma import api_errors, wire

PERIOD: Final = "kma_sfctm3"
STATIONS: Final = "stn_inf"
ALL_STATIONS: Final = "0"
# The longest span that the API serves whole.
LONGEST_SPAN: Final = timedelta(days=30, hours=23)


def kst(moment: datetime) -> str:
    """Format a time as the API writes it: YYYYMMDDHHmm, KST."""
    return moment.astimezone(KST).strftime("%Y%m%d%H%M")


def from_kst(wire: str) -> datetime:
    """Parse a time of the API (YYYYMMDDHHmm, KST); returns UTC."""
    return datetime.strptime(wire, "%Y%m%d%H%M").replace(tzinfo=KST).astimezone(UTC)


def spans(begin: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Cut a period into spans that the API serves whole; all ends are included.

    Raises:
        Misconfigured: the end is before the beginning.
    """
    if end < begin:
        raise Misconfigured(f"the period ends ({end}) before it begins ({begin})")
    pieces = []
    while begin <= end:
        last = min(begin + LONGEST_SPAN, end)
        pieces.append((begin, last))
        begin = last + HOUR
    return pieces


def stations_asked(stations: Sequence[int]) -> str:
    """Station ids as a parameter of the API; no ids stand for all stations."""
    return ":".join(str(station) for station in stations) or ALL_STATIONS


def classify(url: str, status: int, body: bytes) -> None:
    """Return if a response is data; else raise the error that it means.

    Args:
        url: URL of the request, without the key.
        status: HTTP status.
        body: body of the response.

    Raises:
        KeyRefused, EndpointNotApproved, QuotaExhausted, KmaUnavailable, KmaMaintenance, ResponseTruncated,
        NothingYet, Misconfigured, FormatChanged: see weather_mlops.errors.
    """
    notice = api_errors.Notice()
    if status != HTTPStatus.OK or not body.lstrip().startswith(wire.START):
        notice = api_errors.read(body)
        if kind := api_errors.kind_of(status, notice):
            meaning = _FOREIGN_PAGE if notice.page and kind is Misconfigured else _MEANINGS[kind]
            http = f"{notice.status or status}{notice.quoted}"
            raise kind(f"{url}: {meaning.format(status=http, quoted=notice.quoted)}")
    try:
        wire.check_markers(body)
    except (KmaMaintenance, ResponseTruncated) as error:
        raise type(error)(f"{url}: {error}{notice.quoted}") from None


_MEANINGS: Final[Mapping[type[WeatherError], str]] = {
    KeyRefused: "the KMA refuses the key{quoted}. Check KMA_AUTH_KEY or kma_default.",
    QuotaExhausted: "the day's calls are used up{quoted}. Calls are available again after 00:00 KST.",
    EndpointNotApproved: (
        "the key has no approval for this endpoint{quoted}. Apply for it at apihub.kma.go.kr."
    ),
    KmaUnavailable: "server error {status}. This is temporary; try again later.",
    KmaMaintenance: "the KMA is under maintenance{quoted}. This is temporary; try again later.",
    NothingYet: "there are no data yet{quoted}. The next run requests them again.",
    Misconfigured: (
        "there is no such endpoint, or it doesn't support the request{quoted}. "
        "Check KMA_API_URL or the host of kma_default."
    ),
    FormatChanged: "unknown response: status {status}. Look it up at apihub.kma.go.kr.",
}
_TIME_OF_ROW: Final = re.compile(rb"\n\s*([0-9]{12})(?!\S)")
_FOREIGN_PAGE: Final = (
    "status {status} with an HTML page: it isn't from the API, but from a web server, a proxy or a firewall "
    "in front of it. Check KMA_API_URL or the host of kma_default, HTTPS_PROXY where it is set, and "
    "whether this machine may reach the API."
)


def check_range(url: str, body: bytes, begin: datetime, end: datetime) -> None:
    """Make sure that a response has no rows outside of the requested hours; hours may be absent.

    Args:
        url: URL of the request, without the key.
        body: body of the response.
        begin: first requested time, included.
        end: last requested time, included.

    Raises:
        ResponseMismatch: a row is outside of them.
    """
    first, last = kst(begin).encode(), kst(end).encode()
    # The 72,000 rows of a month of all stations have just 744 different times. None is in the first line.
    for moment in set(_TIME_OF_ROW.findall(body)):
        if not first <= moment <= last:
            raise ResponseMismatch(
                f"{url}: a row of {moment.decode()} KST, outside of the requested hours. "
                "The response isn't used; try again, and report it to the KMA if it persists."
            )
