"""The endpoints of the KMA API Hub: how they are asked, and what they answer. Pure; no HTTP.

https://apihub.kma.go.kr: kma_sfctm3 gives a period, stn_inf the list of stations. Times are KST. "31 days at
most" is cut to 30 without a word when the span is 31 d 0 h.
"""

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
# The longest span that is served whole.
LONGEST_SPAN: Final = timedelta(days=30, hours=23)


def kst(moment: datetime) -> str:
    """A moment as the API writes it: YYYYMMDDHHmm, KST."""
    return moment.astimezone(KST).strftime("%Y%m%d%H%M")


def from_kst(wire: str) -> datetime:
    """The moment, UTC, that the API writes as YYYYMMDDHHmm, KST."""
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
    """Station ids as the API takes them; all when none is named."""
    return ":".join(str(station) for station in stations) or ALL_STATIONS


def classify(url: str, status: int, body: bytes) -> None:
    """Return when a reply is data; else say what it is.

    Args:
        url: what was asked, without the key.
        status: of HTTP.
        body: of the reply.

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
            raise kind(f"{url}: {meaning.format(status=http, said=notice.quoted)}")
    try:
        wire.check_markers(body)
    except (KmaMaintenance, ResponseTruncated) as error:
        raise type(error)(f"{url}: {error}{notice.quoted}") from None


_MEANINGS: Final[Mapping[type[WeatherError], str]] = {
    KeyRefused: "the KMA refuses the key{said}. Check KMA_AUTH_KEY or kma_default.",
    QuotaExhausted: "the day's calls are used up{said}. It goes on after 00:00 KST.",
    EndpointNotApproved: (
        "the key has no approval for this endpoint{said}. Apply for it at apihub.kma.go.kr."
    ),
    KmaUnavailable: "server error {status}. It passes by itself; try again later.",
    KmaMaintenance: "the KMA is under maintenance{said}. It passes; try again later.",
    NothingYet: "there are no data yet{said}. The next run asks again.",
    Misconfigured: (
        "there is no such endpoint, or it knows no such request{said}. "
        "Check KMA_API_URL or the host of kma_default."
    ),
    FormatChanged: "an answer that isn't known: status {status}. Look it up at apihub.kma.go.kr.",
}
_FOREIGN_PAGE: Final = (
    "status {status} with an HTML page: these aren't the API's words; a web server, a proxy or a firewall in "
    "front of it answers. Check KMA_API_URL or the host of kma_default, HTTPS_PROXY where it is set, and "
    "whether this machine may reach the API."
)


def check_range(url: str, body: bytes, begin: datetime, end: datetime) -> None:
    """Make sure that a reply tells of the hours that were asked for; hours may be absent.

    Args:
        url: what was asked, without the key.
        body: of the reply.
        begin: first time asked for, included.
        end: last time asked for, included.

    Raises:
        ResponseMismatch: a row lies outside.
    """
    first, last = kst(begin).encode(), kst(end).encode()
    # Of a month of all stations 72,000 lines begin in 744 ways.
    lines = body.split(b"\n")
    starts = {line[: len(first) + 1] for line in lines}
    if any(start[:1].isspace() for start in starts):
        starts = {line.lstrip()[: len(first) + 1] for line in lines}
    for start in starts:
        moment = start.split(None, 1)[:1]
        if moment and moment[0].isdigit() and len(moment[0]) == len(first) and not first <= moment[0] <= last:
            raise ResponseMismatch(
                f"{url}: a row of {moment[0].decode()} KST, outside of what was asked for. "
                "The reply isn't used; ask again, and tell the KMA if it stays so."
            )
