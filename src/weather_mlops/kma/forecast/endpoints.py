"""The three endpoints of the KMA's forecast: what is requested, where, and what an answer means. No HTTP.

``getVilageFcst`` has one cell and issue with all variables, on the API Hub and on data.go.kr, each with a key
of its own; ``nph-dfs_shrt_grd`` has all cells of one issue, valid time and variable, for years back. Times
are KST. A request holds no key: it is added where it is sent, so no message can show it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from weather_mlops.clock import KST
from weather_mlops.errors import (
    EndpointNotApproved,
    FormatChanged,
    KeyRefused,
    KmaMaintenance,
    KmaUnavailable,
    Misconfigured,
    NothingYet,
    QuotaExhausted,
    WeatherError,
)
from weather_mlops.kma import api_errors
from weather_mlops.kma.forecast.cells import Cell
from weather_mlops.kma.forecast.issues import check_issue
from weather_mlops.kma.forecast.rows import BY_CATEGORY, Source

VILLAGE: Final = "getVilageFcst"
SHORT_GRID: Final = "nph-dfs_shrt_grd"
ROWS_PER_PAGE: Final = 1000
"""The most that a page has. An issue has 800 to 1,100 rows: one page or two."""

_API_FOLDER: Final = "/typ01/url"
"""Where the API Hub's other endpoints are: the URL that is configured ends with it."""
_VILLAGE_FOLDER: Final = "/typ02/openApi/VilageFcstInfoService_2.0"
_GRID_FOLDER: Final = "/typ01/cgi-bin/url"


@dataclass(frozen=True, slots=True)
class Provider:
    """Who answers, and where its key and address are set.

    Attributes:
        source: name of it in a row.
        title: name for people.
        key_parameter: of the query that has the key.
        settings: where somebody sets address and key, for messages.
        site: where keys and approvals are applied for.
    """

    source: Source
    title: str
    key_parameter: str
    settings: str
    site: str


API_HUB: Final = Provider(
    "api_hub", "the KMA API Hub", "authKey", "KMA_AUTH_KEY or kma_default", "apihub.kma.go.kr"
)
DATA_GO_KR: Final = Provider("data_go_kr", "data.go.kr", "serviceKey", "data_go_kr_default", "www.data.go.kr")
DATA_GO_KR_URL: Final = "https://apis.data.go.kr/1360000/VilageFcstInfoService_2.0"


@dataclass(frozen=True, slots=True)
class ForecastRequest:
    """One request, without the key.

    Attributes:
        provider: who answers.
        endpoint: its name.
        url: where.
        params: the query without the key.
    """

    provider: Provider
    endpoint: str
    url: str
    params: Mapping[str, str]

    @property
    def shown(self) -> str:
        """The address for messages and logs, without the key."""
        return f"{self.url}?{urlencode(self.params)}"


def village_request(
    provider: Provider, base_url: str, *, issued_at: datetime, cell: Cell, page: int = 1
) -> ForecastRequest:
    """A request for one page of an issue at a cell.

    Args:
        provider: the API Hub or data.go.kr.
        base_url: of the API Hub's endpoints (``https://apihub.kma.go.kr/api/typ01/url``), or of the service
            on data.go.kr, DATA_GO_KR_URL.
        issued_at: time of the issue, timezone-aware.
        cell: of the grid.
        page: from 1.

    Raises:
        Misconfigured: the KMA issues no forecast at that time.
    """
    folder = base_url.rstrip("/") if provider is DATA_GO_KR else _hub_folder(base_url, _VILLAGE_FOLDER)
    local = check_issue(issued_at).astimezone(KST)
    params = {
        "pageNo": str(page),
        "numOfRows": str(ROWS_PER_PAGE),
        "dataType": "JSON",
        "base_date": f"{local:%Y%m%d}",
        "base_time": f"{local:%H%M}",
        "nx": str(cell.x),
        "ny": str(cell.y),
    }
    return ForecastRequest(provider, VILLAGE, f"{folder}/{VILLAGE}", params)


def grid_request(base_url: str, *, issued_at: datetime, valid_at: datetime, category: str) -> ForecastRequest:
    """A request for one variable of an issue at one valid time, all cells.

    Args:
        base_url: of the API Hub's endpoints.
        issued_at: time of the issue, timezone-aware.
        valid_at: time that is forecast, a whole hour, timezone-aware.
        category: KMA's name of one variable, ``TMP``; a list of them gets a grid without any value.

    Raises:
        Misconfigured: the KMA issues no forecast at that time, or the variable is unknown.
    """
    if category not in BY_CATEGORY:
        raise Misconfigured(
            f"unknown variable {category[:40]!r} of the KMA's forecast: name one of {', '.join(BY_CATEGORY)}"
        )
    params = {
        "tmfc": f"{check_issue(issued_at).astimezone(KST):%Y%m%d%H}",
        "tmef": f"{valid_at.astimezone(KST):%Y%m%d%H}",
        "vars": category,
    }
    return ForecastRequest(API_HUB, SHORT_GRID, f"{_hub_folder(base_url, _GRID_FOLDER)}/{SHORT_GRID}", params)


def _hub_folder(base_url: str, folder: str) -> str:
    return base_url.rstrip("/").removesuffix(_API_FOLDER) + folder


# What begins an answer with data; anything else is an error, or says so itself.
_VILLAGE_DATA: Final = re.compile(
    rb'\s*\{\s*"response"\s*:.{0,200}"resultCode"\s*:\s*"?0+"?\s*[,}]', re.DOTALL
)
_GRID_DATA: Final = re.compile(rb"[\s,]*[+-]?\d")


def classify(request: ForecastRequest, status: int, body: bytes) -> None:
    """Return when an answer has data; else say what it is.

    Args:
        request: what was requested.
        status: of HTTP.
        body: of the answer, without the key.

    Raises:
        KeyRefused, EndpointNotApproved, QuotaExhausted, KmaUnavailable, KmaMaintenance, NothingYet,
            Misconfigured, FormatChanged: see weather_mlops.errors. NothingYet stands for an issue that isn't
            out yet or isn't available any more: only its age tells.
    """
    data = _VILLAGE_DATA if request.endpoint == VILLAGE else _GRID_DATA
    if status == HTTPStatus.OK and data.match(body):
        return
    if status == HTTPStatus.OK and not body.strip():
        raise KmaUnavailable(f"{request.shown}: an empty answer. It passes; try again later.")
    notice = api_errors.read(body)
    kind = api_errors.kind_of(status, notice)
    if kind is None:
        if notice.page:
            kind = KmaMaintenance
        elif body.lstrip().startswith(b"{"):
            raise KmaUnavailable(f"{request.shown}: JSON that breaks off. It passes; try again later.")
        else:
            kind = FormatChanged
    provider = request.provider
    meaning = _MEANINGS[kind].format(
        title=provider.title,
        settings=provider.settings,
        site=provider.site,
        status=notice.status or status,
        notice=notice.quoted,
    )
    raise kind(f"{request.shown}: {meaning}")


_MEANINGS: Final[Mapping[type[WeatherError], str]] = {
    KeyRefused: "{title} refuses the key{notice}. Check {settings}.",
    QuotaExhausted: "the day's requests to {title} are used up{notice}. They are available after 00:00 KST.",
    EndpointNotApproved: "the key has no approval for this endpoint{notice}. Apply for it at {site}.",
    KmaUnavailable: "{title} answers with an error, status {status}{notice}. It passes; try again later.",
    KmaMaintenance: "{title} is under maintenance{notice}. It passes; try again later.",
    NothingYet: (
        "{title} has no such issue{notice}: it isn't out yet, or too old for this endpoint. A later run asks "
        "again for a new one; nph-dfs_shrt_grd has old ones."
    ),
    Misconfigured: "{title} doesn't know this endpoint or request{notice}. Check the address in {settings}.",
    FormatChanged: "an unknown answer of {title}, status {status}{notice}. Look it up at {site}.",
}
