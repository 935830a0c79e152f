"""The CSV of hourly ASOS observations that the portal data.kma.go.kr exports.

A header of Korean (or English) labels with units, a row per station and hour (KST); users select the columns
at the portal. Cells without a value are blank. A blank precipitation means no rain, or not measured: neither
the portal nor the API distinguishes the two, so it is null, as in the API's rows.
"""

import csv
import re
from collections.abc import Sequence
from typing import Final

from weather_mlops.errors import FileRefused
from weather_mlops.kma import wire
from weather_mlops.sources import cells, encodings, fields
from weather_mlops.sources.fields import Column
from weather_mlops.sources.quoting import quoted
from weather_mlops.stations import station_named

DELIMITERS: Final = (",", "\t", ";")
# Excel's line that names the delimiter.
_BEFORE: Final = re.compile(r"[\ufeff \t\r\n]*(?:\"?sep=.\"?[\r\n]+[ \t\r\n]*)?", re.IGNORECASE)
_LINE_END: Final = re.compile(r"\r*\n|\r")


def header(text: str) -> list[str] | None:
    """The cells of a header of the portal's tables, hourly or not; None where the text has none."""
    line = encodings.whole(first_line(text))
    names = _split(line, _delimiter(line))
    labels = set(fields.labels(names))
    return names if labels & (fields.STATION | fields.STATION_NAME) and labels & fields.TIME else None


def first_line(text: str) -> str:
    """The first line that is not blank, nor Excel's ``sep=,``."""
    start = _start(text)
    end = _LINE_END.search(text, start)
    return text[start : end.start() if end else len(text)]


def rows(text: str, most: int) -> list[list[str]]:
    """Cells of the first rows after the header."""
    line = first_line(text)
    lines = _LINE_END.split(text[_start(text) :], maxsplit=most + 1)[1 : most + 1]
    return [_split(each, _delimiter(line)) for each in lines if each.strip()]


def _start(text: str) -> int:
    match = _BEFORE.match(text)
    return match.end() if match else 0


def parse(text: str) -> wire.Parsed:
    """Parse a CSV of the portal.

    Raises:
        FileRefused: it has no column of observations, one twice, or one in an unknown unit.
    """
    text = encodings.whole(text)
    names = header(text)
    if names is None:
        raise FileRefused("no header with 지점 and 일시 (station and time): export it from the portal again")
    station, time, columns = _layout(names)
    lines, rows = _read(text, len(names))
    faults = {
        index: f"{len(row)} cells, expected {len(names)}"
        for index, row in enumerate(rows)
        if len(row) != len(names)
    }
    filled = [[*row, *[""] * (len(names) - len(row))] if len(row) < len(names) else row for row in rows]
    values = {column.field.name: index for index, column in columns.items() if not column.is_flag}
    flags = {column.field.name: index for index, column in columns.items() if column.is_flag}
    return cells.parsed(
        cells.Cells(
            lines=lines,
            stations=_ids([row[station] for row in filled]),
            times=[row[time] for row in filled],
            values={name: [row[index] for row in filled] for name, index in values.items()},
            columns={column.field.name: column for column in columns.values() if not column.is_flag},
            flags={name: [row[index] for row in filled] for name, index in flags.items()},
            text=lambda index: ",".join(rows[index]),
            faults=faults,
        )
    )


def unknown_columns(text: str) -> list[str]:
    """Columns of a header that are not imported, because no variable corresponds to them."""
    known = fields.STATION | fields.TIME | fields.STATION_NAME
    return [
        name
        for name, label in zip(header(text) or [], fields.labels(header(text) or []), strict=True)
        if label not in known and label not in fields.BY_LABEL and not fields.FLAG.fullmatch(label)
    ]


def _layout(names: Sequence[str]) -> tuple[int, int, dict[int, Column]]:
    """Index of the station's column, of the time's, and the columns of variables by index."""
    labels = fields.labels(names)
    station = fields.STATION if fields.STATION.intersection(labels) else fields.STATION_NAME
    keys = [next(i for i, label in enumerate(labels) if label in known) for known in (station, fields.TIME)]
    columns = {i: column for i, name in enumerate(names) if (column := fields.column(name))}
    seen: set[tuple[str, bool]] = set()
    for index, column in columns.items():
        if (key := (column.field.name, column.is_flag)) in seen:
            raise FileRefused(f"column {quoted(names[index])!r} occurs twice: leave one of them out")
        seen.add(key)
    if all(column.is_flag for column in columns.values()):
        raise FileRefused(
            f"no column of an observation in {quoted(', '.join(names[:8]))!r}: tick some at the portal"
        )
    return keys[0], keys[1], columns


def _ids(stations: Sequence[str]) -> list[str]:
    """Replace names of stations by ids; other texts stay as they are."""
    ids = {station: _id(station) for station in set(stations)}
    return [ids[station] for station in stations]


def _id(station: str) -> str:
    named = station_named(station)
    return station if named is None else str(named)


def _read(text: str, width: int) -> tuple[list[int], list[list[str]]]:
    """Lines and rows after the header; blank cells past the header's width are cut off.

    Each line is parsed separately: no cell of the portal has a line break, and a stray quote damages its own
    line.
    """
    lines, rows = [], []
    # Cells repeat: with each stored once, a year of all stations takes 0.6 GB instead of 4.
    shared: dict[str, str] = {}
    delimiter, start = _delimiter(first_line(text)), _start(text)
    before = len(_LINE_END.findall(text[:start]))
    for number, line in enumerate(_LINE_END.split(text[start:]), start=before + 1):
        try:
            row = next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error as error:
            raise FileRefused(f"line {number} is no CSV: {error}") from error
        if any(cell.strip("\ufeff \t") for cell in row):
            lines.append(number)
            while len(row) > width and not row[-1].strip():
                row.pop()
            rows.append([shared.setdefault(cell, cell) for cell in row])
    return lines[1:], rows[1:]


def _delimiter(line: str) -> str:
    return max(DELIMITERS, key=line.count)


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip("\ufeff ") for cell in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return []
