"""The KMA API Hub over HTTP: asks, waits, counts its calls, and tells errors apart.

The key is a query parameter of the API. It stays in here: no log, no exception, no repr has it.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol
from urllib.parse import quote, quote_plus, urlencode, urlsplit

import requests
import tenacity
import urllib3
from pydantic import SecretStr

from weather_mlops.errors import KmaUnavailable, Misconfigured, ReplyCutOff
from weather_mlops.kma.endpoints import (
    ONE_HOUR,
    PERIOD,
    STATIONS,
    check_range,
    classify,
    kst,
    spans,
    stations_asked,
)

log = logging.getLogger(__name__)

KEY_PARAMETER: Final = "authKey"
CHUNK_BYTES: Final = 65_536
# A reply that keeps dripping is given up after this many times the read timeout.
DEADLINE_FACTOR: Final = 6
# A shorter one may occur in a reply by chance, and can't be a real key.
SHORTEST_KEY: Final = 8


def _without_key(record: logging.LogRecord) -> bool:
    return KEY_PARAMETER not in record.getMessage()


# urllib3 logs requests with their query, and so with the key, at DEBUG.
for _name in ("urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_without_key)


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
        Misconfigured: the URL or the key is empty, or the URL is none.
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
        self.base_url = base_url.strip().rstrip("/")
        self._key = SecretStr(key.strip())
        _check_access(self.base_url, self._key)
        self._budget = budget
        self._timeout = (connect_timeout, read_timeout)
        self._one_at_a_time = threading.Lock()
        self._session = requests.Session()
        # A proxy of the environment sees the key in a query over http, and nothing of one over https.
        self._session.trust_env = self.base_url.startswith("https:")
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
        """Observations of one hour; of all stations when none is named.

        Raises:
            WeatherError: those of ``classify`` and ``check_range`` in kma/endpoints.py, QuotaExhausted.
        """
        reply = self._ask(ONE_HOUR, {"tm": kst(at), "stn": stations_asked(stations), "help": "0"})
        check_range(reply.url, reply.body, at, at)
        return reply

    def period(self, begin: datetime, end: datetime, stations: Sequence[int] = ()) -> Iterator[Reply]:
        """Observations of a period, both ends included; a reply for each span that the API serves whole.

        Raises:
            WeatherError: as ``hour``; Misconfigured when the end is before the beginning.
        """
        for first, last in spans(begin, end):
            query = {"tm1": kst(first), "tm2": kst(last), "stn": stations_asked(stations), "help": "0"}
            reply = self._ask(PERIOD, query)
            check_range(reply.url, reply.body, first, last)
            yield reply

    def station_info(self, at: datetime) -> Reply:
        """The list of surface stations.

        Raises:
            WeatherError: as ``hour``.
        """
        return self._ask(STATIONS, {"inf": "SFC", "stn": "", "tm": kst(at), "help": "0"})

    def _ask(self, endpoint: str, params: Mapping[str, str]) -> Reply:
        with self._one_at_a_time:
            return self._retrying(self._attempt, endpoint, params)

    def _attempt(self, endpoint: str, params: Mapping[str, str]) -> Reply:
        url = f"{self.base_url}/{endpoint}.php"
        shown = f"{url}?{urlencode(params, safe=':')}"
        left = self._budget.take()
        begun, failure = time.monotonic(), ""
        try:
            status, body = self._get(url, params)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            failure = _reason(error)
        if failure:
            # Raised out here because the text of the error above holds the key: it is no context of this one.
            raise KmaUnavailable(
                f"{shown}: {failure}. It passes by itself most of the time; try again later."
            )
        log.info(
            "asked: %s status=%d bytes=%d seconds=%.2f calls_left=%d",
            shown,
            status,
            len(body),
            time.monotonic() - begun,
            left,
        )
        classify(shown, status, self._without_key(body))
        return Reply(endpoint, dict(params), shown, status, datetime.now(UTC), body)

    def _get(self, url: str, params: Mapping[str, str]) -> tuple[int, bytes]:
        deadline = time.monotonic() + DEADLINE_FACTOR * self._timeout[1]
        with self._session.get(
            url,
            params={**params, KEY_PARAMETER: self._key.get_secret_value()},
            timeout=self._timeout,
            allow_redirects=False,
            stream=True,
        ) as reply:
            chunks = []
            # read1 gives what is there; iter_content would wait for a whole chunk, and so for a slow drip.
            while chunk := reply.raw.read1(CHUNK_BYTES, decode_content=True):
                chunks.append(chunk)
                if time.monotonic() > deadline:
                    raise requests.Timeout
            return reply.status_code, b"".join(chunks)

    def _without_key(self, body: bytes) -> bytes:
        """A reply whose words may go into an error: some servers repeat what they were asked."""
        key = self._key.get_secret_value()
        if len(key) >= SHORTEST_KEY:
            for spelling in (key, quote(key, safe=""), quote_plus(key)):
                body = body.replace(spelling.encode(), b"***")
        return body


def _check_access(base_url: str, key: SecretStr) -> None:
    if not base_url or not key.get_secret_value():
        raise Misconfigured(
            f"the KMA API has no {'key' if base_url else 'URL'}: set KMA_AUTH_KEY and KMA_API_URL, or in "
            "Airflow the connection kma_default (host = URL, password = key). Keys: apihub.kma.go.kr"
        )
    if not _is_url(base_url):
        raise Misconfigured(
            f"the KMA API's URL is {base_url!r}: give one that begins with https://, as KMA_API_URL or as "
            "the host of the connection kma_default"
        )


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


_REASONS: Final[tuple[tuple[tuple[type[Exception], ...], str], ...]] = (
    ((requests.exceptions.SSLError, urllib3.exceptions.SSLError), "no trusted TLS connection"),
    ((requests.ConnectTimeout,), "no connection in time"),
    ((requests.Timeout, urllib3.exceptions.TimeoutError), "no answer in time"),
    ((requests.exceptions.ChunkedEncodingError, urllib3.exceptions.ProtocolError), "the reply broke off"),
    ((requests.ConnectionError,), "no connection"),
)


def _reason(error: Exception) -> str:
    return next((text for kinds, text in _REASONS if isinstance(error, kinds)), type(error).__name__)


def _tell_retry(state: tenacity.RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    wait = state.next_action.sleep if state.next_action else 0
    log.warning("attempt %d failed, again in %.1f s: %s", state.attempt_number, wait, error)
