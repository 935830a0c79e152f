"""Recognise the format of a file by its content, and name what other files are."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from weather_mlops.errors import FileRefused
from weather_mlops.kma import wire
from weather_mlops.sources import asos_hourly, cells, encodings, fields, kma_forecast_lines, portal
from weather_mlops.sources.quoting import LOOKED_AT, quoted
from weather_mlops.variables import TOKENS_PER_ROW

START, END = wire.START.decode(), wire.END.decode()
ROWS_LOOKED_AT: Final = 50
_DIGITS: Final = re.compile(r"[0-9]{8}([0-9]{2}){0,2}")
# How HTML pages begin; responses in XML have a <header> and a <body> as well.
_HTML: Final = re.compile(r"<!doctype html|<(html|head|title|script|meta|form)\b")
_BINARY: Final = {
    b"%PDF": "a PDF",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"PAR1": "a Parquet file",
    b"\xd0\xcf\x11\xe0": "an old workbook of Excel: save its sheet as CSV",
    b"7z\xbc\xaf": "a 7z archive: unpack it first",
    b"Rar!": "a RAR archive: unpack it first",
    b"BZh": "a bzip2 archive: unpack it first",
    b"\xfd7zXZ": "an xz archive: unpack it first",
}
# Other endpoints of the API Hub, by names that only their headers have.
_ENDPOINTS: Final = (
    ({"WS_AVG", "TA_AVG"}, "daily observations (kma_sfcdd)"),
    ({"WD1", "WS1"}, "observations of AWS by the minute (nph-aws2_min)"),
    ({"RE", "QCM"}, "hourly observations of AWS (awsh)"),
    ({"STN_SP"}, "a list of stations (stn_inf)"),
    ({"LON", "LAT", "VAL"}, "one element of many stations (kma_sfctm5, sfc_aws_day)"),
)
# How labels of the portal's daily and monthly files begin.
_DAILY: Final = ("평균", "최고기온", "최저기온", "최대", "일강수", "합계", "월")
_ASK: Final = "Request these hours from kma_sfctm3, or export the hourly ASOS file from the portal."


@dataclass(frozen=True, slots=True)
class Format:
    """A format that can be imported.

    Attributes:
        name: identifier that is stored with the raw file.
        title: name for messages.
        parse: parses a text to rows.
        corrects: whether its values passed the KMA's quality control, and replace those of the API.
    """

    name: str
    title: str
    parse: Callable[[str], wire.Parsed]
    corrects: bool


@dataclass(frozen=True, slots=True)
class ForecastFormat:
    """A format of the KMA's forecast that can be imported.

    Attributes:
        name: identifier that is stored with the raw file.
        title: name for messages.
    """

    name: str
    title: str


API_HUB: Final = Format(
    "kma_sfctm",
    "kma_sfctm2/3",
    lambda text: wire.parse(encodings.korean(text.lstrip("\ufeff"))),
    corrects=False,
)
PORTAL: Final = Format("portal_csv", "the portal's hourly CSV", portal.parse, corrects=True)
ASOS_HOURLY: Final = Format("asos_hourly", "getWthrDataList", asos_hourly.parse, corrects=True)
FORMATS: Final = {each.name: each for each in (API_HUB, PORTAL, ASOS_HOURLY)}
PORTAL_FORECAST: Final = ForecastFormat("portal_forecast_csv", "the portal's short-term forecast (단기예보)")


def recognise(body: bytes, text: str) -> Format | ForecastFormat:
    """Recognise the format of a file.

    Args:
        body: bytes of the file, unpacked.
        text: decoded body.

    Raises:
        FileRefused: the file is something else; the message says what.
    """
    for magic, what in _BINARY.items():
        if body.startswith(magic):
            raise FileRefused(f"{what}: no observations can be read from it")
    start = text[: LOOKED_AT * 4].lstrip("\ufeff \t\r\n")
    head = start[:LOOKED_AT].lower()
    if not start:
        raise FileRefused("empty" if not body.strip() else "nothing but white space")
    if "<html" in head[:1000] or (head.startswith("<") and _HTML.search(head[:1000])):
        raise _refused("an HTML page: maintenance or a login, most likely", start, "Download it again.")
    if start.startswith(START):
        _check_rows(text)
        return API_HUB
    if kma_forecast_lines.is_forecast(text):
        return PORTAL_FORECAST
    if start[:1] in {"{", "[", "<"}:
        return ASOS_HOURLY
    if names := portal.header(text):
        _check_portal(names, text)
        return PORTAL
    raise _something_else(text, start)


def _refused(what: str, text: str, advice: str) -> FileRefused:
    return FileRefused(f"{what}; it begins {quoted(text)!r}. {advice}")


def _check_rows(text: str) -> None:
    """Make sure that a text with the API Hub's markers is of kma_sfctm2 or kma_sfctm3.

    Raises:
        FileRefused: it is not; the message names the endpoint if header or rows reveal it.
    """
    if not text.rstrip().endswith(END):
        last = quoted(text.rstrip().rpartition("\n")[2])
        raise _refused(
            f"cut off: no end marker {END}, the last line is {last!r}", text.lstrip(), "Download it again."
        )
    lines = text.splitlines()
    names = wire.header_names([encodings.korean(line.strip()) for line in lines[: wire.HEADER_LINES + 10]])
    rows = [line for line in lines if line.strip() and not line.lstrip().startswith("#")][:ROWS_LOOKED_AT]
    shown = rows[0].strip() if rows else text.lstrip()
    if names is not None and names != list(wire.HEADER_NAMES):
        raise _refused(f"not kma_sfctm2/3: {_endpoint(names)}", shown, _ASK)
    if rows and sum("," in row for row in rows) > len(rows) / 2:
        raise _refused("comma format (disp=1)", shown, "Request it with disp=0, or without disp.")
    unlike = [row for row in rows if len(row.split()) != TOKENS_PER_ROW]
    if names is None and len(unlike) > len(rows) / 2:
        raise _refused(f"not kma_sfctm2/3: {_by_row(unlike[0])}", shown, _ASK)


def _endpoint(names: Sequence[str]) -> str:
    known = next(
        (what for words, what in _ENDPOINTS if words <= set(names)), "a response of another endpoint"
    )
    return f"{known}, its columns are {quoted(' '.join(names[:6]))} …"


def _by_row(row: str) -> str:
    tokens = row.split()
    daily = len(tokens[0]) == len("YYYYMMDD") and tokens[0].isdecimal()
    what = "daily observations (kma_sfcdd)" if daily else "a response of another endpoint"
    return f"{what}, its rows have {len(tokens)} fields instead of {TOKENS_PER_ROW}"


def _check_portal(names: Sequence[str], text: str) -> None:
    """Make sure that a table of the portal is hourly.

    Raises:
        FileRefused: it is by day, month or minute.
    """
    labels = fields.labels(names)
    time_column = next(index for index, label in enumerate(labels) if label in fields.TIME)
    times = [row[time_column] for row in portal.rows(text, ROWS_LOOKED_AT) if len(row) > time_column]
    hourly = [match for time in times if (match := cells.TIME.fullmatch(time))]
    daily_names = any(label.startswith(_DAILY) for label in labels)
    if daily_names or (times and len(hourly) < len(times) / 2):
        raise _refused(
            "a file of the portal by day or month", text.lstrip(), "Export the hourly file (시간 자료)."
        )
    minutes = [match for match in hourly if int(match["minute"] or match["last"] or 0)]
    if times and len(minutes) > len(times) / 2:
        raise _refused("a file of the portal by minute", text.lstrip(), "Export the hourly file (시간 자료).")


def _something_else(text: str, start: str) -> FileRefused:
    words = start.replace(",", " ").split()
    if (
        "\0" in start
        or sum(not letter.isprintable() and not letter.isspace() for letter in start) > len(start) / 10
    ):
        return FileRefused("not text: no observations can be read from it")
    if words and _DIGITS.fullmatch(words[0]):
        kind = (
            "comma format (disp=1) without markers"
            if "," in start.partition("\n")[0]
            else "rows without markers"
        )
        return _refused(
            f"{kind}: {START} and {END} are missing, so it may be incomplete", start,
            "Save responses of kma_sfctm3 (disp=0) as they come.",
        )  # fmt: skip
    if start.startswith("#"):
        return _refused(f"a response without its first line {START}", start, "Save responses as they come.")
    if "," in portal.first_line(text) or "\t" in portal.first_line(text):
        return _refused(
            "a table without a station (지점) and a time (일시) in its first line", start,
            "Export the hourly ASOS file from data.kma.go.kr, with its header.",
        )  # fmt: skip
    return _refused("a text without observations", start, "Read the text, and request the data again.")
