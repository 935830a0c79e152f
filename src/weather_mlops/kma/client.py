"""The KMA API Hub over HTTP: asks, waits, counts its calls, and tells errors apart.

The key is a query parameter of the API. It stays in here: no log, no exception, no repr has it.
"""

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, Protocol
from urllib.parse import urlencode

import requests
import tenacity

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
)
from weather_mlops.kma import wire

log = logging.getLogger(__name__)

KST: Final = timezone(timedelta(hours=9), "KST")
HOUR: Final = timedelta(hours=1)
# A span of 31 d 0 h is cut silently to 30 d; this is the longest that is served whole.
LONGEST_SPAN: Final = timedelta(days=30, hours=23)
CHUNK_BYTES: Final = 65_536
# A reply that keeps dripping is given up after this many times the read timeout.
DEADLINE_FACTOR: Final = 6
LONGEST_MESSAGE: Final = 200


class CallBudget(Protocol):
    """Counts the calls of a day."""

    def take(self, calls: int = 1) -> int:
        """Reserve calls; how many are left today.

        Raises:
            QuotaExhausted: there are not as many left.
        """


class UncountedCalls:
    """A budget without a limit, for a command that makes one call."""

    def take(self, calls: int = 1) -> int:
        """Reserve nothing."""
        return calls


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply exactly as received.

    Attributes:
        endpoint: its name, ``kma_sfctm3``.
        params: what was asked, without the key.
        url: where, without the key.
        status: of HTTP.
        fetched_at: when it was whole, UTC.
        body: its bytes.
    """

    endpoint: str
    params: Mapping[str, str]
    url: str
    status: int
    fetched_at: datetime
    body: bytes

    @property
    def sha256(self) -> str:
        """Checksum of the body."""
        return hashlib.sha256(self.body).hexdigest()


def kst(moment: datetime) -> str:
    """A moment as the API writes it: YYYYMMDDHHmm, KST."""
    return moment.astimezone(KST).strftime("%Y%m%d%H%M")


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


class KmaClient:
    """Asks the KMA API Hub, one call at a time.

    Args:
        base_url: of the endpoints, ``https://apihub.kma.go.kr/api/typ01/url``.
        key: of the API Hub.
        budget: counts the calls; each attempt is one.
        connect_timeout: seconds.
        read_timeout: seconds without a byte; a whole reply may take six times as long.
        attempts: at the most, for what can pass: no answer, a server error, a reply that is cut off.
        sleep: waits between attempts.

    Raises:
        Misconfigured: the URL or the key is empty.
    """

    def __init__(  # noqa: PLR0913  each can be tuned
        self,
        base_url: str,
        key: str,
        *,
        budget: CallBudget,
        connect_timeout: float = 5.0,
        read_timeout: float = 30.0,
        attempts: int = 4,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not base_url or not key:
            raise Misconfigured(
                f"the KMA API has no {'key' if base_url else 'URL'}: set KMA_AUTH_KEY and KMA_API_URL, or in "
                "Airflow the connection kma_default (host = URL, password = key). Keys: apihub.kma.go.kr"
            )
        self.base_url = base_url.rstrip("/")
        self._key = key
        self._budget = budget
        self._timeout = (connect_timeout, read_timeout)
        self._one_at_a_time = threading.Lock()
        self._session = requests.Session()
        # No proxy or .netrc of the environment may see the key.
        self._session.trust_env = False
        self._retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type((KmaUnavailable, ReplyCutOff)),
            stop=tenacity.stop_after_attempt(attempts),
            wait=tenacity.wait_exponential_jitter(initial=1, max=30, jitter=1),
            sleep=sleep,
            before_sleep=_tell_retry,
            reraise=True,
        )

    def __repr__(self) -> str:
        return f"KmaClient({self.base_url!r})"

    def hour(self, at: datetime, stations: Sequence[int] = ()) -> Reply:
        """Observations of one hour; of all stations when none is named."""
        reply = self._ask("kma_sfctm2", {"tm": kst(at), "stn": _stations(stations), "help": "0"})
        check_range(reply, at, at)
        return reply

    def period(self, begin: datetime, end: datetime, stations: Sequence[int] = ()) -> Iterator[Reply]:
        """Observations of a period, both ends included; a reply for each span that the API serves whole."""
        for first, last in spans(begin, end):
            query = {"tm1": kst(first), "tm2": kst(last), "stn": _stations(stations), "help": "0"}
            reply = self._ask("kma_sfctm3", query)
            check_range(reply, first, last)
            yield reply

    def station_info(self, at: datetime) -> Reply:
        """The list of surface stations."""
        return self._ask("stn_inf", {"inf": "SFC", "stn": "", "tm": kst(at), "help": "0"})

    def _ask(self, endpoint: str, params: Mapping[str, str]) -> Reply:
        """One reply, after as many attempts as it takes.

        Raises:
            KmaUnavailable, KmaMaintenance, ReplyCutOff, KeyRefused, EndpointNotApproved, QuotaExhausted,
            FormatChanged, Misconfigured: see weather_mlops.errors.
        """
        with self._one_at_a_time:
            return self._retrying(self._attempt, endpoint, params)

    def _attempt(self, endpoint: str, params: Mapping[str, str]) -> Reply:
        url = f"{self.base_url}/{endpoint}.php"
        shown = f"{url}?{urlencode(params, safe=':')}"
        left = self._budget.take()
        begun = time.monotonic()
        try:
            status, body = self._get(url, params)
        except requests.RequestException as error:
            # Its text holds the URL with the key, and so does that of its cause.
            raise KmaUnavailable(
                f"{shown}: {_reason(error)}. It passes by itself most of the time; try again later."
            ) from None
        log.info(
            "asked: %s status=%d bytes=%d seconds=%.2f calls_left=%d",
            shown,
            status,
            len(body),
            time.monotonic() - begun,
            left,
        )
        classify(shown, status, body)
        return Reply(endpoint, dict(params), shown, status, datetime.now(UTC), body)

    def _get(self, url: str, params: Mapping[str, str]) -> tuple[int, bytes]:
        deadline = time.monotonic() + DEADLINE_FACTOR * self._timeout[1]
        with (
            _silent_urllib3(),
            self._session.get(
                url,
                params={**params, "authKey": self._key},
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as reply,
        ):
            chunks = []
            for chunk in reply.iter_content(CHUNK_BYTES):
                chunks.append(chunk)
                if time.monotonic() > deadline:
                    raise requests.Timeout
            return reply.status_code, b"".join(chunks)


class _silent_urllib3:  # noqa: N801  reads as a function
    """urllib3 logs each request with its query, and so with the key, at DEBUG: never here."""

    def __enter__(self) -> None:
        self._logger = logging.getLogger("urllib3.connectionpool")
        self._level = self._logger.level
        self._logger.setLevel(logging.CRITICAL)

    def __exit__(self, *_: object) -> None:
        self._logger.setLevel(self._level)


def _reason(error: requests.RequestException) -> str:
    kinds = {
        requests.ConnectTimeout: "no connection in time",
        requests.Timeout: "no answer in time",
        requests.exceptions.ChunkedEncodingError: "the reply broke off",
        requests.ConnectionError: "no connection",
    }
    return next((text for kind, text in kinds.items() if isinstance(error, kind)), type(error).__name__)


def _tell_retry(state: tenacity.RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    wait = state.next_action.sleep if state.next_action else 0
    log.warning("attempt %d failed, again in %.1f s: %s", state.attempt_number, wait, error)


def _stations(stations: Sequence[int]) -> str:
    return ":".join(str(station) for station in stations) or "0"


def classify(url: str, status: int, body: bytes) -> None:
    """Return when a reply is data; else say what it is.

    Args:
        url: what was asked, without the key.
        status: of HTTP.
        body: of the reply.

    Raises:
        KeyRefused, EndpointNotApproved, QuotaExhausted, KmaUnavailable, KmaMaintenance, ReplyCutOff,
        Misconfigured, FormatChanged: see weather_mlops.errors.
    """
    told, message = _json_error(body)
    status = told or status
    if status == requests.codes.unauthorized:
        raise KeyRefused(f"{url}: the KMA refuses the key ({message}). Check KMA_AUTH_KEY or kma_default.")
    if any(word in message for word in ("한도", "초과", "limit")):
        raise QuotaExhausted(f"{url}: the day's calls are used up ({message}). It goes on after 00:00 KST.")
    if status == requests.codes.forbidden:
        raise EndpointNotApproved(
            f"{url}: the key has no approval for this endpoint ({message}). Apply for it at apihub.kma.go.kr."
        )
    if status >= requests.codes.server_error:
        raise KmaUnavailable(f"{url}: server error {status}. It passes by itself; try again later.")
    if status == requests.codes.not_found:
        raise Misconfigured(
            f"{url}: there is no such endpoint. Check KMA_API_URL or the host of kma_default."
        )
    if told or status != requests.codes.ok:
        raise FormatChanged(f"{url}: an answer that we don't know: status {status} {message}")
    try:
        wire.check_markers(body)
    except (KmaMaintenance, ReplyCutOff) as error:
        raise type(error)(f"{url}: {error}") from None


def _json_error(body: bytes) -> tuple[int, str]:
    """Status and message of an error in JSON; 0 and nothing when it is none."""
    if not body.lstrip().startswith(b"{"):
        return 0, ""
    try:
        result = json.loads(body)["result"]
        return int(result["status"]), str(result["message"])[:LONGEST_MESSAGE]
    except (ValueError, KeyError, TypeError):
        return 0, ""


def check_range(reply: Reply, begin: datetime, end: datetime) -> None:
    """Make sure that a reply tells of the hours that were asked for; hours may be absent.

    Raises:
        ReplyMismatch: a row lies outside.
    """
    first, last = kst(begin).encode(), kst(end).encode()
    for line in reply.body.split(b"\n"):
        moment = line.split(None, 1)[:1]
        if moment and moment[0].isdigit() and len(moment[0]) == len(first) and not first <= moment[0] <= last:
            raise ReplyMismatch(
                f"{reply.url}: a row of {moment[0].decode()} KST, outside of what was asked for. "
                "The reply isn't used; ask again, and tell the KMA if it stays so."
            )
