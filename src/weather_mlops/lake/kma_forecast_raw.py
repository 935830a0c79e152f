"""Store what was received of one issue of the KMA's forecast in one object, for ever.

An issue of 97 stations takes 100 to 200 answers: one object for each would cost several hundred requests to
S3 an issue. So they stand together in one object (``raw_parts``), whose sidecar also says which stations took
which cell: where somebody configures another cell for a station, nothing else says that.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from typing_extensions import TypedDict

from weather_mlops.clock import KST
from weather_mlops.errors import ObjectDamaged
from weather_mlops.kma.client import Response
from weather_mlops.kma.endpoints import from_kst
from weather_mlops.kma.forecast.cells import Cell
from weather_mlops.kma.forecast.endpoints import API_HUB, DATA_GO_KR, VILLAGE, ForecastRequest, Provider
from weather_mlops.lake import documents
from weather_mlops.lake.documents import MomentText
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.raw import list_raw, read_response, sidecar_of
from weather_mlops.lake.raw_parts import Part, put_parts, response_of

VERSION: Final = 1
PROVIDERS: Final[Mapping[str, Provider]] = {provider.source: provider for provider in (API_HUB, DATA_GO_KR)}


@dataclass(frozen=True, slots=True)
class ReceivedPage:
    """One answer of ``getVilageFcst``.

    Attributes:
        provider: who gave it.
        cell: that was requested.
        fetch: number of the fetch, from 1: all pages of a cell that were requested as one whole.
        response: the answer.
    """

    provider: Provider
    cell: Cell
    fetch: int
    response: Response

    @property
    def request(self) -> ForecastRequest:
        """The request of it."""
        return ForecastRequest(
            self.provider, VILLAGE, self.response.url.partition("?")[0], self.response.params
        )


@dataclass(frozen=True)
class ReceivedIssue:
    """What an object has.

    Attributes:
        pages: answers in the order in which they were received.
        stations: ids of the stations that took each cell's forecast.
        received_at: when the last answer was received, UTC.
    """

    pages: Sequence[ReceivedPage]
    stations: Mapping[Cell, tuple[int, ...]]
    received_at: datetime


class _Part(Part):
    source: str
    cell: str
    fetch: int


class _Sidecar(TypedDict):
    version: int
    issued_at: MomentText
    fetched_at: MomentText
    stations: dict[str, list[int]]
    parts: list[_Part]


def put_issue(
    store: ObjectStore,
    issued_at: datetime,
    pages: Sequence[ReceivedPage],
    stations: Mapping[Cell, Sequence[int]],
    row_count: int,
) -> str:
    """Store the answers of an issue; storing the same ones again changes nothing.

    Args:
        store: the bucket.
        issued_at: the issue, timezone-aware.
        pages: answers in the order in which they were received, at least one.
        stations: ids of the stations that take each cell's forecast.
        row_count: number of rows that they have, for the sidecar.

    Returns:
        The key: ``raw/kma/getVilageFcst/<YYYY>/<MM>/<DD>/<issue>_<issue>_<n>-cells_<sha12>.txt.gz``, in KST.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    cells = list(dict.fromkeys(page.cell for page in pages))
    return put_parts(
        store,
        VILLAGE,
        [(page.response, _extra(page)) for page in pages],
        issued_at=issued_at,
        label=f"{len(cells)}-cells",
        about={
            "version": VERSION,
            "rows": row_count,
            "stations": {str(cell): list(stations[cell]) for cell in cells},
        },
    )


def _extra(page: ReceivedPage) -> dict[str, object]:
    return {"source": page.provider.source, "cell": str(page.cell), "fetch": page.fetch}


def keys_between(store: ObjectStore, first: datetime, end: datetime) -> Iterator[str]:
    """Keys of the objects of the issues from one to before another one, timezone-aware.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    day = first.astimezone(KST).date()
    while day <= end.astimezone(KST).date():
        for key in list_raw(store, VILLAGE, day):
            if first <= issue_of(key) < end:
                yield key
        day += timedelta(days=1)


def issues(store: ObjectStore) -> set[datetime]:
    """All issues that raw has any answer of, UTC.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    return {issue_of(key) for key in list_raw(store, VILLAGE)}


def issue_of(key: str) -> datetime:
    """The issue of an object, UTC, from its key."""
    return from_kst(key.rpartition("/")[2].partition("_")[0])


def read_issue(store: ObjectStore, key: str) -> ReceivedIssue:
    """Read what an object has.

    Raises:
        FileNotFoundError: the object or its sidecar doesn't exist.
        FormatChanged: the bytes are not those that were received.
        ObjectDamaged: the sidecar is damaged.
        StorageUnavailable, StorageRefused.
    """
    stored = read_response(store, key)
    where = store.where(sidecar_of(key))
    about = documents.check(stored.about, _Sidecar, where)
    pages = []
    for part in about["parts"]:
        response = response_of(part, stored.body, VILLAGE, where)
        if (provider := PROVIDERS.get(part["source"])) is None:
            raise ObjectDamaged(f"{where}: a part is of no known provider. Restore it.")
        pages.append(ReceivedPage(provider, Cell.parse(part["cell"]), part["fetch"], response))
    stations = {Cell.parse(cell): tuple(ids) for cell, ids in about["stations"].items()}
    return ReceivedIssue(pages, stations, stored.received_at)
