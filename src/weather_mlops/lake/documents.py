"""JSON documents on S3, read at one place: of their type, or ``ObjectDamaged`` with the key and the fix.

The type is a dataclass or a TypedDict; pydantic checks every field, and gives nothing back that doesn't fit:
no number for a text, no time without a zone or of the year 9999, no figure that is none. What it doesn't know
is left out, so that an older version of the code reads what a newer one wrote.
"""

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

YEARS: Final = range(1900, 2200)
"""All that our times can be of. Nearer to the years 1 and 9999 Python can't change the zone."""
FAULTS_SHOWN: Final = 3
COPY: Final = "Restore it from a copy."

T = TypeVar("T")


def _in_our_time(value: datetime) -> datetime:
    if value.year not in YEARS:
        raise ValueError(f"the year {value.year} is none that data are of")
    return value.astimezone(UTC)


def _spells_a_time(text: str) -> str:
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError("the time has no zone")
    _in_our_time(value)
    return text


Moment = Annotated[AwareDatetime, AfterValidator(_in_our_time)]
"""A time with its zone, given back in UTC."""
MomentText = Annotated[str, AfterValidator(_spells_a_time)]
"""The same, given back as it was written."""
LARGEST_FIGURE: Final = 1e15
Figure = Annotated[float, Field(ge=-LARGEST_FIGURE, le=LARGEST_FIGURE)]
"""A number that can be written and drawn: not NaN, not infinite, and no sum of some of them is."""


def read(store: ObjectStore, key: str, kind: type[T], fix: str = COPY) -> T:
    """A document of a type.

    Args:
        store: the bucket.
        key: of the object.
        kind: dataclass or TypedDict.
        fix: what to do where it is damaged, in a sentence.

    Raises:
        FileNotFoundError: there is none.
        ObjectDamaged: it is none of this type, or too large for one.
        StorageUnavailable, StorageRefused.
    """
    return parse(store.get(key, JSON_DOCUMENT), kind, store.where(key), fix)


def parse(body: bytes, kind: type[T], where: str, fix: str = COPY) -> T:
    """The same of an object that was read already.

    Args:
        body: the object.
        kind: dataclass or TypedDict.
        where: how the message names the object.
        fix: what to do where it is damaged, in a sentence.

    Raises:
        ObjectDamaged: it is none of this type.
    """
    with _naming(where, fix):
        found: T = _reader(cast("Any", kind)).validate_json(body, strict=True)
    return found


def check(value: Any, kind: type[T], where: str, fix: str = COPY) -> T:
    """The same of JSON that a library read.

    Args:
        value: of mappings, lists, texts and numbers.
        kind: dataclass or TypedDict.
        where: how the message names the object.
        fix: what to do where it is damaged, in a sentence.

    Raises:
        ObjectDamaged: it is none of this type.
    """
    with _naming(where, fix):
        found: T = _reader(cast("Any", kind)).validate_python(value)
    return found


@contextmanager
def _naming(where: str, fix: str) -> Iterator[None]:
    """Name the document that doesn't fit its type, its faults and the fix."""
    try:
        yield
    except ValidationError as error:
        raise ObjectDamaged(f"{where}: damaged: {_faults(error)}. {fix}") from None


@lru_cache
def _reader(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _faults(error: ValidationError) -> str:
    """What doesn't fit and where; of the document itself only the names of fields."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    shown = [
        ": ".join(part for part in (quoted(".".join(map(str, fault["loc"]))), _words(fault["msg"])) if part)
        for fault in faults[:FAULTS_SHOWN]
    ]
    more = [f"and {len(faults) - FAULTS_SHOWN:,} more"] if len(faults) > FAULTS_SHOWN else []
    return "; ".join([*shown, *more])


def _words(message: str) -> str:
    return quoted(message.removeprefix("Value error, "), 120)
