"""Parse rows of the wire format to typed columns, all at once; and find the fault of a single row.

``read`` and ``fault`` accept the same tokens. So a row is not judged by its neighbours, and the rows that are
left after ``fault`` has rejected some can be read.
"""

import math
import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from weather_mlops.variables import (
    SENTINEL_BANDS,
    STATION_POSITION,
    TIME_POSITION,
    TOKENS_PER_ROW,
    VARIABLES,
    Kind,
    Variable,
)

TIME_DIGITS: Final = 12
# The KMA's first stations began in 1904; a year after 2099 is a shifted column.
YEARS: Final = range(1904, 2100)
_YEAR: Final = rb"(?:190[4-9]|19[1-9][0-9]|20[0-9]{2})"
HOURS, MINUTES = 24, 60
CLOCK_MISSING: Final = -9
# Text columns may hold Korean; numbers may not.
KOREAN: Final = "euc-kr"
INT32: Final = 2**31
BLOCK_BYTES: Final = 1 << 20
COMPACTED_BYTES: Final = 1 << 16

_WIRE_TYPES: Final[dict[Kind, pa.DataType]] = {
    "decimal": pa.float64(),
    "integer": pa.int32(),
    "text": pa.string(),
    "clock": pa.int32(),
}
_NAMES: Final = [f"f{position}" for position in range(TOKENS_PER_ROW)]
_TYPES: Final = {
    f"f{TIME_POSITION}": pa.int64(),
    f"f{STATION_POSITION}": pa.int32(),
    **{f"f{variable.position}": _WIRE_TYPES[variable.kind] for variable in VARIABLES},
}
_INTEGER: Final = re.compile(rb"-?[0-9]+")
_DECIMAL: Final = re.compile(rb"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
# A missing-value marker of decimals, which other endpoints write in integer columns as well.
_DECIMAL_MARKER: Final = re.compile(rb"-9[0-9]*\.[0-9]*")
_PLAIN_MARKER: Final = b"-9"
_WHOLE: Final = [variable.position for variable in VARIABLES if variable.kind in {"integer", "clock"}]
_TIME: Final = re.compile(_YEAR + rb"(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])([01][0-9]|2[0-3])[0-5][0-9]")


# No pattern here can match a token in two ways: a long or damaged row must not take exponential time.
# Rows that are certainly readable, for speed where a response has a bad row and each row is checked: matching
# a whole row costs a tenth of checking its tokens. Doubtful ones, such as the 29th of a month, are checked.
_SURE_TOKENS: Final[dict[Kind, bytes]] = {
    "decimal": rb"-?[0-9]{1,9}(?:\.[0-9]{0,9})?",
    "integer": rb"-?[0-9]{1,6}",
    "text": rb"[!-~]+",
    "clock": rb"(?:-9|(?:[01]?[0-9]|2[0-3])[0-5][0-9]|[0-5]?[0-9])",
}
_SURE_ROW: Final = re.compile(
    b" +".join(
        [
            _YEAR + rb"(?:0[1-9]|1[0-2])(?:0[1-9]|1[0-9]|2[0-8])(?:[01][0-9]|2[0-3])[0-5][0-9]",
            rb"[1-9][0-9]{0,8}",
            *(_SURE_TOKENS[variable.kind] for variable in sorted(VARIABLES, key=lambda v: v.position)),
        ]
    )
)


def column(table: pa.Table, position: int) -> pa.Array:
    """The tokens at a zero-based position in a table of ``read``."""
    return table[f"f{position}"].combine_chunks()


def read(rows: Sequence[bytes], *, strict: bool = True) -> pa.Table:
    """Typed columns f0 to f45.

    Args:
        rows: lines without comments, stripped, with no other white space than spaces.
        strict: also refuse rows that have to be checked one by one: those with a letter after a digit.

    Raises:
        ValueError: some row can't be read; ``fault`` finds it, with the reason.
    """
    if not rows:
        return pa.table({name: pa.array([], _TYPES[name]) for name in _NAMES})
    return read_text(np.frombuffer(b"\n".join(rows) + b"\n", np.uint8), strict=strict)


def read_text(text: np.ndarray, *, strict: bool = True) -> pa.Table:
    """Typed columns f0 to f45, as ``read``.

    Args:
        text: bytes of lines that each end in a line feed, with no other white space than spaces.
        strict: see ``read``.

    Raises:
        ValueError: some row can't be read, or a line is none: it is blank, a comment, or begins with a space.
    """
    compact = _compact(text)
    starts = np.concatenate(([0], np.flatnonzero(compact == ord("\n")) + 1))
    _check_text(compact, starts[:-1], strict=strict)
    ascii_only = bool(compact.max() < 128)  # noqa: PLR2004  by definition
    table = csv.read_csv(
        pa.py_buffer(compact),
        read_options=csv.ReadOptions(
            column_names=_NAMES,
            use_threads=False,
            block_size=max(BLOCK_BYTES, int(np.diff(starts).max()) + 1),
            encoding="utf8" if ascii_only else KOREAN,
        ),
        parse_options=csv.ParseOptions(delimiter=" ", quote_char=False),
        convert_options=csv.ConvertOptions(column_types=_TYPES, null_values=[], strings_can_be_null=False),
    )
    _check_values(table)
    return table


def _compact(text: np.ndarray) -> np.ndarray:
    """The same text with single spaces, and without those at the ends of lines."""
    parts = []
    # In parts, because masks of the whole text are many pages of fresh memory.
    for begin in range(0, text.size - 1, COMPACTED_BYTES):
        part = text[begin : begin + COMPACTED_BYTES + 1]
        byte, following = part[:-1], part[1:]
        is_extra = (byte == ord(" ")) & ((following == ord(" ")) | (following == ord("\n")))
        parts.append(byte[~is_extra])
    return np.concatenate([*parts, text[-1:]])


def _check_text(compact: np.ndarray, starts: np.ndarray, *, strict: bool) -> None:
    """Refuse 0x10, 1e5 and 0202401010300, which the typed reader would accept.

    Args:
        compact: the text, with single spaces.
        starts: where its lines start.
        strict: see ``read``.

    Raises:
        ValueError: there may be such a token.
    """
    before, after = compact[:-1], compact[1:]
    if strict and ((after >= ord("A")) & (before <= ord("9")) & (before > ord(" "))).any():
        raise ValueError("a letter after a digit")
    if not (compact[np.minimum(starts + TIME_DIGITS, compact.size - 1)] == ord(" ")).all():
        raise ValueError("TM")


def _check_values(table: pa.Table) -> None:
    """Refuse infinities and times such as 25:00, which the typed reader would accept.

    Raises:
        ValueError: there is one.
    """
    if pc.min(table[f"f{STATION_POSITION}"]).as_py() < 1:
        raise ValueError("STN")
    for variable in VARIABLES:
        values = table[f"f{variable.position}"]
        if variable.kind == "decimal" and not pc.all(pc.is_finite(values)).as_py():
            raise ValueError(variable.kma)
        if variable.kind == "integer":
            span = pc.min_max(values).as_py()
            if not (_fits(variable, span["min"]) and _fits(variable, span["max"])):
                raise ValueError(variable.kma)
        if variable.kind == "clock":
            clock = values.to_numpy()
            right = (clock >= 0) & (clock < 100 * HOURS) & (clock % 100 < MINUTES)
            markers = [(clock > low) & (clock <= high) for low, high in variable.sentinel_bands]
            if not np.logical_or.reduce([right, clock == CLOCK_MISSING, *markers]).all():
                raise ValueError(variable.kma)
    _check_times(table[f"f{TIME_POSITION}"].to_numpy())


def _check_times(digits: np.ndarray) -> None:
    year, month, day = digits // 10**8, digits // 10**6 % 100, digits // 10**4 % 100
    if not ((year >= YEARS.start) & (year < YEARS.stop) & (month >= 1) & (month <= 12)).all():  # noqa: PLR2004
        raise ValueError("TM")
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    days_of_month = ((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64)
    clock = (digits // 100 % 100 < HOURS) & (digits % 100 < MINUTES)
    if not (clock & (day >= 1) & (day <= days_of_month)).all():
        raise ValueError("TM")


def _fits(variable: Variable, number: float) -> bool:
    """Whether the canonical value of an integer fits into 32 bits."""
    return -INT32 <= number * variable.scale < INT32


def fault(row: bytes) -> str:
    """Why a row can't be read; empty when it can."""
    if _SURE_ROW.fullmatch(row):
        return ""
    tokens = row.split()
    if len(tokens) != TOKENS_PER_ROW:
        return f"{len(tokens)} tokens, expected {TOKENS_PER_ROW}"
    time, station = tokens[TIME_POSITION], tokens[STATION_POSITION]
    if not _TIME.fullmatch(time) or not _is_date(time):
        return f"TM: not a time: {shown(time)!r}"
    if not _INTEGER.fullmatch(station) or not 0 < float(station) < INT32:
        return f"STN: not a station id: {shown(station)!r}"
    for variable in VARIABLES:
        token = tokens[variable.position]
        if reason := _token_fault(variable, token):
            return f"{variable.kma}: {reason}: {shown(token)!r}"
    return ""


def with_plain_markers(row: bytes) -> bytes:
    """Replace markers such as -9.0, -99.9 and -999.0 in integer columns of a row by -9."""
    tokens = row.split()
    if len(tokens) != TOKENS_PER_ROW:
        return row
    for position in _WHOLE:
        if _is_marker(tokens[position]):
            tokens[position] = _PLAIN_MARKER
    return b" ".join(tokens)


def _is_marker(token: bytes) -> bool:
    if not _DECIMAL_MARKER.fullmatch(token):
        return False
    number = float(token)
    return number == float(_PLAIN_MARKER) or any(low < number <= high for low, high in SENTINEL_BANDS)


def shown(text: bytes) -> str:
    """Decode bytes for a message."""
    return text.decode(KOREAN, "replace")


def _is_date(time: bytes) -> bool:
    try:
        np.datetime64(f"{time[:4].decode()}-{time[4:6].decode()}-{time[6:8].decode()}")
    except ValueError:
        return False
    return True


def _token_fault(variable: Variable, token: bytes) -> str:
    if variable.kind == "text":
        return "" if _is_text(token) else "not text"
    if variable.kind == "clock":
        return "" if _is_clock(variable, token) else "not a time of day"
    decimal = variable.kind == "decimal"
    if not (_DECIMAL if decimal else _INTEGER).fullmatch(token):
        return "not a number" if decimal else "not a whole number"
    number = float(token)
    return "" if (math.isfinite(number) if decimal else _fits(variable, number)) else "too large"


def _is_text(token: bytes) -> bool:
    try:
        token.decode(KOREAN)
    except UnicodeDecodeError:
        return False
    return True


def _is_clock(variable: Variable, token: bytes) -> bool:
    if not _INTEGER.fullmatch(token):
        return False
    hhmm = float(token)
    if hhmm == CLOCK_MISSING or (0 <= hhmm < 100 * HOURS and hhmm % 100 < MINUTES):
        return True
    return any(low < hhmm <= high for low, high in variable.sentinel_bands)
