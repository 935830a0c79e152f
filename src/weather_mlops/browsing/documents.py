"""Which objects of the bucket are pages, who may open them, and their media types."""

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
    """A raw response for people: decompressed, as UTF-8, and without the API key, should it contain one.

    Raises:
        FormatChanged: it can't be decompressed, or is too long for a page.
    """
    text, _ = decoded(limits.gunzip_at_most(body, limits.RAW_PAGE))
    return masked(text).encode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class PageKind:
    """A kind of page.

    Attributes:
        key: regular expression that matches the whole S3 key of such a page.
        dag_id: of the DAG whose readers may see them.
        media_type: the Content-Type that is sent.
        shown: converts the object to the body that is sent.
    """

    key: str
    dag_id: str
    media_type: str = HTML
    shown: Callable[[bytes], bytes] = as_stored


PAGES: Final = (
    PageKind(r"models/[a-z][a-z0-9_]*/versions/[A-Za-z0-9][A-Za-z0-9._-]*/card\.html", "model_training"),
    PageKind(rf"reports/monitoring/({_DATE_PATTERN}/\d{{4}}|latest)\.html", "monitoring"),
    # Of a batch of a history load: "load_…", or in older names the run of the DAG history.
    PageKind(
        rf"{_DATA_DOCS}/{_DATE_PATTERN}/(load_{_NAME}|\d{{4}}_[a-z0-9.]+_[0-9.]+_history_{_NAME})\.html",
        "history",
    ),
    PageKind(rf"{_DATA_DOCS}/{_DATE_PATTERN}/loads\.html", "history"),
    PageKind(rf"{_DATA_DOCS}/{_DATE_PATTERN}/(forecast_\d\dh_{_NAME}|forecasts)\.html", "kma_forecast"),
    PageKind(rf"{_DATA_DOCS}/({_DATE_PATTERN}/{_NAME}|index)\.html", "data_collection"),
    PageKind(rf"{_DATA_DOCS}/assets/{_NAME}\.css", "data_collection", "text/css; charset=utf-8"),
    PageKind(rf"{_DATA_DOCS}/assets/{_NAME}\.woff2", "data_collection", "font/woff2"),
    PageKind(
        rf"raw/kma/[a-z][A-Za-z0-9_]*/{_DATE_PATTERN}/{_NAME}\.txt\.gz",
        "data_collection",
        TEXT,
        response,
    ),
)
DATA_DOCS_INDEX: Final = f"{_DATA_DOCS}/index.html"


def page_of(key: str) -> PageKind | None:
    """The kind of page that a key belongs to; None where the key is no page."""
    return next((page for page in PAGES if re.fullmatch(page.key, key)), None)


def address(key: str) -> str:
    """The URL of a page, relative to the views; empty where the key is no page. No URL needs escaping."""
    return f"pages/{key}" if page_of(key) else ""
