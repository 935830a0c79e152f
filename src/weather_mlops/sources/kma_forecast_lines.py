"""Lines of the portal's forecast files to issues, leads and values, and those that can't be read.

``Start : 20160101`` gives the month that the days below it count in; the Start lines that begin a part of a
file also name the columns and the cell. Rows are read by a typed reader, a part at once; only where that
fails each line is looked at.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from weather_mlops.clock import HOURS_PER_DAY, KST_AHEAD_HOURS
from weather_mlops.errors import FileRefused, Misconfigured
from weather_mlops.kma.forecast.cells import Cell
from weather_mlops.kma.forecast.issues import ISSUE_HOURS_KST
from weather_mlops.kma.forecast.series import LONGEST_LEAD_H
from weather_mlops.sources.quoting import quoted

COLUMNS: Final = ("day", "hour", "forecast", "value")
# Since 2026. Which moment the two columns in KST name isn't documented: that of the issue, or the valid time.
COLUMNS_2026: Final = ("day(utc)", "hour(utc)", "forecast", "value", "day(kst)", "hour(kst)")

START: Final = re.compile(
    r"\s*(?:format:\s*(?P<columns>[^:]*?)\s+location:\s*(?P<cell>\d{1,3}_\d{1,3})\s+)?"
    r"Start\s*:\s*(?P<year>\d{4})(?P<month>\d{2})\d{2}\s*",
    re.IGNORECASE | re.ASCII,
)
_INTEGER: Final = r"\s*\+?(\d{1,9})\s*"
_DECIMAL: Final = r"\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*"
_ROW: Final = re.compile(rf"{_INTEGER},{_INTEGER},{_INTEGER},{_DECIMAL}(?:,{_INTEGER},{_INTEGER})?", re.ASCII)
_NAMES: Final = ("day", "hour", "number", "value", "day_kst", "hour_kst")
_TYPES: Final = {name: pa.float64() if name == "value" else pa.int32() for name in _NAMES}
_ALPHABET: Final = b"0123456789.,+- \r\n\t"
_NO_PLUS_OF_A_NUMBER: Final = (b"+-", b"++", b"+ ", b"+\t")
_FIRST_MONTH, _END_MONTH = np.datetime64("2000-01"), np.datetime64("2200-01")

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that can't be read.

    Attributes:
        line: from 1.
        text: the line.
        reason: why it can't be read.
    """

    line: int
    text: str
    reason: str


@dataclass(frozen=True)
class ForecastLines:
    """The rows of a file; equally long arrays.

    Attributes:
        line: number, from 1.
        issued: hours since 1970, UTC.
        number: the lead in hours, or the number of a day.
        value: as written, markers included.
    """

    line: Integers
    issued: Integers
    number: Integers
    value: NDArray[np.float64]


@dataclass(frozen=True)
class _Block:
    """The lines below a Start line.

    Attributes:
        month: that the days count in.
        line: number of the first line.
        lines: of text.
    """

    month: np.datetime64
    line: int
    lines: Sequence[str]

    def unreadable(self, line: int, reason: str) -> Unreadable:
        """A line of it, by its number."""
        return Unreadable(line, self.lines[line - self.line].strip(), reason)


def is_forecast(text: str) -> bool:
    """Whether a file begins as one of the portal's forecasts."""
    match = START.fullmatch(text.lstrip("\ufeff \t\r\n").partition("\n")[0])
    return match is not None and match["columns"] is not None


def read_lines(text: str) -> tuple[Cell, ForecastLines, list[Unreadable]]:
    """The cell of a file, its rows, and the lines that can't be read.

    Raises:
        FileRefused: it begins otherwise, has unknown columns, or parts of several cells.
    """
    if not is_forecast(text):
        raise FileRefused(
            f"no forecast of the portal: it begins {quoted(text)!r} instead of 'format: day,hour,forecast,"
            "value location:60_127 Start : 20250701'"
        )
    cell, blocks, unreadable = _blocks(text)
    parts = [_read_block(block, unreadable) for block in blocks]
    line, issued, number, value = (
        np.concatenate([np.array([], kind), *(part[index] for part in parts)])
        for index, kind in enumerate((np.int64, np.int64, np.int64, np.float64))
    )
    return cell, ForecastLines(line, issued, number, value), unreadable


def _blocks(text: str) -> tuple[Cell, list[_Block], list[Unreadable]]:
    """The cell, the lines below each Start line, and those below one that can't be read."""
    lines = text.split("\n")
    # No row has a colon or letters: what has is no row, and the rows below it may be of another month.
    starts = [index for index, line in enumerate(lines) if ":" in line or "tart" in line]
    cells: set[str] = set()
    blocks: list[_Block] = []
    unreadable: list[Unreadable] = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        match, below = START.fullmatch(lines[start]), lines[start + 1 : end]
        if match and match["columns"]:
            _check_columns(match["columns"])
            cells.add(match["cell"])
        if (month := _month(match)) is not None:
            blocks.append(_Block(month, start + 2, below))
            continue
        lost = _Block(_FIRST_MONTH, start + 1, lines[start:end])
        unreadable += [
            lost.unreadable(line, f"the Start line {start + 1} can't be read") for line in _filled(lost)
        ]
    if len(cells) > 1:
        raise FileRefused(f"parts of several cells ({', '.join(sorted(cells))}): cut it into a file for each")
    try:
        return Cell.parse(cells.pop()), blocks, unreadable
    except Misconfigured as error:
        raise FileRefused(str(error)) from None


def _month(match: re.Match[str] | None) -> np.datetime64 | None:
    try:
        month = np.datetime64(f"{match['year']}-{match['month']}", "M") if match else None
    except ValueError:
        return None
    return month if month is not None and _FIRST_MONTH <= month < _END_MONTH else None


def _check_columns(text: str) -> None:
    columns = tuple(column.strip().lower() for column in text.split(","))
    if columns not in {COLUMNS, COLUMNS_2026}:
        raise FileRefused(
            f"columns {quoted(text)!r} instead of {','.join(COLUMNS)!r}: another product of the portal, such "
            "as 초단기실황. Export 단기예보."
        )


def _filled(block: _Block) -> list[int]:
    """Numbers of the lines that aren't blank."""
    return [number for number, line in enumerate(block.lines, block.line) if line and not line.isspace()]


def _read_block(
    block: _Block, unreadable: list[Unreadable]
) -> tuple[Integers, Integers, Integers, NDArray[np.float64]]:
    """The rows of a block: line, issue, number and value; other lines are added to ``unreadable``."""
    numbers = _filled(block)
    columns = _typed([block.lines[number - block.line] for number in numbers])
    if columns is None:
        matches = {number: _ROW.fullmatch(block.lines[number - block.line]) for number in numbers}
        unreadable += [
            block.unreadable(number, "not day,hour,+lead,value")
            for number, match in matches.items()
            if match is None
        ]
        groups = {number: match.groups() for number, match in matches.items() if match}
        numbers = list(groups)
        columns = {
            name: np.array([float(group[index] or -1) for group in groups.values()])
            for index, name in enumerate(_NAMES)
        }
    return _checked(block, np.array(numbers, np.int64), columns, unreadable)


def _typed(lines: Sequence[str]) -> dict[str, NDArray[np.float64]] | None:
    """Columns of lines that are all alike; None where there are none, or one may be no row.

    It reads no line that ``_ROW`` refuses, or otherwise than that.
    """
    body = "\n".join(lines).encode()
    if not lines or body.translate(None, _ALPHABET) or any(each in body for each in _NO_PLUS_OF_A_NUMBER):
        return None
    width = lines[0].count(",") + 1
    if width not in {len(COLUMNS), len(COLUMNS_2026)}:
        return None
    try:
        table = csv.read_csv(
            # The typed reader takes no plus sign, which stands before each lead.
            pa.py_buffer(body.replace(b",+", b",")),
            read_options=csv.ReadOptions(
                column_names=_NAMES[:width], use_threads=False, block_size=max(1 << 20, len(body) + 1)
            ),
            convert_options=csv.ConvertOptions(column_types=_TYPES, null_values=[]),
        )
    except pa.ArrowInvalid:
        return None
    columns = {name: table[name].to_numpy().astype(np.float64) for name in table.column_names}
    # Only values are negative, so each minus sign is one of theirs; that of a lead of -0 would be lost.
    signs = int(np.signbit(columns["value"]).sum())
    return columns if table.num_rows == len(lines) and signs == body.count(b"-") else None


def _checked(
    block: _Block,
    numbers: Integers,
    columns: dict[str, NDArray[np.float64]],
    unreadable: list[Unreadable],
) -> tuple[Integers, Integers, Integers, NDArray[np.float64]]:
    """Rows whose day, hour and number can be; the others are added to ``unreadable``."""
    day, hour, number = (columns[name].astype(np.int64) for name in ("day", "hour", "number"))
    first_hour = int(block.month.astype("datetime64[h]").astype(np.int64))
    next_month = int((block.month + 1).astype("datetime64[h]").astype(np.int64))
    issued: Integers = first_hour + (day - 1) * HOURS_PER_DAY + hour // 100
    # The KMA issues at the same hours by UTC as by KST: every third one from 2 on.
    is_issue = (hour % 100 == 0) & np.isin(hour // 100, ISSUE_HOURS_KST)
    faults = (
        (~((day >= 1) & (day <= (next_month - first_hour) // HOURS_PER_DAY)), f"no day of {block.month}"),
        (~is_issue, "the KMA issues no forecast at this hour (UTC)"),
        (number > LONGEST_LEAD_H, f"a lead over {LONGEST_LEAD_H} hours"),
        (_contradicts(columns, issued, number), "the day and hour in KST aren't those of the issue or lead"),
    )
    bad = np.zeros(len(numbers), bool)
    for wrong, reason in faults:
        unreadable += [block.unreadable(int(each), reason) for each in numbers[wrong & ~bad]]
        bad |= wrong
    good = ~bad
    return numbers[good], issued[good], number[good], columns["value"][good]


def _contradicts(
    columns: dict[str, NDArray[np.float64]], issued: Integers, number: Integers
) -> NDArray[np.bool_]:
    """Whether day and hour in KST, where a row has them, name neither the issue nor the valid time."""
    if "day_kst" not in columns:
        return np.zeros(len(issued), bool)
    agrees = columns["day_kst"] < 0
    for moment in (issued, issued + number):
        local = (moment + KST_AHEAD_HOURS).astype("datetime64[h]")
        day = (local.astype("datetime64[D]") - local.astype("datetime64[M]")).astype(np.int64) + 1
        agrees |= (columns["day_kst"] == day) & (
            columns["hour_kst"] == local.astype(np.int64) % HOURS_PER_DAY * 100
        )
    return ~agrees
