"""A grid's answer says the same however its numbers are written, and a broken one is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weather_mlops.errors import FormatChanged, NothingYet, ResponseTruncated
from weather_mlops.kma.forecast import shortgrid
from weather_mlops.kma.forecast.cells import CELL_COUNT
from weather_mlops.kma.forecast.endpoints import API_HUB, SHORT_GRID, ForecastRequest

REQUEST = ForecastRequest(API_HUB, SHORT_GRID, "http://localhost/grid", {})
PER_LINE = 20


def body(*first: bytes, count: int = CELL_COUNT, between: bytes = b",", end: bytes = b",\n") -> bytes:
    """A grid that begins with some numbers; the others are 7."""
    tokens = [*first, *[b"7.00"] * (count - len(first))]
    return end.join(between.join(tokens[at : at + PER_LINE]) for at in range(0, count, PER_LINE)) + b"\n"


@settings(deadline=None)  # the first one pays for imports
@given(
    numbers=st.lists(st.decimals(-40, 60, places=2).map(float), min_size=1, max_size=30),
    spelling=st.sampled_from([b"%.2f", b"%+.2f", b"%.3f"]),
    between=st.sampled_from([b",", b", ", b"  ", b",\t"]),
    end=st.sampled_from([b",\n", b"\n", b"\r\n", b",\r\n\n"]),
)
def test_the_way_numbers_are_written_changes_nothing(numbers, spelling, between, end):
    answer = body(*(spelling % number for number in numbers), between=between, end=end)
    values = shortgrid.parse(answer, REQUEST)
    assert values[: len(numbers)].tolist() == numbers
    assert (values[len(numbers) :] == 7).all()


def test_markers_are_missing_values():
    values = shortgrid.parse(body(b"-99.00", b"0.00", b"-99"), REQUEST)
    assert np.isnan(values[[0, 2]]).all()
    assert values[1] == 0
    with pytest.raises(NothingYet):
        shortgrid.parse(body(*[b"-99.00"] * CELL_COUNT), REQUEST)


@pytest.mark.parametrize("token", [b"1-2", b"1.2.3", b"-", b"--3", b"nan", b"1e5", "७".encode()])
def test_what_is_no_decimal_is_refused(token):
    with pytest.raises(FormatChanged):
        shortgrid.parse(body(token), REQUEST)


@pytest.mark.parametrize(
    ("count", "error"), [(CELL_COUNT - 1, ResponseTruncated), (CELL_COUNT + 1, FormatChanged)]
)
def test_another_number_of_values_is_refused(count, error):
    with pytest.raises(error):
        shortgrid.parse(body(count=count), REQUEST)
