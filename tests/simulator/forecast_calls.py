"""Calls of the simulator's forecast over HTTP, and what they answer."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

CELLS = 37_697
MISSING = "-99.00"
NO_DATA = '{"response":{"header":{"resultCode":"03","resultMsg":"NO_DATA"}}}'
FOLDERS = {
    "api_hub": ("api/typ02/openApi/VilageFcstInfoService_2.0", "authKey"),
    "data_go_kr": ("1360000/VilageFcstInfoService_2.0", "serviceKey"),
}


class Answer(NamedTuple):
    """An answer over HTTP."""

    status: int
    content_type: str
    body: bytes

    @property
    def response(self) -> dict:
        """Header and body of an answer of getVilageFcst."""
        return json.loads(self.body)["response"]

    @property
    def items(self) -> list[dict]:
        return self.response["body"]["items"]["item"]


def get(url: str, timeout: float = 60) -> Answer:
    try:
        with urllib.request.urlopen(url, timeout=timeout) as response:
            return Answer(response.status, response.headers["Content-Type"], response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers["Content-Type"], error.read())


@dataclass(frozen=True)
class ForecastCalls:
    """Calls of a running simulator's forecast: by default Seoul's cell, and the newest issue (11:00 KST)."""

    url: str

    def village(self, provider: str = "api_hub", issue: str = "202607011100", **params: str) -> Answer:
        folder, key = FOLDERS[provider]
        query = {
            "pageNo": "1", "numOfRows": "1000", "dataType": "JSON", "base_date": issue[:8],
            "base_time": issue[8:], "nx": "60", "ny": "127", key: "any", **params,
        }  # fmt: skip
        return get(f"{self.url}/{folder}/getVilageFcst?{urlencode(query)}")

    def whole(self, issue: str = "202607011100", **params: str) -> list[dict]:
        """Items of both pages."""
        pages = [self.village(issue=issue, pageNo=page, **params) for page in ("1", "2")]
        items = [item for page in pages for item in page.items]
        assert len(items) == pages[0].response["body"]["totalCount"]
        return items

    def grid(
        self, issue: str = "2026070111", valid: str = "2026070115", category: str = "TMP", **params: str
    ) -> Answer:
        query = {"tmfc": issue, "tmef": valid, "vars": category, "authKey": "any", **params}
        return get(f"{self.url}/api/typ01/cgi-bin/url/nph-dfs_shrt_grd?{urlencode(query, safe=',')}")


def values(body: bytes) -> list[str]:
    """The numbers of a grid, as they are written."""
    return body.decode().replace(",\n", ",").rstrip("\n").split(",")


def is_missing_everywhere(body: bytes) -> bool:
    return values(body) == [MISSING] * CELLS
