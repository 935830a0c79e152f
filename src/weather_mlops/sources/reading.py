"""Read rows from a file of any supported archive, encoding and format."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pyarrow.compute as pc

from weather_mlops.errors import FileRefused, FormatChanged, KmaMaintenance, ResponseTruncated
from weather_mlops.kma import wire
from weather_mlops.sources import kma_forecast_csv, portal
from weather_mlops.sources.archives import unpacked
from weather_mlops.sources.encodings import decoded
from weather_mlops.sources.kma_forecast_csv import ForecastFile
from weather_mlops.sources.quoting import quoted
from weather_mlops.sources.recognition import (
    API_HUB,
    FORMATS,
    PORTAL,
    PORTAL_FORECAST,
    ForecastFormat,
    Format,
    recognise,
)
from weather_mlops.stations import stations_by_id

FORMAT: Final = "format"
ENCODING: Final = "encoding"
MOST_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Source:
    """A file whose format is known.

    Attributes:
        name: name for messages; ``months.zip:a.txt`` in a zip.
        body: bytes of the file, unpacked.
        text: decoded body.
        encoding: encoding of the body.
        format: format of the text.
    """

    name: str
    body: bytes
    text: str
    encoding: str
    format: Format

    def parsed(self, received_at: datetime) -> wire.Parsed:
        """Parse the rows; those of future hours are rejected.

        Args:
            received_at: time of the import, timezone-aware.

        Raises:
            FileRefused: most of its rows can't be read, or none is of a station of the KMA.
        """
        parsed = _parsed(self.format, self.text).until(received_at)
        rejected, readable = parsed.rejected.num_rows, parsed.rows.num_rows
        if rejected > readable:
            line, reason = (parsed.rejected[name][0].as_py() for name in ("line", "reason"))
            raise FileRefused(
                f"{rejected} of {rejected + readable} rows can't be read, "
                f"the first at line {line}: {quoted(reason)}. Download it again."
            )
        if self.format is not API_HUB and readable:
            _check_stations(parsed)
        return parsed

    @property
    def notes(self) -> Mapping[str, str]:
        """Notes that are stored with the raw file, so that it can be read again."""
        return {FORMAT: self.format.name, ENCODING: self.encoding}

    def __str__(self) -> str:
        left_out = portal.unknown_columns(self.text) if self.format is PORTAL else []
        also = f", left out: {', '.join(left_out[:MOST_NAMED])}" if left_out else ""
        return f"{self.format.title}, {self.encoding}{also}"


@dataclass(frozen=True, slots=True)
class ForecastSource:
    """A file of the KMA's forecast.

    Attributes:
        name: name for messages, which also says which variable the file has.
        body: bytes of the file, unpacked.
        text: decoded body.
        encoding: encoding of the body.
    """

    name: str
    body: bytes
    text: str
    encoding: str

    def parsed(self, received_at: datetime) -> ForecastFile:
        """Parse the values.

        Args:
            received_at: time of the import, timezone-aware.

        Raises:
            FileRefused: its name has no variable, most of its lines can't be read, or it has an issue of the
                future.
        """
        file = kma_forecast_csv.parse(self.name, self.text)
        newest = file.newest_issue
        if newest is not None and newest > received_at:
            raise FileRefused(
                f"an issue of {newest:%Y-%m-%d %H:%M} UTC, which is in the future: a Start line has a wrong "
                "date. Download it again."
            )
        return file

    @property
    def notes(self) -> Mapping[str, str]:
        """Notes that are stored with the raw file, so that it can be read again."""
        return {FORMAT: PORTAL_FORECAST.name, ENCODING: self.encoding}

    def __str__(self) -> str:
        return f"{PORTAL_FORECAST.title}, {self.encoding}"


def sources(path: Path) -> Iterator[tuple[str, Source | ForecastSource | FileRefused]]:
    """Yield name and source of a file, or of each file of a zip; or the reason why it can't be read."""
    for name, body in unpacked(path):
        if isinstance(body, FileRefused):
            yield name, body
            continue
        try:
            yield name, source(name, body)
        except FileRefused as refused:
            yield name, refused


def source(name: str, body: bytes) -> Source | ForecastSource:
    """Create a source from unpacked bytes.

    Raises:
        FileRefused: it is something else.
    """
    text, encoding = decoded(body)
    recognised = recognise(body, text)
    if isinstance(recognised, ForecastFormat):
        return ForecastSource(name, body, text, encoding)
    return Source(name, body, text, encoding, recognised)


def replayed(body: bytes, about: Mapping[str, Any]) -> wire.Parsed:
    """Parse a stored raw file; rows of hours that were in the future are included.

    Args:
        body: bytes of the file.
        about: content of its sidecar; without a format it is a response of the API.

    Raises:
        FormatChanged: it can't be read.
    """
    name = _format_of(about)
    if name is None:
        return wire.parse(body)
    if name not in FORMATS:
        raise FormatChanged(f"in the format {name!r}, which this version doesn't know")
    try:
        return _parsed(FORMATS[name], decoded(body)[0])
    except FileRefused as error:
        raise FormatChanged(str(error)) from error


def corrects(about: Mapping[str, Any]) -> bool:
    """Whether the values of a raw file passed the KMA's quality control, by its sidecar."""
    format_ = FORMATS.get(_format_of(about) or API_HUB.name)
    return format_ is not None and format_.corrects


def _format_of(about: Mapping[str, Any]) -> str | None:
    params = about.get("params")
    return params.get(FORMAT) if isinstance(params, Mapping) else None


def _parsed(format_: Format, text: str) -> wire.Parsed:
    try:
        return format_.parse(text)
    except (ResponseTruncated, KmaMaintenance, FormatChanged) as error:
        raise FileRefused(str(error)) from error


def _check_stations(parsed: wire.Parsed) -> None:
    stations = pc.unique(parsed.rows["station_id"]).to_pylist()
    if not stations_by_id().keys() & stations:
        shown = ", ".join(map(str, sorted(stations)[:MOST_NAMED]))
        raise FileRefused(
            f"none of its stations ({shown}) is an open ASOS station: a file of AWS, most likely. "
            "Export the ASOS file."
        )
