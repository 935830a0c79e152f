"""HTTP client of the KMA's forecast: getVilageFcst of both providers, and the grids of the API Hub.

Retries, time-outs, the count of calls and the protection of the key are those of ``KmaClient``.
"""

import re
from dataclasses import replace
from functools import partial
from typing import Any, Final
from urllib.parse import unquote

from weather_mlops.errors import Misconfigured
from weather_mlops.kma import address
from weather_mlops.kma.client import CallBudget, KmaClient, Response
from weather_mlops.kma.forecast.endpoints import (
    DATA_GO_KR,
    DATA_GO_KR_URL,
    ForecastRequest,
    Provider,
    classify,
)

_ENCODED: Final = re.compile(r"%[0-9A-Fa-f]{2}")


class ForecastClient(KmaClient):
    """Calls one provider of the KMA's forecast, one call at a time.

    Args:
        provider: the API Hub or data.go.kr.
        base_url: as ``village_request`` and ``grid_request`` expect it.
        key: of the provider; data.go.kr shows it encoded and decoded, and either can be given.
        budget: counts the calls of this provider; each attempt is one.
        timing: ``connect_timeout``, ``read_timeout``, ``attempts`` and ``sleep`` of ``KmaClient``.

    Raises:
        Misconfigured: the address or the key can't be used; the message shows neither.
    """

    def __init__(
        self, provider: Provider, base_url: str, key: str, *, budget: CallBudget, **timing: Any
    ) -> None:
        if provider is DATA_GO_KR:
            key = unquote(key) if _ENCODED.search(key) else key
            check_data_go_kr(base_url, key.strip())
        super().__init__(base_url, key, budget=budget, **timing)
        self.provider = provider
        self._key_parameter = provider.key_parameter

    def ask(self, request: ForecastRequest) -> Response:
        """Send one request, and return an answer that has data.

        Raises:
            ValueError: the request is for another provider.
            WeatherError: those of ``classify`` in kma/forecast/endpoints.py, QuotaExhausted.
        """
        if request.provider is not self.provider:
            raise ValueError(f"a request for {request.provider.title} was given to {self.provider.title}")
        response = self._call(
            request.endpoint, request.url, request.shown, request.params, partial(classify, request)
        )
        # The answer is stored for ever; one that repeats its request would hold the key.
        return replace(response, body=self._without_key(response.body))


def check_data_go_kr(base_url: str, key: str) -> None:
    """Make sure that address and key of data.go.kr can be used.

    Raises:
        Misconfigured: they can't; the message shows neither, and names the connection.
    """
    try:
        address.with_key(base_url, key)
    except Misconfigured:
        raise Misconfigured(
            f"the connection {DATA_GO_KR.settings} can't be used: its host must be an address without a "
            f"query, such as {DATA_GO_KR_URL}, and its password the service key alone, as {DATA_GO_KR.site} "
            "shows it"
        ) from None
