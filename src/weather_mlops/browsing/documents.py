"""Which objects of the bucket are pages, who may open them, and what a browser is told they are."""

import gzip
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from weather_mlops.errors import FormatChanged
from weather_mlops.kma import tokens, wire

HTML: Final = "text/html; charset=utf-8"
TEXT: Final = "text/plain; charset=utf-8"

_DAY: Final = r"\d{4}/\d\d/\d\d"
_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9._=-]*"
_KEY_IN_URL: Final = re.compile(rb"(authkey=)[^&\s\"'<>]+", re.IGNORECASE)
_DATA_DOCS: Final = "quality/docs"


def as_stored(body: bytes) -> bytes:
    """The object itself."""
    return body


def reply(body: bytes) -> bytes:
    """A raw reply for people: unpacked, its Korean as UTF-8, without the key, should it hold one.

    Raises:
        FormatChanged: it can't be unpacked.
    """
    try:
        received = wire.unpacked(body)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FormatChanged(f"the raw reply can't be unpacked: {error}. Restore it from a copy.") from error
    return tokens.shown(_KEY_IN_URL.sub(rb"\1***", received)).encode()


@dataclass(frozen=True, slots=True)
class Page:
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
    Page(r"models/[a-z][a-z0-9_]*/versions/[A-Za-z0-9][A-Za-z0-9._-]*/card\.html", "model_training"),
    Page(rf"reports/monitoring/({_DAY}/\d{{4}}|latest)\.html", "monitoring"),
    # Of a part of a load of history: "load_…" since the name tells the hour, by the name of its run before.
    Page(rf"{_DATA_DOCS}/{_DAY}/(load_{_NAME}|\d{{4}}_[a-z0-9.]+_[0-9.]+_history_{_NAME})\.html", "history"),
    Page(rf"{_DATA_DOCS}/({_DAY}/{_NAME}|index)\.html", "data_collection"),
    Page(rf"{_DATA_DOCS}/assets/{_NAME}\.css", "data_collection", "text/css; charset=utf-8"),
    Page(rf"{_DATA_DOCS}/assets/{_NAME}\.woff2", "data_collection", "font/woff2"),
    Page(
        rf"raw/kma/[a-z][a-z0-9_]*/{_DAY}/{_NAME}\.txt\.gz",
        "data_collection",
        TEXT,
        reply,
    ),
)
DATA_DOCS_INDEX: Final = f"{_DATA_DOCS}/index.html"


def page_of(key: str) -> Page | None:
    """What kind of page a key is; None for all that is none."""
    return next((page for page in PAGES if re.fullmatch(page.key, key)), None)


def address(key: str) -> str:
    """Where a page opens, relative to the views; empty for what is no page. No page's key needs escaping."""
    return f"pages/{key}" if page_of(key) else ""
