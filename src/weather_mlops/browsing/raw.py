"""The page of raw responses: what the KMA's API returned to a run, where it is stored, and its checksum."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from weather_mlops.browsing.documents import address, page_of
from weather_mlops.browsing.runs import Quoted, RunView, address_of, shortened
from weather_mlops.errors import ObjectDamaged
from weather_mlops.lake import documents
from weather_mlops.lake.documents import Moment
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.raw import sidecar_of
from weather_mlops.pages import rendering
from weather_mlops.pages.visit import Visit

SHOWN: Final = 25
"""Responses on a page; a typical run has one to eleven."""
PAGES_AROUND: Final = 5
"""Pages before and after this one that are linked, in addition to the first and the last."""
_AT_A_TIME: Final = 8
Count = Annotated[int, Field(ge=0, le=10**12)]


@dataclass(frozen=True)
class Sidecar:
    """What a page shows of a raw response.

    Attributes:
        fetched_at: when it was received.
        rows: number of rows that were parsed from it.
        bytes: its decompressed size.
        sha256: of the decompressed response, in hexadecimal digits.
    """

    fetched_at: Moment
    rows: Count
    bytes: Count
    sha256: str


@dataclass(frozen=True)
class RawObject:
    """A raw response.

    Attributes:
        key: on S3.
        about: its sidecar; None where it is missing or can't be read.
        fault: why it can't be read; empty where nothing is wrong.
    """

    key: str
    about: Sidecar | None
    fault: str = ""

    @property
    def href(self) -> str:
        """The address of the response; empty where the key is none of a response."""
        return address(self.key)

    @property
    def quoted(self) -> Quoted:
        """The key, for a page on which it has no link."""
        return shortened(self.key)


def read(store: ObjectStore, keys: Sequence[str]) -> list[RawObject]:
    """Raw responses with their sidecars; keys that are not raw responses are not read.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        return list(pool.map(lambda key: _raw_object(store, key), keys))


def render(run: RunView, objects: Sequence[RawObject], page_number: int, pages: int, visit: Visit) -> str:
    """The page.

    Args:
        run: the run that stored them.
        objects: those of this page.
        page_number: from 1.
        pages: number of all pages.
        visit: language and links.
    """
    others = [
        (f"{address_of(run, view='raw')}&page={page}", str(page), page == page_number)
        for page in range(1, pages + 1)
        if page in {1, pages} or abs(page - page_number) <= PAGES_AROUND
    ]
    return rendering.render(
        "raw.html",
        visit,
        run=run,
        responses=objects,
        pages=others if pages > 1 else [],
        documents=address_of(run),
    )


def _raw_object(store: ObjectStore, key: str) -> RawObject:
    if page_of(key) is None:
        return RawObject(key, None)
    try:
        return RawObject(key, documents.read(store, sidecar_of(key), Sidecar))
    except FileNotFoundError:
        return RawObject(key, None)
    except ObjectDamaged as error:
        return RawObject(key, None, str(error))
