"""Answers of getVilageFcst for tests, each from what matters to a test."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pyarrow as pa

from weather_mlops.clock import HOUR, KST
from weather_mlops.kma.forecast import village
from weather_mlops.kma.forecast.cells import Cell
from weather_mlops.kma.forecast.endpoints import API_HUB, ForecastRequest, Provider, village_request

HUB: Final = "https://apihub.kma.go.kr/api/typ01/url"
ISSUE: Final = datetime(2024, 12, 1, 8, tzinfo=UTC)
"""Of 17:00 KST."""
SEOUL: Final = Cell(60, 127)
RECEIVED: Final = ISSUE + timedelta(minutes=15)


def request(provider: Provider = API_HUB, url: str = HUB) -> ForecastRequest:
    """A request for the first page of the issue."""
    return village_request(provider, url, issued_at=ISSUE, cell=SEOUL)


def item(category: str = "TMP", value: object = "5", lead: int = 1, **others: object) -> dict[str, object]:
    """An item of the issue; what is named is different."""
    valid = (ISSUE + lead * HOUR).astimezone(KST)
    return {
        "baseDate": "20241201",
        "baseTime": "1700",
        "category": category,
        "fcstDate": f"{valid:%Y%m%d}",
        "fcstTime": f"{valid:%H%M}",
        "fcstValue": value,
        "nx": 60,
        "ny": 127,
        **others,
    }


def answer(items: object, total: object = None, code: str = "00") -> bytes:
    """A page with a list of items, or with what stands instead of ``items``.

    Args:
        items: of the page.
        total: ``totalCount``; None = the items of this page.
        code: ``resultCode``.
    """
    count = (len(items) if isinstance(items, list) else 1) if total is None else total
    inside = {"item": items} if isinstance(items, list) else items
    body = {"dataType": "JSON", "items": inside, "pageNo": 1, "numOfRows": 1000, "totalCount": count}
    response = {"header": {"resultCode": code, "resultMsg": "NORMAL_SERVICE"}, "body": body}
    return json.dumps({"response": response}, separators=(",", ":")).encode()


def read(body: bytes) -> village.Page:
    """A page of the issue."""
    return village.read_page(body, request())


def joined(*pages: village.Page) -> village.VillageForecast:
    """The issue that pages make up."""
    return village.parse(pages, request(), issued_at=ISSUE, cell=SEOUL)


def parsed(*pages: Sequence[Any]) -> village.VillageForecast:
    """The issue whose pages have these items."""
    total = sum(map(len, pages))
    return joined(*(read(answer(list(page), total)) for page in pages))


def table(forecast: village.VillageForecast) -> pa.Table:
    """The rows of Seoul's station."""
    return forecast.rows([108], "api_hub", RECEIVED)


def values(forecast: village.VillageForecast) -> list[dict[str, Any]]:
    """The rows of Seoul's station: what is neither null nor the same in all of them."""
    same = {"station_id", "issued_at", "lead_hours", "source", "cell_x", "cell_y", "received_at"}
    return [
        {name: value for name, value in row.items() if value is not None and name not in same}
        for row in table(forecast).to_pylist()
    ]
