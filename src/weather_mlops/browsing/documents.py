"""Which objects of the bucket are pages, who may open them, and what a browser is told they are."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from weather_mlops import limits
from weather_mlops.kma.masking import masked
from weather_mlops.sources.encodings import decoded

HTML: Final = "text/html; charset=utf-8"
TEXT: Final = "text/plain; charset=utf-8"

_DATE_PATTERN: Final = r"\d{4}/\d\d/\d\d"
_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9._=-]*"
_DATA_DOCS: Final = "quality/docs"


def as_stored(body: bytes) -> bytes:
    """The object itself."""
    return body


def response(body: bytes) -> bytes:
    """A raw reply for people: unpacked, its Korean as UTF-8, without the key, should it hold one.

    Raises:
        FormatChanged: it can't be unpacked, or is too long for a page.
    """
    text, _ = decoded(limits.gunzip_at_most(body, limits.RAW_PAGE))
    return masked(text).encode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class PageKind:
    """A kind of page.

    Attributes:
        key: which S3 keys are such pages, as a regular expression of the whole key.
        dag_id: of the DAG whose readers may see them.
        media_type: what the browser is told it is.
        shown: from the object to what is sent.
    """

    key: str
    dag_id: str
    media_type: str = HTML
    shown: Callable[[bytes], bytes] = as_stored


PAGES: Final = (
    PageKind(r"models/[a-z][a-z0-9_]*/versions/[A-Za-z0-9][A-Za-z0-9._-]*/card\.html", "model_training"),
    PageKind(rf"reports/monitoring/({_DATE_PATTERN}/\d{{4}}|latest)\.html", "monitoring"),
    # Of a part of a load of history: "load_…" since the name tells the hour, by the name of its run before.
    PageKind(
        rf"{_DATA_DOCS}/{_DATE_PATTERN}/(load_{_NAME}|\d{{4}}_[a-z0-9.]+_[0-9.]+_history_{_NAME})\.html",
        "history",
    ),
    PageKind(rf"{_DATA_DOCS}/{_DATE_PATTERN}/loads\.html", "history"),
    PageKind(rf"{_DATA_DOCS}/({_DATE_PATTERN}/{_NAME}|index)\.html", "data_collection"),
    PageKind(rf"{_DATA_DOCS}/assets/{_NAME}\.css", "data_collection", "text/css; charset=utf-8"),
    PageKind(rf"{_DATA_DOCS}/assets/{_NAME}\.woff2", "data_collection", "font/woff2"),
    PageKind(
        rf"raw/kma/[a-z][a-z0-9_]*/{_DATE_PATTERN}/{_NAME}\.txt\.gz",
        "data_collection",
        TEXT,
        response,
    ),
)
DATA_DOCS_INDEX: Final = f"{_DATA_DOCS}/index.html"


def page_of(key: str) -> PageKind | None:
    """What kind of page a key is; None for all that is none."""
    return next((page for page in PAGES if re.fullmatch(page.key, key)), None)


def address(key: str) -> str:
    """Where a page opens, relative to the views; empty for what is no page. No page's key needs escaping."""
    return f"pages/{key}" if page_of(key) else ""
