"""Any forecast in any spelling of the portal's files reads back the same, and damage is always counted."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.sources import files
from weather_mlops.errors import FileRefused
from weather_mlops.sources.encodings import decoded
from weather_mlops.sources.kma_forecast_csv import ForecastFile, parse

HOUR = timedelta(hours=1)
NAME = "60_127_TMP.csv"
COLUMNS = "day,hour,forecast,value"
COLUMNS_2026 = "day(UTC),hour(UTC),forecast,value,day(KST),hour(KST)"
Forecast = dict[tuple[datetime, int], float]
"""Values by issue and lead in hours."""


@dataclass(frozen=True)
class Spelling:
    newline: str
    bom: bool
    plus: str
    space: str
    between: str
    daily: bool
    repeated: bool
    kst: str

    def written(self, forecast: Forecast) -> bytes:
        """A file with the rows in order, and all of it twice where it is repeated."""
        lines: list[str] = []
        start = "%Y%m%d" if self.daily else "%Y%m01"
        for day, rows in groupby(sorted(forecast.items()), key=lambda row: row[0][0].strftime(start)):
            columns = "" if lines else f" format: {self.columns}  location:60_127"
            lines += [f"{columns} Start : {day} ", *(self.row(*key, value) for key, value in rows)]
        text = self.newline.join([*lines * (1 + self.repeated), ""])
        return text.encode("utf-8-sig" if self.bom else "utf-8")

    @property
    def columns(self) -> str:
        return COLUMNS if self.kst == "none" else COLUMNS_2026

    def row(self, issued: datetime, lead: int, value: float) -> str:
        cells = [str(issued.day), f"{issued:%H}00", f"{self.plus}{lead}", f"{value:.6f}"]
        if self.kst != "none":
            named = issued + 9 * HOUR + (lead * HOUR if self.kst == "valid" else 0 * HOUR)
            cells += [str(named.day), f"{named:%H}00"]
        return self.space + f"{self.between}".join(cells) + self.space


SPELLINGS = st.builds(
    Spelling,
    newline=st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
    bom=st.booleans(),
    plus=st.sampled_from(["+", ""]),
    space=st.sampled_from([" ", "", "  ", "\t"]),
    between=st.sampled_from([",", ", ", " ,"]),
    daily=st.booleans(),
    repeated=st.booleans(),
    kst=st.sampled_from(["none", "issue", "valid"]),
)
VALUES = st.integers(-450, 450).filter(lambda tenths: tenths not in {-500, -990}).map(lambda n: n / 10)
FIRST_ISSUES = st.builds(
    lambda year, month: datetime(year, month, 1, 2, tzinfo=UTC), st.integers(2015, 2026), st.integers(1, 12)
)
KEYS = st.tuples(st.integers(0, 500), st.integers(0, 90))  # which issue after the first one, and its lead


@st.composite
def forecasts(draw) -> Forecast:
    """Up to 30 values of two months or three."""
    first = draw(FIRST_ISSUES)
    values = draw(st.dictionaries(KEYS, VALUES, min_size=1, max_size=30))
    return {(first + 3 * number * HOUR, lead): value for (number, lead), value in values.items()}


def triples(forecast: Forecast) -> list[tuple[str, str, float]]:
    return [
        (f"{issued:%Y-%m-%dT%H}", f"{issued + lead * HOUR:%Y-%m-%dT%H}", value)
        for (issued, lead), value in sorted(forecast.items())
    ]


@settings(max_examples=200)
@given(forecasts(), SPELLINGS)
def test_a_forecast_reads_back_the_same_in_any_spelling(forecast, spelling):
    read = parse(NAME, decoded(spelling.written(forecast))[0])

    assert files.forecast_values(read) == triples(forecast)
    assert read.lines == len(forecast) * (1 + spelling.repeated)
    assert read.duplicates == len(forecast) * spelling.repeated
    assert (read.corrected, read.missing, len(read.unreadable)) == (0, 0, 0)


def check_lines(read: ForecastFile, text: str) -> None:
    """Each line that isn't blank is a value, a duplicate, missing, unreadable, or a Start line."""
    assert read.lines == len(read.values) + read.duplicates + read.missing + len(read.unreadable)
    filled = [line for line in text.replace("\ufeff", "").split("\n") if line.strip()]
    starts = sum(":" in line for line in filled)
    assert len(filled) - starts <= read.lines <= len(filled) - 1
    numbers = [each.line for each in read.unreadable]
    assert numbers == sorted(set(numbers))
    assert all(text.split("\n")[each.line - 1].strip("\ufeff \r\t") for each in read.unreadable)


FRAGMENTS = st.sampled_from(
    [
        *("", " ", ",", "-", "+", ".", "x", ":", "\n", "\r", "\t", "\0", "\ufeff", "\ud800"),
        *("\x1c", "\u2028", "9" * 400, "1e9", "nan", "-0", "+-4", "٣", "강수없음", '"'),
        *("3,0200,+4,", "32,0200,+4,1.0\n"),
        *("\n START : 20250801 \n", "\n Start : 00000001 \n", "\n Start : 20251301 \n", "Start : 2025"),
        *("\n-999.9\n", "\n1,0200,+4,-999.9\n", " format: day,hour,forecast,value  location:61_127 Start : "),
    ]
)  # fmt: skip


@st.composite
def damaged(draw) -> str:
    """A file with some of its characters cut out or replaced."""
    text = decoded(draw(SPELLINGS).written(draw(forecasts())))[0]
    for _ in range(draw(st.integers(1, 5))):
        begin = draw(st.integers(0, len(text)))
        end = begin + draw(st.sampled_from([0, 0, 1, 1, 3, 40]))
        text = text[:begin] + draw(FRAGMENTS) + text[end:]
    return text


@settings(max_examples=300)
@given(damaged() | st.lists(FRAGMENTS | st.text(max_size=9)).map("".join))
@example(files.forecast(" 1,0200,+4,21.0 ").replace("Start", "START"))
@example("\n\ufeff" + files.forecast(" 1,0200,+4,21.0 "))
def test_each_line_of_any_text_is_counted_or_the_file_refused(text):
    try:
        read = parse(NAME, text)
    except FileRefused:
        return
    check_lines(read, text)


NUMBERS = st.tuples(
    st.sampled_from(["", "", " ", "+", "-", "+-", "+ ", "\t", ".", "0", "++"]),
    st.sampled_from(["1", "0200", "4", "21.5", "0", "", "12", "1700", "99"]),
    st.sampled_from(["", "", " ", ".", ".5", "0", ".00000000000001", "-", "+", "\r"]),
).map("".join)
ROWS = st.lists(NUMBERS, min_size=3, max_size=6).map(",".join) | st.builds(
    lambda day, hour, lead, value: f"{day},{hour},+{lead},{value}",
    *(st.just(each) | NUMBERS for each in ("1", "0200", "4", "21.5")),
)


@settings(max_examples=500)
@given(ROWS, st.sampled_from(["", ",31,1100"]))
@example("1,0200,+4,+21.5", "")
@example("1,0200,+4,++21.5", "")
@example("1,0200,+4,.5", "")
@example("1,0200,+4,21.123456789012", "")
@example("1,0200,+-0,21.5", "")
@example("1,0200,+4,21.5\r1,0200,+5,21.5", "")
@example("1,0200,+ 4,21.5", "")
def test_one_bad_line_changes_no_other_line_of_its_month(row, more):
    around = [f" 31,0200,+{lead},{lead}.0{more} " for lead in range(3)]
    row += ",1,1100" if more and row.count(",") == 3 else ""
    whole = parse(NAME, files.forecast(*around, row))
    with_a_bad_line = parse(NAME, files.forecast(*around, row, "x"))

    assert files.forecast_values(with_a_bad_line) == files.forecast_values(whole)
    assert with_a_bad_line.unreadable[:-1] == whole.unreadable
    assert with_a_bad_line.lines == whole.lines + 1
