"""HTTP client of the KMA API Hub: sends requests, retries, counts calls, and classifies errors.

The key is a query parameter of the API. It never leaves this module: no log, exception or repr shows it.
"""

import contextlib
import hashlib
import io
import logging
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from gzip import GzipFile
from typing import Final, Protocol
from urllib.parse import urlencode, urlsplit

import requests
import tenacity
import urllib3
from pydantic import SecretStr

from weather_mlops import limits
from weather_mlops.errors import FormatChanged, KmaUnavailable, ResponseTruncated
from weather_mlops.kma import address, api_errors
from weather_mlops.kma.call_failures import failure_of
from weather_mlops.kma.endpoints import (
    PERIOD,
    STATIONS,
    check_range,
    classify,
    kst,
    spans,
    stations_asked,
)
from weather_mlops.kma.masking import SECRET_PARAMETERS, spellings

log = logging.getLogger(__name__)

KEY_PARAMETER: Final = "authKey"
# A response that keeps trickling in is abandoned after this many times the read timeout.
DEADLINE_FACTOR: Final = 6
# Hosts of this machine, which are always reached without a proxy.
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def _without_key(record: logging.LogRecord) -> bool:
    message = record.getMessage().lower()
    return not any(parameter in message for parameter in SECRET_PARAMETERS)


# urllib3 logs requests with their query, and so with the key, at DEBUG.
for _name in ("urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_without_key)


class CallBudget(Protocol):
    """Counts the calls of a day."""

    def take(self, calls: int = 1) -> int:
        """Reserve calls, and return how many are left today.

        Raises:
            QuotaExhausted: fewer calls are left.
        """


class UncountedCalls:
    """A budget without a limit, for a command that makes one call."""

    def take(self, calls: int = 1) -> int:
        """Reserve nothing."""
        return calls


@dataclass(frozen=True, slots=True)
class Response:
    """A response exactly as received.

    Attributes:
        endpoint: name of the endpoint, ``kma_sfctm3``.
        params: parameters of the request, without the key.
        url: URL of the request, without the key.
        status: HTTP status.
        fetched_at: when the last byte was received, UTC.
        body: bytes of the body.
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
    """Calls the KMA API Hub, one call at a time.

    Args:
        base_url: of the endpoints, ``https://apihub.kma.go.kr/api/typ01/url``.
        key: of the API Hub.
        budget: counts the calls; each attempt is one.
        connect_timeout: seconds.
        read_timeout: seconds without a byte; a whole response may take six times as long.
        attempts: upper limit, for transient errors: no answer, a server error, a response that is cut off.
        sleep: waits between attempts.

    Raises:
        Misconfigured: the URL or the key is empty, or names of endpoints can't be appended to the URL.
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
        self._key = SecretStr(key.strip())
        self._key_parameter = KEY_PARAMETER
        self.base_url = address.with_key(base_url, self._key.get_secret_value())
        self._budget = budget
        self._timeout = (connect_timeout, read_timeout)
        self._one_at_a_time = threading.Lock()
        self._session = requests.Session()
        # A proxy of the environment would see the key in a query over http, but not over https.
        self._session.trust_env = self.base_url.lower().startswith("https:")
        host = urlsplit(self.base_url).hostname or ""
        # Not trust_env=False, so that certificates of the environment are still used.
        self._proxies = {"no_proxy": host} if host in LOOPBACK else None
        self._retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type((KmaUnavailable, ResponseTruncated)),
            stop=tenacity.stop_after_attempt(attempts),
            wait=tenacity.wait_exponential_jitter(initial=1, max=30, jitter=1),
            sleep=sleep,
            before_sleep=_log_retry,
            reraise=True,
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_url!r})"

    def period(self, begin: datetime, end: datetime, stations: Sequence[int] = ()) -> Iterator[Response]:
        """Observations of a period, both ends included; one response per span that the API serves whole.

        Raises:
            WeatherError: those of ``classify``, ``check_range`` and ``spans`` in kma/endpoints.py,
                QuotaExhausted.
        """
        for first, last in spans(begin, end):
            query = {"tm1": kst(first), "tm2": kst(last), "stn": stations_asked(stations), "help": "0"}
            response = self._ask(PERIOD, query)
            check_range(response.url, response.body, first, last)
            yield response

    def station_info(self, at: datetime) -> Response:
        """The list of surface stations.

        Raises:
            WeatherError: those of ``classify`` in kma/endpoints.py, QuotaExhausted.
        """
        return self._ask(STATIONS, {"inf": "SFC", "stn": "", "tm": kst(at), "help": "0"})

    def _ask(self, endpoint: str, params: Mapping[str, str]) -> Response:
        url = f"{self.base_url}/{endpoint}.php"
        shown = f"{url}?{urlencode(params, safe=':')}"
        return self._call(endpoint, url, shown, params, lambda status, body: classify(shown, status, body))

    def _call(
        self,
        endpoint: str,
        url: str,
        shown: str,
        params: Mapping[str, str],
        check: Callable[[int, bytes], None],
    ) -> Response:
        """One request with its retries; ``check`` raises for an answer without data, which has no key."""
        with self._one_at_a_time:
            return self._retrying(self._attempt, endpoint, url, shown, params, check)

    def _attempt(
        self,
        endpoint: str,
        url: str,
        shown: str,
        params: Mapping[str, str],
        check: Callable[[int, bytes], None],
    ) -> Response:
        left = self._budget.take()
        begun, failure = time.monotonic(), None
        try:
            status, body = self._get(url, shown, params)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            failure = failure_of(shown, error)
        if failure:
            # Raised outside of the handler: the error above, whose text has the key, must not be its context.
            raise failure
        log.info(
            "asked: %s status=%d bytes=%d seconds=%.2f calls_left=%d",
            shown,
            status,
            len(body),
            time.monotonic() - begun,
            left,
        )
        check(status, self._without_key(body))
        return Response(endpoint, dict(params), shown, status, datetime.now(UTC), body)

    def _get(self, url: str, shown: str, params: Mapping[str, str]) -> tuple[int, bytes]:
        """Status and body of one call.

        Raises:
            FormatChanged: the body is longer than the limit, or has an encoding that was not requested.
            requests.RequestException, urllib3.exceptions.HTTPError: there was no complete response in time.
        """
        with self._session.get(
            url,
            params={**params, self._key_parameter: self._key.get_secret_value()},
            headers={"Accept-Encoding": "gzip"},
            timeout=self._timeout,
            allow_redirects=False,
            stream=True,
            proxies=self._proxies,
        ) as response:
            # Each byte restarts the read timeout, so a timer in another thread limits the whole response.
            late = threading.Event()
            end = threading.Timer(DEADLINE_FACTOR * self._timeout[1], _cut, (response.raw, late))
            end.daemon = True
            end.start()
            try:
                body = limits.read_at_most(response.raw, limits.KMA_RESPONSE, shown)
            finally:
                end.cancel()
                if late.is_set():
                    raise requests.Timeout
            return response.status_code, _unpacked(shown, body, response.headers.get("Content-Encoding", ""))

    def _without_key(self, body: bytes) -> bytes:
        """A body without the key, for messages of errors: some servers repeat the request."""
        key = self._key.get_secret_value()
        if len(key) >= address.SHORTEST_KEY:
            for encoding in {"utf-8", api_errors.encoding_of(body)}:
                for spelling in spellings(key):
                    body = body.replace(spelling.encode(encoding), "***".encode(encoding))
        return body


def _cut(response: urllib3.BaseHTTPResponse, late: threading.Event) -> None:
    late.set()
    with contextlib.suppress(ValueError, RuntimeError):  # it ended by itself just now
        response.shutdown()


def _unpacked(shown: str, body: bytes, encoding: str) -> bytes:
    """Decode a body.

    Raises:
        FormatChanged: it is longer than the limit, or has an encoding that was not requested.
        requests.exceptions.ContentDecodingError: it is damaged.
    """
    match encoding.strip().lower():
        case "" | "identity":
            return body
        case "gzip" | "x-gzip":
            try:
                with GzipFile(fileobj=io.BytesIO(body)) as packed:
                    return limits.read_at_most(packed, limits.KMA_RESPONSE, shown)
            except (OSError, EOFError, zlib.error) as error:
                raise requests.exceptions.ContentDecodingError from error
        case other:
            raise FormatChanged(f"{shown}: the body is encoded as {other[:20]!r}, which was not requested")


def _log_retry(state: tenacity.RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    wait = state.next_action.sleep if state.next_action else 0
    log.warning("attempt %d failed, next one in %.1f s: %s", state.attempt_number, wait, error)
