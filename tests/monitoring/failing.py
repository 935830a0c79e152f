"""Unexpected exceptions in parts of a section, and what the section must still contain."""

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
def failing(function: str) -> Iterator[Exception]:
    """Make a function, given by module and name, raise the next kind of exception."""
    error = next(EXCEPTIONS)

    def fails(*_: object, **__: object) -> None:
        raise error

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(f"weather_mlops.monitoring.{function}", fails)
        yield error


def assert_contained(
    measure: Callable[[], Section], store: ObjectStore, parts: Mapping[str, Sequence[str]], caplog
) -> None:
    """Assert that a failing part is missing with its reason, and all other figures and checks are present.

    Args:
        measure: measures the section of a healthy system.
        store: the bucket that a report is written to.
        parts: names of the missing figures when a function fails, by function; the last one is reported.
        caplog: fixture of pytest.
    """
    whole = measure()
    assert not whole.missing
    for function, missing in parts.items():
        caplog.clear()
        with failing(function) as error:
            section = measure()
        reasons = {gap.what: gap.why for gap in section.missing}
        assert sorted(reasons) == sorted(missing), function
        assert all(reason.startswith(f"{type(error).__name__}: ") for reason in reasons.values())
        assert any(each.exc_info and each.levelno == logging.ERROR for each in caplog.records), function
        assert {check.name for check in section.checks} == {check.name for check in whole.checks}, function
        assert section.figures.keys() >= whole.figures.keys() - set(missing), function
        assert any(check.status is Status.OK for check in section.checks), function
    published = report.publish(store, [section], now=datetime.now(UTC), language="en", run="r")
    assert next(iter(reasons.values())) in unescape(store.get(published.html_key).decode())
