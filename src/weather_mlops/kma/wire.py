"""Parse the wire format of kma_sfctm3 to a table with canonical names, units and types.

A response is ``#START7777``, header lines that begin with ``#``, rows of 46 tokens, ``#7777END``. Columns are
found by position: header names repeat, and fields run wide. Rows go through a typed CSV reader all at once
(``fields.read``); only when that fails are they checked one by one (``fields.fault``), and those that can't
be read are rejected with a reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weather_mlops.errors import FormatChanged, KmaMaintenance, ResponseTruncated
from weather_mlops.kma import fields, units
from weather_mlops.variables import STATION_POSITION, TIME_POSITION, VARIABLES, Kind

START: Final = b"#START7777"
END: Final = b"#7777END"
# From this many rows on, a majority of unreadable ones means another format rather than damage.
ROWS_TO_JUDGE: Final = 10
ADAPT: Final = "the KMA changed its format. Adapt weather_mlops/variables.py and kma/wire.py."
# help=1 puts 46 lines of explanations before the line of names.
HEADER_LINES: Final = 80
# The line of names is the comment with at least as many words, or one that begins with a time or the station.
HEADER_WORDS: Final = 40
FIRST_NAMES: Final = frozenset({"STN", "TM", "YYMMDD", "YYMMDDHH", "YYMMDDHHMI", "YYYYMMDD", "YYYYMMDDHHMI"})
STATION_NAME: Final = "STN"
HEADER_NAMES: Final = (  # noqa: SIM905  as on the wire
    "YYMMDDHHMI STN WD WS GST GST GST PA PS PT PR TA TD HM PV RN RN RN RN SD SD SD WC WP WW "
    "CA CA CH CT CT CT CT VS SS SI ST TS TE TE TE TE ST WH BF IR IX"
).split()

ARROW_TYPES: Final[dict[Kind, pa.DataType]] = {
    "decimal": pa.float64(),
    "integer": pa.int32(),
    "text": pa.string(),
    "clock": units.TIMESTAMP,
}
OBSERVATION_SCHEMA: Final = pa.schema(
    [
        pa.field("station_id", pa.int32(), nullable=False),
        pa.field("observed_at", units.TIMESTAMP, nullable=False),
        *(pa.field(variable.name, ARROW_TYPES[variable.kind]) for variable in VARIABLES),
        pa.field("precipitation_period_h", pa.int32()),
    ]
)
PARSED_SCHEMA: Final = OBSERVATION_SCHEMA.append(pa.field("line", pa.int32(), nullable=False))
STILL_TO_COME: Final = "the hour was still to come when it was received"
CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""How far the clock of the machine that received a source may be behind."""
REJECTED_SCHEMA: Final = pa.schema([("line", pa.int32()), ("text", pa.string()), ("reason", pa.string())])


@dataclass(frozen=True, slots=True)
class Parsed:
    """A response as tables.

    Attributes:
        rows: PARSED_SCHEMA, in the order of the response, with duplicates.
        rejected: REJECTED_SCHEMA, the lines that couldn't be read.
        columns: columns of OBSERVATION_SCHEMA, other than the key, that the source has; the others are null
            in all rows without meaning a missing value. None for all columns.
    """

    rows: pa.Table
    rejected: pa.Table
    columns: frozenset[str] | None = None

    def until(self, received_at: datetime) -> "Parsed":
        """Reject rows of hours that were in the future when the source was received.

        Args:
            received_at: when the source was received, timezone-aware.
        """
        times = self.rows["observed_at"]
        later = pc.greater(times, pa.scalar(received_at + CLOCK_TOLERANCE, times.type))
        if not pc.any(later, min_count=0).as_py():
            return self
        set_aside = [
            {
                "line": row["line"],
                "text": f"station {row['station_id']}, {row['observed_at']:%Y-%m-%d %H:%M} UTC",
                "reason": STILL_TO_COME,
            }
            for row in self.rows.filter(later).select(["line", "station_id", "observed_at"]).to_pylist()
        ]
        rejected = pa.concat_tables([self.rejected, pa.Table.from_pylist(set_aside, schema=REJECTED_SCHEMA)])
        return replace(self, rows=self.rows.filter(pc.invert(later)), rejected=rejected.sort_by("line"))


def parse(body: bytes) -> Parsed:
    """Parse a response.

    Raises:
        ResponseTruncated: it has no start or end marker; nothing of it may be used.
        KmaMaintenance: it is an HTML page.
        FormatChanged: its header names other columns, or most of its rows can't be read.
    """
    check_markers(body)
    spaced = _spaced(body)
    return _parsed_at_once(spaced) or _parsed_by_line(spaced.split(b"\n"))


def _parsed_at_once(body: bytes) -> Parsed | None:
    """A response that has only readable rows between its header and its end; None for any other."""
    begin = 0
    while body.startswith(b"#", begin) and (newline := body.find(b"\n", begin)) >= 0:
        begin = newline + 1
    end = body.rindex(END)
    if not (begin < end and body.startswith(b"\n", end - 1)):
        return None
    header = body[:begin].split(b"\n")
    check_header(header)
    try:
        read = fields.read_text(np.frombuffer(body, np.uint8)[begin:end])
    except ValueError:
        return None
    first = len(header)  # its last line is the first row, which is left out
    return Parsed(_observations(read, range(first, first + read.num_rows)), _rejected([]))


def _parsed_by_line(lines: list[bytes]) -> Parsed:
    check_header(lines)
    numbers = [n for n, line in enumerate(lines, 1) if line and line[:1] != b"#" and not line.isspace()]
    rows = [lines[n - 1].strip() for n in numbers]
    try:
        return Parsed(_observations(fields.read(rows), numbers), _rejected([]))
    except ValueError:
        judged = [(n, *_judged(row)) for n, row in zip(numbers, rows, strict=True)]
    rejected = [row for row in judged if row[2]]
    _judge(rejected, len(rows))
    good = [(n, row) for n, row, fault in judged if not fault]
    read = fields.read([row for _, row in good], strict=False)
    return Parsed(_observations(read, [n for n, _ in good]), _rejected(rejected))


def _judged(row: bytes) -> tuple[bytes, str]:
    """A row with the reason why it can't be read; markers in the wrong notation are normalized."""
    if not (fault := fields.fault(row)):
        return row, ""
    plain = fields.with_plain_markers(row)
    return (row, fault) if plain == row or fields.fault(plain) else (plain, "")


def _spaced(body: bytes) -> bytes:
    """Replace all white space within lines by spaces."""
    other = (b"\t", b"\r", b"\x0b", b"\x0c")
    return (
        body.translate(bytes.maketrans(b"".join(other), b"    ")) if any(c in body for c in other) else body
    )


def check_markers(body: bytes) -> None:
    """Make sure that a response is complete.

    Raises:
        ResponseTruncated, KmaMaintenance: see ``parse``.
    """
    head = body[:1000].lstrip().lower()
    if head.startswith((b"<!doctype", b"<html")) or b"<html" in head:
        raise KmaMaintenance(
            "the response is an HTML page: maintenance, most likely. This is temporary; try again later."
        )
    if not body.lstrip().startswith(START):
        raise ResponseTruncated(
            f"{len(body)} bytes without the start marker {START.decode()}: not a complete response"
        )
    if not body.rstrip().endswith(END):
        last = body.rstrip().rsplit(b"\n", 1)[-1][:80].decode("ascii", "replace")
        raise ResponseTruncated(
            f"{len(body)} bytes without the end marker {END.decode()}, the last line is {last!r}"
        )


def check_header(lines: list[bytes]) -> None:
    """Make sure that the header's names, if there are any, are the known columns.

    Raises:
        FormatChanged: naming the first difference.
    """
    names = header_names(lines)
    if names is None:
        return
    for position, (name, known) in enumerate(zip(names, HEADER_NAMES, strict=False), 1):
        if name != known:
            raise FormatChanged(f"column {position} is named {name!r}, known is {known!r}: {ADAPT}")
    if len(names) != len(HEADER_NAMES):
        raise FormatChanged(f"{len(names)} columns are named, known are {len(HEADER_NAMES)}: {ADAPT}")


def header_names(lines: Sequence[bytes]) -> list[str] | None:
    """The column names in the header of a response, of any endpoint; None when no line has names."""
    for line in lines[:HEADER_LINES]:
        if line[:1] != b"#":
            continue
        names = fields.shown(line).lstrip("# ").split()
        if len(names) >= HEADER_WORDS or (names and names[0] in FIRST_NAMES and STATION_NAME in names):
            return names
    return None


def _judge(rejected: list[tuple[int, bytes, str]], rows: int) -> None:
    if rows >= ROWS_TO_JUDGE and len(rejected) > rows / 2:
        number, _, reason = rejected[0]
        raise FormatChanged(
            f"{len(rejected)} of {rows} rows can't be read, the first at line {number}: {reason}. "
            "Either the KMA changed its format or the response is damaged."
        )


def _observations(read: pa.Table, numbers: Sequence[int]) -> pa.Table:
    local = units.local_times(fields.column(read, TIME_POSITION))
    columns = [
        fields.column(read, STATION_POSITION),
        units.utc(local),
        *(units.canonical(variable, fields.column(read, variable.position), local) for variable in VARIABLES),
        units.precipitation_period(local),
        pa.array(numbers, pa.int32()),
    ]
    return pa.Table.from_arrays(columns, schema=PARSED_SCHEMA)


def _rejected(rejected: Sequence[tuple[int, bytes, str]]) -> pa.Table:
    rows = [
        {"line": number, "text": fields.shown(text), "reason": reason} for number, text, reason in rejected
    ]
    return pa.Table.from_pylist(rows, schema=REJECTED_SCHEMA)
