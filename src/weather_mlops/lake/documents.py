"""Read JSON documents from S3 as typed objects; else raise ``ObjectDamaged`` with the key and the fix.

The type is a dataclass or a TypedDict; pydantic checks every field: it accepts no number for a text, no time
without a zone or of the year 9999, no NaN or infinity. Unknown fields are ignored, so that an older version
of the code can read what a newer one wrote.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Final, TypeVar, cast

from pydantic import AfterValidator, AwareDatetime, Field, TypeAdapter, ValidationError

from weather_mlops.errors import ObjectDamaged
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.limits import JSON_DOCUMENT
from weather_mlops.sources.quoting import quoted

log = logging.getLogger(__name__)

YEARS: Final = range(1900, 2200)
"""Valid years of times. Near the years 1 and 9999 Python can't convert between zones."""
FAULTS_SHOWN: Final = 3
COPY: Final = "Restore it from a copy."

T = TypeVar("T")


def _in_our_time(value: datetime) -> datetime:
    if value.year not in YEARS:
        raise ValueError(f"the year {value.year} is out of range")
    return value.astimezone(UTC)


def _spells_a_time(text: str) -> str:
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError("the time has no zone")
    _in_our_time(value)
    return text


Moment = Annotated[AwareDatetime, AfterValidator(_in_our_time)]
"""A time with its zone, converted to UTC."""
MomentText = Annotated[str, AfterValidator(_spells_a_time)]
"""A time with its zone, as the text that was written."""
LARGEST_FIGURE: Final = 1e15
Figure = Annotated[float, Field(ge=-LARGEST_FIGURE, le=LARGEST_FIGURE)]
"""A number that can be shown and plotted: not NaN or infinite, nor is a sum of several of them."""


def read(store: ObjectStore, key: str, kind: type[T], fix: str = COPY) -> T:
    """Read a document of a type.

    Args:
        store: the bucket.
        key: key of the object.
        kind: dataclass or TypedDict.
        fix: how to fix a damaged document, in a sentence.

    Raises:
        FileNotFoundError: there is no such object.
        ObjectDamaged: the object is not of this type, or too large.
        StorageUnavailable, StorageRefused.
    """
    return parse(store.get(key, JSON_DOCUMENT), kind, store.where(key), fix)


def read_or_none(store: ObjectStore, key: str, kind: type[T], consequence: str) -> T | None:
    """Read a document that can be made again; None where there is none, or it is damaged, which is logged.

    Args:
        store: the bucket.
        key: key of the object.
        kind: dataclass or TypedDict.
        consequence: of a damaged document, for the log: "drift is measured again".

    Raises:
        StorageUnavailable, StorageRefused.
    """
    try:
        return read(store, key, kind)
    except FileNotFoundError:
        return None
    except ObjectDamaged as error:
        log.warning("%s: %s", consequence, error)
        return None


def parse(body: bytes, kind: type[T], where: str, fix: str = COPY) -> T:
    """Parse a document that was read already.

    Args:
        body: bytes of the object.
        kind: dataclass or TypedDict.
        where: name of the object, for the message.
        fix: how to fix a damaged document, in a sentence.

    Raises:
        ObjectDamaged: the document is not of this type.
    """
    with _naming(where, fix):
        document: T = _reader(cast("Any", kind)).validate_json(body, strict=True)
    return document


def check(value: Any, kind: type[T], where: str, fix: str = COPY) -> T:
    """Check JSON that a library has parsed.

    Args:
        value: mappings, lists, texts and numbers.
        kind: dataclass or TypedDict.
        where: name of the object, for the message.
        fix: how to fix a damaged document, in a sentence.

    Raises:
        ObjectDamaged: the document is not of this type.
    """
    with _naming(where, fix):
        document: T = _reader(cast("Any", kind)).validate_python(value)
    return document


@contextmanager
def _naming(where: str, fix: str) -> Iterator[None]:
    """Raise ObjectDamaged with the document's name, its faults and the fix."""
    try:
        yield
    except ValidationError as error:
        raise ObjectDamaged(f"{where}: damaged: {_faults(error)}. {fix}") from None


@lru_cache
def _reader(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _faults(error: ValidationError) -> str:
    """Describe the faults with their fields; no values of the document are shown."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    shown = [
        ": ".join(part for part in (quoted(".".join(map(str, fault["loc"]))), _words(fault["msg"])) if part)
        for fault in faults[:FAULTS_SHOWN]
    ]
    more = [f"and {len(faults) - FAULTS_SHOWN:,} more"] if len(faults) > FAULTS_SHOWN else []
    return "; ".join([*shown, *more])


def _words(message: str) -> str:
    return quoted(message.removeprefix("Value error, "), 120)
