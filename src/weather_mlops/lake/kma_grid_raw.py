"""Store the grids of one variable of an issue of the KMA's forecast in one object, for ever.

A grid is kept as received, with all 37,697 cells, though the stations need 97 of them: the day's quota buys
only some 200 days of an archive, so asking again for a station that is added, or for another cell, would cost
more than the storage. A grid has 0.3 MB as text and about a tenth of that packed; all hours of an issue stand
together in one object (``raw_parts``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from typing_extensions import TypedDict

from weather_mlops.clock import KST
from weather_mlops.kma.client import Response
from weather_mlops.kma.endpoints import from_kst
from weather_mlops.kma.forecast.endpoints import API_HUB, SHORT_GRID, ForecastRequest
from weather_mlops.lake import documents
from weather_mlops.lake.documents import MomentText
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.raw import list_raw, read_response, read_sidecar, sidecar_of
from weather_mlops.lake.raw_parts import Part, put_parts, response_of

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class ReceivedGrid:
    """One answer of ``nph-dfs_shrt_grd``.

    Attributes:
        valid_at: time that is forecast, UTC.
        present: cells with a value; 0 where the archive has no such hour.
        response: the answer.
    """

    valid_at: datetime
    present: int
    response: Response

    @property
    def request(self) -> ForecastRequest:
        """The request of it."""
        return ForecastRequest(API_HUB, SHORT_GRID, self.response.url.partition("?")[0], self.response.params)


@dataclass(frozen=True, slots=True)
class StoredGrid:
    """What the sidecar of an object says of one grid.

    Attributes:
        key: of the object.
        valid_at: time that is forecast, UTC.
        present: cells with a value.
        received_at: when it was received, UTC.
    """

    key: str
    valid_at: datetime
    present: int
    received_at: datetime


class _Part(Part):
    valid_at: MomentText
    present: int


class _Sidecar(TypedDict):
    version: int
    issued_at: MomentText
    category: str
    parts: list[_Part]


def put_grids(store: ObjectStore, issued_at: datetime, category: str, grids: Sequence[ReceivedGrid]) -> str:
    """Store grids of an issue; storing the same ones again changes nothing.

    Args:
        store: the bucket.
        issued_at: the issue, timezone-aware.
        category: KMA's name of the variable, ``TMP``.
        grids: answers in the order in which they were received, at least one.

    Returns:
        The key: ``raw/kma/nph-dfs_shrt_grd/<YYYY>/<MM>/<DD>/<issue>_<issue>_<category>_<sha12>.txt.gz``, in
        KST.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    return put_parts(
        store,
        SHORT_GRID,
        [(grid.response, {"valid_at": grid.valid_at.isoformat(), "present": grid.present}) for grid in grids],
        issued_at=issued_at,
        label=category,
        about={"version": VERSION, "category": category},
    )


def keys_of_day(store: ObjectStore, day: datetime) -> dict[tuple[datetime, str], list[str]]:
    """Keys of the objects of a day's issues, by issue (UTC) and variable.

    Args:
        store: the bucket.
        day: any time of the day (KST), timezone-aware.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    keys: dict[tuple[datetime, str], list[str]] = {}
    for key in list_raw(store, SHORT_GRID, day.astimezone(KST).date()):
        keys.setdefault(issue_and_category(key), []).append(key)
    return keys


def issue_and_category(key: str) -> tuple[datetime, str]:
    """The issue, UTC, and the KMA's name of the variable of an object, from its key."""
    issue, _, category, _ = key.rpartition("/")[2].split("_")
    return from_kst(issue), category


def stored_grids(store: ObjectStore, keys: Sequence[str]) -> dict[datetime, StoredGrid]:
    """The grids of some objects by valid time, from their sidecars; of several, the last with values counts.

    Raises:
        FormatChanged, ObjectDamaged: a sidecar is damaged.
        StorageUnavailable, StorageRefused.
    """
    grids: dict[datetime, StoredGrid] = {}
    for key in keys:
        for part in _read_sidecar(store, key)["parts"]:
            valid_at, received_at = (
                datetime.fromisoformat(part[name]) for name in ("valid_at", "fetched_at")
            )
            grid = StoredGrid(key, valid_at, part["present"], received_at)
            other = grids.get(valid_at)
            if other is None or (grid.present > 0, grid.received_at) > (other.present > 0, other.received_at):
                grids[valid_at] = grid
    return grids


def read_grids(store: ObjectStore, key: str) -> Iterator[ReceivedGrid]:
    """Read the grids that an object has, one after another.

    Raises:
        FileNotFoundError: the object or its sidecar doesn't exist.
        FormatChanged: the bytes are not those that were received.
        ObjectDamaged: the sidecar is damaged.
        StorageUnavailable, StorageRefused.
    """
    stored, where = read_response(store, key), store.where(sidecar_of(key))
    for part in documents.check(stored.about, _Sidecar, where)["parts"]:
        response = response_of(part, stored.body, SHORT_GRID, where)
        yield ReceivedGrid(datetime.fromisoformat(part["valid_at"]), part["present"], response)


def _read_sidecar(store: ObjectStore, key: str) -> _Sidecar:
    about = read_sidecar(store, sidecar_of(key))
    return documents.check(about, _Sidecar, store.where(sidecar_of(key)))
