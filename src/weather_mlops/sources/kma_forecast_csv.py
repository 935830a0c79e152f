"""The CSV of the KMA's short-term forecast (단기예보) that the portal data.kma.go.kr exports.

One file has one variable at one cell; which variable it is stands in the file's name alone. A row such as
``1,0200,+4,11.700000`` has day and hour of the issue, **both in UTC**, the lead in hours and the value. Some
files hold each month twice.

The daily maximum and minimum (TMX, TMN) have the number of a day instead of the lead: 6 for the first day
whose value is still to come when the forecast is issued, 7 for the day after. Compared with the hourly values
of the same issues (July 2025), TMN differs by 0.35 K (RMSE) when read so, by 0.93 K when read a day off.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from weather_mlops.clock import EPOCH, HOUR, HOURS_PER_DAY, KST_AHEAD_HOURS
from weather_mlops.errors import FileRefused, Misconfigured
from weather_mlops.kma.forecast.amounts import missing
from weather_mlops.kma.forecast.cells import Cell, stations_of_file
from weather_mlops.kma.forecast.rows import BY_CATEGORY, MAXIMUM_HOUR_KST, MINIMUM_HOUR_KST
from weather_mlops.kma.forecast.series import LONGEST_LEAD_H, Hours, Series, rows_of
from weather_mlops.sources import encodings
from weather_mlops.sources.archives import unpacked
from weather_mlops.sources.kma_forecast_lines import (
    ForecastLines,
    Integers,
    Unreadable,
    read_lines,
)
from weather_mlops.sources.kma_forecast_names import category_of
from weather_mlops.sources.quoting import quoted

# Number of the first day in the files of TMX and TMN, and of a last one that no issue reaches.
FIRST_DAY_NUMBER, LAST_DAY_NUMBER = 6, 16
# Hour (KST) of a daily value, and the last hour (KST) at which an issue has the value of its own day: so it
# is in the files, and in the KMA's guide of the short-term forecast.
DAILY: Final = {"TMX": (MAXIMUM_HOUR_KST, 11), "TMN": (MINIMUM_HOUR_KST, 2)}


@dataclass(frozen=True)
class ForecastFile:
    """One variable at one cell; lines = values + duplicates + missing + unreadable.

    Attributes:
        name: for messages.
        category: KMA's name of the variable, ``TMP``.
        cell: of the grid.
        issued_at: of each value.
        valid_at: of each value.
        values: one for each issue and valid time, sorted by them.
        lines: of the file, without blank ones and its Start lines.
        duplicates: rows whose issue and valid time a later row of the file has as well.
        corrected: those of the duplicates whose value differs from the later row's.
        missing: rows with a marker instead of a value.
        unreadable: lines that can't be read.
    """

    name: str
    category: str
    cell: Cell
    issued_at: Hours
    valid_at: Hours
    values: NDArray[np.float64]
    lines: int
    duplicates: int
    corrected: int
    missing: int
    unreadable: Sequence[Unreadable] = field(repr=False)

    @property
    def newest_issue(self) -> datetime | None:
        """The newest issue that it has a value of, UTC; None where it has no value."""
        if not len(self.values):
            return None
        return EPOCH + int(self.issued_at.max().astype(np.int64)) * HOUR

    def series(self, station_id: int) -> Series:
        """The values for a station."""
        ids = np.full(len(self.values), station_id, np.int64)
        return Series(BY_CATEGORY[self.category].name, ids, self.issued_at, self.valid_at, self.values)

    def __str__(self) -> str:
        return (
            f"the portal's forecast of {self.category} at cell {self.cell}: lines={self.lines} "
            f"values={len(self.values)} duplicates={self.duplicates} corrected={self.corrected} "
            f"missing={self.missing} unreadable={len(self.unreadable)}"
        )


def read(path: Path) -> Iterator[tuple[str, ForecastFile | FileRefused]]:
    """What a file holds: name, and the forecast or why it is none; more than one for a zip."""
    for name, body in unpacked(path):
        if isinstance(body, FileRefused):
            yield name, body
            continue
        try:
            yield name, parse(name, encodings.decoded(body)[0])
        except FileRefused as refused:
            yield name, refused


def parse(name: str, text: str) -> ForecastFile:
    """Read a file.

    Args:
        name: of the file, which has the variable; a folder before it doesn't count.
        text: its lines.

    Raises:
        FileRefused: it is something else, its name has no variable or several, its parts are of several
            cells, or most of its lines can't be read.
    """
    # Each of several files that somebody joined begins with a mark of its encoding.
    text = encodings.whole(text).replace("\ufeff", "")
    cell, lines, unreadable = read_lines(text)
    category = category_of(name)
    count = len(lines.line) + len(unreadable)
    leads, bad = _leads(category, lines)
    texts = text.split("\n") if bad.any() else []
    unreadable += [
        Unreadable(line, texts[line - 1].strip(), f"not the number of a day for {category}")
        for line in lines.line[bad].tolist()
    ]
    unreadable.sort(key=lambda each: each.line)
    if len(unreadable) > count / 2:
        raise FileRefused(
            f"{len(unreadable)} of {count} lines can't be read, the first at line {unreadable[0].line}: "
            f"{unreadable[0].reason}: {quoted(unreadable[0].text)!r}. Download it again."
        )
    absent = missing(lines.value) & ~bad
    used = ~absent & ~bad
    issued, leads, values = lines.issued[used], leads[used], lines.value[used]
    last, positions = _last_of_each(issued * (LONGEST_LEAD_H + 1) + leads)
    return ForecastFile(
        name=name,
        category=category,
        cell=cell,
        issued_at=issued[last].astype("datetime64[h]"),
        valid_at=(issued + leads)[last].astype("datetime64[h]"),
        values=values[last],
        lines=count,
        duplicates=len(values) - len(last),
        corrected=int((values != values[last][positions]).sum()),
        missing=int(absent.sum()),
        unreadable=unreadable,
    )


def rows(files: Sequence[ForecastFile], received_at: datetime, station: str = "") -> pa.Table:
    """Rows of several files, with all their variables; of a value that two files have, the later one counts.

    Args:
        files: of any variables and cells.
        received_at: when they were taken in, timezone-aware.
        station: id or name of the station that they are for; empty for those that stand in their cells.

    Returns:
        FORECAST_ROWS, sorted by station, issue and valid time.

    Raises:
        FileRefused: a file's cell has no station and none is named, two files of a station are of different
            cells, or the name is no open station.
    """
    cells: dict[int, Cell] = {}
    series = []
    # Hourly temperatures replace three-hourly ones of the same hour, whatever the order of the files.
    for file in sorted(files, key=lambda each: each.category != "T3H"):
        try:
            station_ids = stations_of_file(file.cell, station)
        except Misconfigured as error:
            raise FileRefused(f"{file.name}: {error}") from None
        for station_id in station_ids:
            other = cells.setdefault(station_id, file.cell)
            if other != file.cell:
                raise FileRefused(
                    f"{file.name}: cell {file.cell}, another file has {other} for station {station_id}: "
                    "import the files of one cell"
                )
            series.append(file.series(station_id))
    return rows_of(series, cells=cells, source="portal", received_at=received_at)


def _leads(category: str, lines: ForecastLines) -> tuple[Integers, NDArray[np.bool_]]:
    """Leads in hours, and which rows have no such number.

    A file of TMX or TMN has leads already where each of them ends at the one hour of the day that the daily
    value is given for.
    """
    if category not in DAILY:
        return lines.number, np.zeros(len(lines.number), bool)
    daily_hour, last_own_hour = DAILY[category]
    local = lines.issued + KST_AHEAD_HOURS
    if ((local + lines.number) % HOURS_PER_DAY == daily_hour).all():
        return lines.number, np.zeros(len(lines.number), bool)
    hour = local % HOURS_PER_DAY
    days = lines.number - FIRST_DAY_NUMBER + (hour > last_own_hour)
    bad = (lines.number < FIRST_DAY_NUMBER) | (lines.number > LAST_DAY_NUMBER)
    return days * HOURS_PER_DAY + daily_hour - hour, bad


def _last_of_each(keys: Integers) -> tuple[Integers, Integers]:
    """Index of the last row of each key, sorted by key, and for each row the position of its key in that."""
    _, first_from_end, positions = np.unique(keys[::-1], return_index=True, return_inverse=True)
    return len(keys) - 1 - first_from_end, positions[::-1]
