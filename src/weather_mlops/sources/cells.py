"""Convert cells of text to the tables of ``kma.wire``: numbers, units, missing values, faults.

The portal's CSV and the responses of getWthrDataList are tables of text with one row per station and hour;
only the extraction of the cells differs. A row with a cell that can't be read is rejected with the reason.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weather_mlops.clock import KST
from weather_mlops.kma import units, wire
from weather_mlops.kma.fields import INT32, YEARS
from weather_mlops.sources.encodings import UNREADABLE
from weather_mlops.sources.fields import REFUSING_FLAGS, Column
from weather_mlops.variables import BY_NAME, Variable

# Cells without a value: programs that rewrite files write words there.
BLANK: Final = ("", "-", "nan", "null", "none", "na", "n/a")
PRECIPITATION: Final = "precipitation_mm"
NOON: Final = 12
MIDNIGHT: Final = 24  # the hour that some write at the end of a day
PERIOD: Final = "precipitation_period_h"
_NUMBER: Final = r"^[+-]?[0-9]{1,12}(\.[0-9]{1,12})?$"
# Korean programs write 2024. 1. 2. 3:00 and 2024-01-02 오후 3:00, too.
TIME: Final = re.compile(
    r"\s*(?P<year>\d{4})[-./] ?(?P<month>\d{1,2})[-./] ?(?P<day>\d{1,2})\.?[ T] ?"
    r"((?P<half>오전|오후) ?)?(?P<hour>\d{1,2})"
    r"(:(?P<minute>\d{2})(:(?P<second>\d{2}(\.\d+)?))?)? ?(?P<offset>Z|[+-]\d{2}:?\d{2})?\s*"
    r"|\s*(?P<digits>\d{10}(?P<last>\d{2})?)\s*",
    re.ASCII,
)
_STATION: Final = re.compile(r"[0-9]{1,9}(\.0)?")


@dataclass
class Cells:
    """Cells of a file, by row and column.

    Attributes:
        lines: line numbers of the rows, from 1.
        stations: ids.
        times: KST.
        values: cells of each variable that the file has, by its canonical name.
        columns: descriptions of those columns.
        flags: quality flags, by the canonical name of their variable.
        faults: reasons of rows, by index, that are no rows at all.
        text: returns the row at an index as text, for messages.
    """

    lines: list[int]
    stations: list[str]
    times: list[str]
    values: Mapping[str, Sequence[str | None]]
    columns: Mapping[str, Column]
    text: Callable[[int], str]
    flags: Mapping[str, Sequence[str | None]] = field(default_factory=dict)
    faults: dict[int, str] = field(default_factory=dict)


def parsed(cells: Cells) -> wire.Parsed:
    """Convert cells to rows with canonical names, units and types; and list the rows that can't be read.

    The columns that the file doesn't have are null in all rows, and absent in ``Parsed.columns``.
    """
    faults = dict(cells.faults)
    keys = [_key(station, time) for station, time in zip(cells.stations, cells.times, strict=True)]
    for index, key in enumerate(keys):
        if isinstance(key, str):
            faults.setdefault(index, key)
    typed = {}
    for name, texts in cells.values.items():
        typed[name], bad = _typed(BY_NAME[name], cells.columns[name], texts, cells.flags.get(name))
        for index in bad:
            faults.setdefault(index, f"{name}: can't be read: {texts[index]!r}")
    good = np.array([index not in faults for index in range(len(keys))], bool)
    rows = _rows(
        cells, [key for key, fine in zip(keys, good, strict=True) if fine and not isinstance(key, str)],
        {name: values.filter(pa.array(good)) for name, values in typed.items()}, good,
    )  # fmt: skip
    rejected = [
        {"line": cells.lines[index], "text": cells.text(index), "reason": faults[index]}
        for index in sorted(faults)
    ]
    return wire.Parsed(
        rows, pa.Table.from_pylist(rejected, schema=wire.REJECTED_SCHEMA), _columns(cells.values)
    )


def _rows(
    cells: Cells, keys: Sequence[tuple[int, datetime]], typed: Mapping[str, pa.Array], good: np.ndarray
) -> pa.Table:
    local = pa.array([time for _, time in keys], units.TIMESTAMP)
    lines = np.array(cells.lines, np.int32)[good]
    known = {
        "station_id": pa.array([station for station, _ in keys], pa.int32()),
        "observed_at": units.utc(local),
        "line": pa.array(lines),
        **typed,
    }
    if PRECIPITATION in typed:
        known[PERIOD] = _period(local, typed[PRECIPITATION])
    return pa.Table.from_arrays(
        [
            known[column.name] if column.name in known else pa.nulls(len(keys), column.type)
            for column in wire.PARSED_SCHEMA
        ],
        schema=wire.PARSED_SCHEMA,
    )


def _columns(values: Mapping[str, object]) -> frozenset[str]:
    return frozenset(values) | ({PERIOD} if PRECIPITATION in values else frozenset())


def _period(local: pa.Array, amount: pa.Array) -> pa.Array:
    """Hours that the precipitation covers: as for kma_sfctm3, and 1 in winter, when that has none."""
    period = units.precipitation_period(local)
    hourly = pc.and_(period.is_null(), amount.is_valid())
    return pc.if_else(hourly, pa.scalar(1, period.type), period)


def _key(station: str, time: str) -> tuple[int, datetime] | str:
    """Station id and local time (KST, but labelled UTC); or the reason why they can't be read."""
    number = station.strip()  # float() strips fewer kinds of white space
    if not _STATION.fullmatch(number) or not 0 < float(number) < INT32:
        return f"not a station id: {station!r}"
    match = TIME.fullmatch(time)
    try:
        moment = _parse_time(match) if match else None
    except (ValueError, OverflowError):
        moment = None
    if moment is None or moment.year not in YEARS:
        return f"not a time: {time!r}"
    return int(float(number)), moment


def _parse_time(match: re.Match[str]) -> datetime:
    if digits := match["digits"]:
        return datetime.strptime(digits.ljust(12, "0"), "%Y%m%d%H%M").replace(tzinfo=UTC)
    year, month, day, hour = (int(match[name]) for name in ("year", "month", "day", "hour"))
    minute, second = int(match["minute"] or 0), float(match["second"] or 0)
    if half := match["half"]:
        hour = hour % NOON + (NOON if half == "오후" else 0) if 1 <= hour <= NOON else -1
    if second or (hour == MIDNIGHT and minute):
        raise ValueError(match[0])
    next_day = timedelta(days=1) if hour == MIDNIGHT else timedelta()
    moment = datetime(year, month, day, 0 if next_day else hour, minute, tzinfo=UTC) + next_day
    if (offset := match["offset"]) is None:
        return moment
    zone = datetime.strptime(offset, "%z").tzinfo
    return moment.replace(tzinfo=zone).astimezone(KST).replace(tzinfo=UTC)


def _typed(
    variable: Variable, column: Column, texts: Sequence[str | None], flags: Sequence[str | None] | None
) -> tuple[pa.Array, list[int]]:
    """Canonical values of a column; and the indices of rows that are neither blank nor readable."""
    cells = pc.utf8_trim_whitespace(pa.array(texts, pa.string()))
    blank = pc.fill_null(pc.is_in(pc.utf8_lower(cells), pa.array(BLANK)), fill_value=True)
    blank = pc.or_(blank, cells.is_null())
    if flags is not None:
        codes = pc.replace_substring_regex(
            pc.utf8_trim_whitespace(pa.array(flags, pa.string())), r"\.0+$", ""
        )
        blank = pc.or_(blank, pc.fill_null(pc.is_in(codes, pa.array(REFUSING_FLAGS)), fill_value=False))
    cells = pc.if_else(blank, pa.scalar(None, pa.string()), cells)
    if variable.kind == "text":
        marker = pc.fill_null(pc.match_substring_regex(cells, units.SENTINEL_TEXT), fill_value=False)
        damaged = pc.fill_null(pc.match_substring(cells, UNREADABLE), fill_value=False)
        return pc.if_else(marker, pa.scalar(None, pa.string()), cells), _indices(damaged)
    readable = pc.match_substring_regex(cells, _NUMBER)
    digits = pc.replace_substring_regex(cells, r"^\+", "")
    numbers = pc.if_else(readable, digits, pa.scalar(None, pa.string())).cast(pa.float64())
    numbers = _observed(variable, column, numbers)
    bad = pc.fill_null(pc.invert(readable), fill_value=False)
    if variable.kind == "integer":
        whole = pc.round(numbers, ndigits=6)
        fits = pc.and_(pc.equal(whole, pc.round(whole)), pc.less(pc.abs(whole), INT32))
        bad = pc.or_(bad, pc.fill_null(pc.invert(fits), fill_value=False))
        numbers = pc.if_else(bad, pa.scalar(None, pa.float64()), whole).cast(pa.int32())
    return numbers, _indices(bad)


def _indices(marked: pa.Array) -> list[int]:
    indices: list[int] = np.flatnonzero(marked.to_numpy(zero_copy_only=False)).tolist()
    return indices


def _observed(variable: Variable, column: Column, numbers: pa.Array) -> pa.Array:
    """Numbers in the canonical unit; null where a marker means "not observed"."""
    missing = [*column.field.missing, *(float(marker) for marker in variable.missing)]
    numbers = pc.if_else(
        pc.is_in(numbers, pa.array(missing, pa.float64())), pa.scalar(None, pa.float64()), numbers
    )
    numbers = units.observed(variable, numbers)
    return pc.multiply(numbers, pa.scalar(float(column.scale))) if column.scale != 1 else numbers
