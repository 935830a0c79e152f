"""Errors of calls that got no response: no connection, no answer in time, a response that was cut off."""

from typing import Final

import requests
import urllib3

from weather_mlops.errors import KmaUnavailable, Misconfigured, WeatherError

_REASONS: Final[tuple[tuple[tuple[type[Exception], ...], str], ...]] = (
    ((requests.exceptions.SSLError, urllib3.exceptions.SSLError), "no trusted TLS connection"),
    ((requests.ConnectTimeout,), "no connection in time"),
    ((requests.Timeout, urllib3.exceptions.TimeoutError), "no answer in time"),
    (
        (requests.exceptions.ChunkedEncodingError, urllib3.exceptions.ProtocolError),
        "the response was cut off",
    ),
    ((requests.exceptions.ContentDecodingError,), "the response is a damaged gzip"),
    ((requests.ConnectionError,), "no connection"),
)


# A URL or a proxy that cannot be connected to at all.
_UNUSABLE: Final = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    urllib3.exceptions.LocationValueError,
)


def failure_of(shown: str, error: Exception) -> WeatherError:
    """The error of a call without a response; it doesn't quote the cause, whose text has the key."""
    reason = next((text for kinds, text in _REASONS if isinstance(error, kinds)), type(error).__name__)
    if isinstance(error, _UNUSABLE):
        return Misconfigured(
            f"{shown}: no connection to this URL is possible ({reason}). Check KMA_API_URL or the host of "
            "kma_default, and HTTPS_PROXY where it is set."
        )
    return KmaUnavailable(f"{shown}: {reason}. This is usually temporary; try again later.")
