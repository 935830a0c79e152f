"""Failures of parts of a section, of kinds that nobody foresaw; and what must be seen of the section then."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from html import unescape
from itertools import cycle

import duckdb
import pyarrow as pa
import pytest
from pydantic import TypeAdapter, ValidationError

from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.monitoring import report
from weather_mlops.monitoring.checks import Section, Status


def invalid() -> ValidationError:
    try:
        TypeAdapter(int).validate_python("no number")
    except ValidationError as error:
        return error
    raise AssertionError


EXCEPTIONS = cycle(
    [
        pa.ArrowInvalid("Schema at index 1 was different"),
        KeyError("observed_at"),
        invalid(),
        duckdb.IOException("no such file"),
        OSError(5, "Input/output error"),
        ZeroDivisionError("division by zero"),
    ]
)


@contextmanager
def failing(place: str) -> Iterator[Exception]:
    """Let a function fail, given by its module and name, with the next kind of exception."""
    error = next(EXCEPTIONS)

    def fails(*_: object, **__: object) -> None:
        raise error

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(f"weather_mlops.monitoring.{place}", fails)
        yield error


def assert_contained(
    measure: Callable[[], Section], store: ObjectStore, parts: Mapping[str, Sequence[str]], caplog
) -> None:
    """Each part that fails is missing with its reason; the other figures and all checks are there.

    Args:
        measure: measures the section, of a system that is well.
        store: where a report goes.
        parts: names of what is missing when a function fails, by that function; the last one is reported.
        caplog: pytest's.
    """
    whole = measure()
    assert not whole.missing
    for place, missing in parts.items():
        caplog.clear()
        with failing(place) as error:
            section = measure()
        reasons = {gap.what: gap.why for gap in section.missing}
        assert sorted(reasons) == sorted(missing), place
        assert all(why.startswith(f"{type(error).__name__}: ") for why in reasons.values())
        assert any(each.exc_info and each.levelno == logging.ERROR for each in caplog.records), place
        assert {check.name for check in section.checks} == {check.name for check in whole.checks}, place
        assert section.figures.keys() >= whole.figures.keys() - set(missing), place
        assert any(check.status is Status.OK for check in section.checks), place
    made = report.publish(store, [section], now=datetime.now(UTC), language="en", run="r")
    assert next(iter(reasons.values())) in unescape(store.get(made.html_key).decode())
