"""The page of raw replies: what the KMA answered to a run, where it is kept, and its checksum."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from weather_mlops.browsing.documents import page_of
from weather_mlops.browsing.frame import TIMES, framed, link, link_to, listed, notice, wordy
from weather_mlops.browsing.runs import Run, address_of
from weather_mlops.lake.raw import sidecar_of
from weather_mlops.lake.store import ObjectStore
from weather_mlops.pages.markup import MISSING, cell, kst, number, table

SHOWN: Final = 25
"""Replies on a page; a usual run has one to eleven."""
_AT_A_TIME: Final = 8


@dataclass(frozen=True)
class Kept:
    """A raw reply.

    Attributes:
        key: on S3.
        about: what its sidecar tells; empty where there is none.
    """

    key: str
    about: Mapping[str, Any]


def read(store: ObjectStore, keys: Sequence[str]) -> list[Kept]:
    """What is known of replies; of keys that are none, nothing is read.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        return list(pool.map(lambda key: Kept(key, _about(store, key) if page_of(key) else {}), keys))


def render(run: Run, kept: Sequence[Kept], number_of_page: int, pages: int) -> str:
    """The page.

    Args:
        run: that kept them.
        kept: those of this page.
        number_of_page: from 1.
        pages: how many there are.
    """
    rows = [(link_to(each.key, escape(each.key)), _cells(each.about)) for each in kept]
    others = [
        f"<b>{page}</b>"
        if page == number_of_page
        else link(f"{address_of(run, view='raw')}&page={page}", str(page))
        for page in range(1, pages + 1)
    ]
    ways = f'<nav aria-label="Pages">{listed(others)}</nav>' if pages > 1 else ""
    body = (
        table(
            "Replies exactly as received. The SHA-256 is that of the unpacked reply.",
            ["key on S3, leading to the reply", "fetched at", "rows", "bytes", wordy("SHA-256")],
            rows,
            "its sidecar is gone, or does not tell",
        )
        if rows
        else notice("This run kept no reply: see its task collect_weather_data.")
    )
    title = f"Raw replies of {escape(run.dag_id)}, {kst(run.at)}"
    return framed(title, f"{TIMES} {link(address_of(run), 'All documents of the run')}", ways + body)


def _about(store: ObjectStore, key: str) -> Mapping[str, Any]:
    try:
        told = json.loads(store.get(sidecar_of(key)))
    except (FileNotFoundError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _cells(about: Mapping[str, Any]) -> list[str]:
    try:
        fetched = kst(about["fetched_at"])
    except (KeyError, ValueError, TypeError):
        fetched = MISSING
    counts = [about.get(name) for name in ("rows", "bytes")]
    figures = [cell(number(count if isinstance(count, int) else None, digits=0)) for count in counts]
    digest = about.get("sha256")
    shown = f"<code>{escape(digest)}</code>" if isinstance(digest, str) else MISSING
    return [cell(fetched), *figures, cell(shown, "words")]
