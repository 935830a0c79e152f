"""The Data Docs for a reader: the stored files are in English, so their frames are rendered again."""

import re
from typing import Final

from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.pages.visit import Visit
from weather_mlops.quality.docs import calendar
from weather_mlops.quality.docs.framing import Result, framed
from weather_mlops.quality.docs.index import render_forecasts, render_loads
from weather_mlops.quality.docs.links import DocsLinks
from weather_mlops.quality.docs.names import DOCS, FORECASTS, INDEX, LOADS, page_named

_IN_DAY: Final = re.compile(rf"{DOCS}/(\d{{4}}/\d\d/\d\d)/(.+)")
_LISTS: Final = {LOADS: render_loads, FORECASTS: render_forecasts}


def read_calendar(store: ObjectStore) -> calendar.Calendar:
    """All days; while no run has written the calendar yet, from the names of all pages.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    return calendar.read(store) or calendar.from_listing(store)


def moved(key: str, visit: Visit) -> str:
    """The address of the view that shows an index to a reader; empty for other pages.

    Args:
        key: of the index's file.
        visit: language and links.
    """
    if key == f"{DOCS}/{INDEX}":
        return DocsLinks(visit).calendar
    match = _IN_DAY.fullmatch(key)
    return DocsLinks(visit).day(match[1].replace("/", "-")) if match and match[2] == INDEX else ""


def render(store: ObjectStore, key: str, visit: Visit) -> str | bytes:
    """A page; as it is stored, where it is none that this version of the code can frame.

    Args:
        store: the bucket.
        key: of a page, or of an asset.
        visit: language and links.

    Raises:
        FileNotFoundError: there is none (any more).
        StorageUnavailable, StorageRefused.
    """
    match = _IN_DAY.fullmatch(key)
    if match and (render_list := _LISTS.get(match[2])):
        keys = [entry.key for entry in store.list(f"{DOCS}/{match[1]}/")]
        if page := render_list(match[1].replace("/", "-"), keys, visit):
            return page
        raise FileNotFoundError(key)
    body = store.get(key)
    about = page_named(match[1], match[2]) if match else None
    result = Result.of_stored(body.decode("utf-8", "replace"), about) if about else None
    return framed(result, visit) if result else body
