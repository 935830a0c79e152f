"""The wire format of kma_sfctm2 and kma_sfctm3: bytes to a table with canonical names, units and types.

A reply is ``#START7777``, header lines that begin with ``#``, rows of 46 tokens, ``#7777END``. Columns are
found by position: header names repeat, and fields run wide. Rows go through a typed CSV reader all at once;
only when that fails are they looked at one by one, and those that can't be read are set aside with a reason.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from weather_mlops.errors import FormatChanged, KmaMaintenance, ReplyCutOff
from weather_mlops.variables import STATION_POSITION, TIME_POSITION, TOKENS_PER_ROW, VARIABLES, Kind, Variable

START: Final = b"#START7777"
END: Final = b"#7777END"
TIMESTAMP: Final = pa.timestamp("us", tz="UTC")
# KST is UTC+9 and has no daylight saving time.
KST_AHEAD: Final = pa.scalar(9 * 3600 * 1_000_000, pa.duration("us"))
DAY: Final = pa.scalar(24 * 3600 * 1_000_000, pa.duration("us"))
EPOCH_YEAR: Final = 1970
MONTHS, HOURS, MINUTES = 12, 24, 60
# With as many rows as this, a majority of unreadable ones means another format rather than damage.
ROWS_TO_JUDGE: Final = 10
# First of the four header lines' names; what a changed layout would change.
HEADER_NAMES: Final = (  # noqa: SIM905  as on the wire
    "YYMMDDHHMI STN WD WS GST GST GST PA PS PT PR TA TD HM PV RN RN RN RN SD SD SD WC WP WW "
    "CA CA CH CT CT CT CT VS SS SI ST TS TE TE TE TE ST WH BF IR IX"
).split()

ARROW_TYPES: Final[dict[Kind, pa.DataType]] = {
    "decimal": pa.float64(),
    "integer": pa.int32(),
    "text": pa.string(),
    "clock": TIMESTAMP,
}
OBSERVATION_SCHEMA: Final = pa.schema(
    [
        pa.field("station_id", pa.int32(), nullable=False),
        pa.field("observed_at", TIMESTAMP, nullable=False),
        *(pa.field(variable.name, ARROW_TYPES[variable.kind]) for variable in VARIABLES),
        pa.field("precipitation_period_h", pa.int32()),
    ]
)
PARSED_SCHEMA: Final = OBSERVATION_SCHEMA.append(pa.field("line", pa.int32(), nullable=False))
REJECTED_SCHEMA: Final = pa.schema([("line", pa.int32()), ("text", pa.string()), ("reason", pa.string())])

_WIRE_TYPES: Final[dict[Kind, pa.DataType]] = {
    "decimal": pa.float64(),
    "integer": pa.int32(),
    "text": pa.string(),
    "clock": pa.int32(),
}
_NAMES: Final = [f"f{position}" for position in range(TOKENS_PER_ROW)]
_COLUMN_TYPES: Final = {
    f"f{TIME_POSITION}": pa.int64(),
    f"f{STATION_POSITION}": pa.int32(),
    **{f"f{variable.position}": _WIRE_TYPES[variable.kind] for variable in VARIABLES},
}
_INTEGER: Final = re.compile(r"[+-]?\d{1,9}")
_DECIMAL: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
_TIME: Final = re.compile(r"[12]\d{3}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])[0-5]\d")
_CLOCK: Final = re.compile(r"([01]?\d|2[0-3])?[0-5]?\d")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A reply as tables.

    Attributes:
        rows: PARSED_SCHEMA, in the order of the reply; duplicates are kept.
        rejected: REJECTED_SCHEMA, the lines that couldn't be read.
    """

    rows: pa.Table
    rejected: pa.Table


def parse(body: bytes) -> Parsed:
    """Parse a reply.

    Raises:
        ReplyCutOff: it has no start or end marker; nothing of it may be used.
        KmaMaintenance: it is an HTML page.
        FormatChanged: its header names other columns, or most of its rows can't be read.
    """
    check_markers(body)
    lines = body.split(b"\n")
    check_header(lines)
    numbers = [n for n, line in enumerate(lines, 1) if line and line[:1] != b"#" and not line.isspace()]
    data = [lines[n - 1] for n in numbers]
    try:
        return Parsed(_observations(_read(data), numbers), REJECTED_SCHEMA.empty_table())
    except (pa.ArrowInvalid, ValueError):
        faults = [fault(line) for line in data]
    rejected = [(n, line, f) for n, line, f in zip(numbers, data, faults, strict=True) if f]
    _judge(rejected, len(data))
    table = _read([line for line, f in zip(data, faults, strict=True) if not f])
    good = [n for n, f in zip(numbers, faults, strict=True) if not f]
    return Parsed(_observations(table, good), _rejected(rejected))


def check_markers(body: bytes) -> None:
    """Make sure that a reply is whole.

    Raises:
        ReplyCutOff, KmaMaintenance: see ``parse``.
    """
    head = body[:1000].lstrip().lower()
    if head.startswith((b"<!doctype", b"<html")) or b"<html" in head:
        raise KmaMaintenance(
            "the reply is an HTML page: maintenance, most likely. It passes; try again later."
        )
    if not body.lstrip().startswith(START):
        raise ReplyCutOff(f"{len(body)} bytes without the start marker {START.decode()}: not a whole reply")
    if not body.rstrip().endswith(END):
        last = body.rstrip().rsplit(b"\n", 1)[-1][:80].decode("ascii", "replace")
        raise ReplyCutOff(
            f"{len(body)} bytes without the end marker {END.decode()}, the last line is {last!r}"
        )


def check_header(lines: list[bytes]) -> None:
    """Make sure that the line of names, where there is one, names the columns that we know.

    Raises:
        FormatChanged: naming the first difference.
    """
    for line in lines[:10]:
        names = line.decode("ascii", "replace").lstrip("# ").split()
        if names[:1] != HEADER_NAMES[:1]:
            continue
        for position, (found, known) in enumerate(zip(names, HEADER_NAMES, strict=False), 1):
            if found != known:
                raise FormatChanged(
                    f"column {position} is named {found!r}, known is {known!r}: the KMA changed its format. "
                    "Adapt weather_mlops/variables.py and kma/wire.py."
                )
        if len(names) != len(HEADER_NAMES):
            raise FormatChanged(f"{len(names)} columns, known are {len(HEADER_NAMES)}: the format changed")
        return


def fault(line: bytes) -> str:
    """Why a row can't be read; empty when it can."""
    try:
        tokens = line.decode("ascii").split()
    except UnicodeDecodeError:
        # Text columns may hold Korean in EUC-KR; numbers may not.
        tokens = line.decode("euc-kr", "replace").split()
    if len(tokens) != TOKENS_PER_ROW:
        return f"{len(tokens)} tokens, expected {TOKENS_PER_ROW}"
    if not _TIME.fullmatch(tokens[TIME_POSITION]) or not _is_date(tokens[TIME_POSITION]):
        return f"TM: not a time: {tokens[TIME_POSITION]!r}"
    if not tokens[STATION_POSITION].isascii() or not tokens[STATION_POSITION].isdecimal():
        return f"STN: not a station id: {tokens[STATION_POSITION]!r}"
    for variable in VARIABLES:
        token = tokens[variable.position]
        if not _READABLE[variable.kind](token):
            return f"{variable.kma}: not {_MEANT[variable.kind]}: {token!r}"
    return ""


def _is_date(token: str) -> bool:
    try:
        np.datetime64(f"{token[:4]}-{token[4:6]}-{token[6:8]}")
    except ValueError:
        return False
    return True


_READABLE: Final[dict[Kind, Callable[[str], Any]]] = {
    "decimal": _DECIMAL.fullmatch,
    "integer": _INTEGER.fullmatch,
    "text": lambda token: "�" not in token,
    "clock": lambda token: token == "-9" or _CLOCK.fullmatch(token),  # noqa: S105  a missing marker
}
_MEANT: Final[dict[Kind, str]] = {
    "decimal": "a number",
    "integer": "a whole number",
    "text": "text",
    "clock": "a time of day",
}


def _judge(rejected: list[tuple[int, bytes, str]], rows: int) -> None:
    if rows >= ROWS_TO_JUDGE and len(rejected) > rows / 2:
        number, _, reason = rejected[0]
        raise FormatChanged(
            f"{len(rejected)} of {rows} rows can't be read, the first at line {number}: {reason}. "
            "Either the KMA changed its format or the reply is damaged."
        )


def _read(data: list[bytes]) -> pa.Table:
    """Typed columns f0 to f45 of readable rows."""
    if not data:
        return pa.table({name: pa.array([], _COLUMN_TYPES[name]) for name in _NAMES})
    text = np.frombuffer(b"\n".join(data).replace(b"\r", b"") + b"\n", np.uint8)
    space = text == ord(" ")
    # One delimiter between two tokens: drop a space before a space or a line's end, or after a line's start.
    line_end = text == ord("\n")
    drop = space.copy()
    drop[:-1] &= space[1:] | line_end[1:]
    drop[1:] |= space[1:] & line_end[:-1]
    drop[0] |= space[0]
    compact = text[~drop]
    # A leading run of spaces leaves one: it follows a line's end only after the run has shrunk.
    starts = (compact == ord(" ")) & np.concatenate(([True], compact[:-1] == ord("\n")))
    if starts.any():
        compact = compact[~starts]
    table = csv.read_csv(
        pa.py_buffer(compact.tobytes()),
        read_options=csv.ReadOptions(
            column_names=_NAMES, use_threads=False, block_size=1 << 24, encoding="euc-kr"
        )
        if not compact.max(initial=0) < 128  # noqa: PLR2004  ASCII
        else csv.ReadOptions(column_names=_NAMES, use_threads=False, block_size=1 << 24),
        parse_options=csv.ParseOptions(delimiter=" ", quote_char=False),
        convert_options=csv.ConvertOptions(
            column_types=_COLUMN_TYPES, null_values=[], strings_can_be_null=False
        ),
    )
    _refuse_what_only_csv_reads(table)
    return table


def _refuse_what_only_csv_reads(table: pa.Table) -> None:
    """The typed reader takes infinities, and times of 25 o'clock: leave those to the look at each row."""
    for variable in VARIABLES:
        if variable.kind == "decimal" and not math.isfinite(
            pc.sum(pc.abs(table[f"f{variable.position}"])).as_py() or 0
        ):
            raise ValueError(variable.kma)
    gust = table[f"f{next(v.position for v in VARIABLES if v.kind == 'clock')}"]
    wrong = pc.or_(pc.greater_equal(_rest(gust, 100), MINUTES), pc.greater_equal(gust, 100 * HOURS))
    if pc.any(pc.or_(wrong, pc.less(gust, -9))).as_py():
        raise ValueError("clock")


def _observations(table: pa.Table, numbers: list[int]) -> pa.Table:
    local = _times(table[f"f{TIME_POSITION}"].combine_chunks())
    observed_at = pc.subtract(local, KST_AHEAD)
    columns = [table[f"f{STATION_POSITION}"].combine_chunks(), observed_at]
    columns += [
        _values(variable, table[f"f{variable.position}"].combine_chunks(), local) for variable in VARIABLES
    ]
    columns += [_precipitation_period(local), pa.array(numbers, pa.int32())]
    return pa.Table.from_arrays(columns, schema=PARSED_SCHEMA)


def _rest(values: Any, divisor: int) -> Any:
    return pc.subtract(values, pc.multiply(pc.divide(values, divisor), divisor))


def _times(tokens: pa.Array) -> pa.Array:
    """YYYYMMDDHHmm as a number to a timestamp that is labelled UTC and still reads KST.

    Raises:
        ValueError: one is no time.
    """
    digits = tokens.to_numpy(zero_copy_only=False)
    month = (digits // 10**8 - EPOCH_YEAR) * 12 + digits // 10**6 % 100 - 1
    day, hour, minute = digits // 10**4 % 100, digits // 100 % 100, digits % 100
    days = month.astype("datetime64[M]").astype("datetime64[D]") + (day - 1)
    right = (days.astype("datetime64[M]").astype(np.int64) == month) & (digits // 10**12 == 0)
    right &= (digits // 10**6 % 100 - 1 < MONTHS) & (digits // 10**6 % 100 > 0) & (month >= 0)
    if not (right & (hour < HOURS) & (minute < MINUTES)).all():
        raise ValueError("TM")
    micros = days.astype("datetime64[us]").astype(np.int64) + (hour * 60 + minute) * 60_000_000
    return pa.array(micros, pa.int64()).cast(TIMESTAMP)


def _values(variable: Variable, wire: pa.Array, local: pa.Array) -> pa.Array:
    """Canonical values of a column; null where it bears a missing marker."""
    if variable.kind == "text":
        return _blank(wire, pc.is_in(wire, pa.array(variable.missing)))
    missing = {float(token) for token in variable.missing}
    values = _blank(wire, pc.is_in(wire, pa.array(sorted(missing), wire.type)))
    if variable.kind == "clock":
        return _clock(values, local)
    return pc.multiply(values, pa.scalar(int(variable.scale), wire.type)) if variable.scale != 1 else values


def _blank(values: pa.Array, where: pa.Array) -> pa.Array:
    return pc.if_else(where, pa.scalar(None, values.type), values)


def _clock(values: pa.Array, local: pa.Array) -> pa.Array:
    """HHMM in KST to the latest such time, UTC, that is not after the observation."""
    minutes = pc.add(pc.multiply(pc.divide(values, 100), 60), _rest(values, 100))
    offset = pc.multiply(minutes.cast(pa.int64()), 60_000_000).cast(pa.duration("us"))
    moment = pc.add(pc.floor_temporal(local, unit="day"), offset)
    latest = pc.if_else(pc.greater(moment, local), pc.subtract(moment, DAY), moment)
    return pc.subtract(latest, KST_AHEAD)


def _precipitation_period(local: pa.Array) -> pa.Array:
    """Hours that RN covers: 1 from April to October, 3 at the 3-hour marks from November to March.

    The season is that of the hour that ends at the row's time.
    """
    inside = pc.subtract(local, pa.scalar(1, pa.duration("us")))
    month = pc.month(inside)
    summer = pc.and_(pc.greater_equal(month, 4), pc.less_equal(month, 10))
    mark = pc.equal(_rest(pc.hour(local), 3), 0)
    winter = pc.if_else(mark, pa.scalar(3, pa.int32()), pa.scalar(None, pa.int32()))
    return pc.if_else(summer, pa.scalar(1, pa.int32()), winter)


def _rejected(rejected: list[tuple[int, bytes, str]]) -> pa.Table:
    rows = [
        {"line": n, "text": line.decode("ascii", "replace"), "reason": reason} for n, line, reason in rejected
    ]
    return pa.Table.from_pylist(rows, schema=REJECTED_SCHEMA)
