"""Import files of the KMA's forecast that people downloaded from the portal: raw, audit, one commit a group.

A file has one variable at one cell, so a row of the table has its values from several files. Files that
follow one another for the same cell are therefore merged and published together. Their rows count as received
ARCHIVE_DELAY after their issue: that the files arrive years later doesn't mean that nobody knew them.

What is counted are lines of the files, each with one value. Where two files have the same value differently,
the later one counts.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from pyiceberg.catalog import Catalog

from weather_mlops.clock import EPOCH, HOUR
from weather_mlops.errors import FileRefused, FormatChanged, Misconfigured
from weather_mlops.ingest.kma_forecast.archive import REJECTED, ForecastArchive
from weather_mlops.kma.client import Response
from weather_mlops.kma.endpoints import kst
from weather_mlops.kma.forecast.cells import Cell, stations_of_file
from weather_mlops.lake import kma_forecasts, raw
from weather_mlops.lake.keys import isin
from weather_mlops.lake.kma_forecast_changes import ValueChanges, values_of
from weather_mlops.lake.kma_forecast_merge import row_keys
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.sources import kma_forecast_csv
from weather_mlops.sources.encodings import decoded
from weather_mlops.sources.kma_forecast_csv import ForecastFile
from weather_mlops.sources.reading import ForecastSource

log = logging.getLogger(__name__)

IMPORTED: Final = "imported_forecasts"
"""Stands for the endpoint of imported files in the keys of raw."""
STATION: Final = "station"
FILE: Final = "file"
VALUES_PER_GROUP: Final = 500_000
"""A group is published before another cell's files would make it longer; 1 GB of memory."""


@dataclass(frozen=True, slots=True)
class LineCounts:
    """What became of the lines of files; arrived = published + equal + quarantined + unreadable.

    Attributes:
        arrived: lines with a value or a marker for "missing", and lines that can't be read.
        published: values that are new in the table, or replaced one of it.
        corrected: published values that replaced one.
        equal: values that the table, or another line, has already; and lines without a value.
        quarantined: values of rows that a critical rule refused.
        unreadable: lines that can't be read.
    """

    arrived: int = 0
    published: int = 0
    corrected: int = 0
    equal: int = 0
    quarantined: int = 0
    unreadable: int = 0


@dataclass(frozen=True)
class _Taken:
    """A file in raw, and the stations that it is for."""

    key: str
    file: ForecastFile
    station_ids: tuple[int, ...]


@dataclass
class ForecastImport:
    """An import of forecast files; only one group of them is in memory.

    Attributes:
        store: the bucket.
        catalog: of the tables.
        suites_dir: folder of the suites.
        clock: the time now, UTC.
        station: id or name of the station that all files are for; empty for those that stand in their cells.
    """

    store: ObjectStore
    catalog: Catalog
    suites_dir: Path
    clock: Callable[[], datetime]
    station: str = ""
    _archive: ForecastArchive = field(init=False)
    _group: list[_Taken] = field(default_factory=list)
    _cells: dict[int, Cell] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._archive = ForecastArchive(self.store, self.catalog, self.suites_dir, self.clock)

    def add(self, source: ForecastSource) -> LineCounts:
        """Store a file in raw and add it to the group; return the lines of a group that was full.

        Raises:
            FileRefused: it can't be read, no station stands in its cell, or an earlier file of the station
                has another cell.
            CommitConflict, StorageUnavailable, StorageRefused.
        """
        now = self.clock()
        file = source.parsed(now)
        stations = self._stations(file)
        counts = LineCounts()
        values = sum(len(taken.file.values) for taken in self._group)
        same_cell = bool(self._group) and self._group[-1].file.cell == file.cell
        if values and not same_cell and values + len(file.values) > VALUES_PER_GROUP:
            counts = self.publish()
        response = _response(source, file, stations, self.station, now)
        key = raw.put_response(self.store, response, file.lines)
        self._group.append(_Taken(key, file, stations))
        log.info("import: %s: %s, %s", source.name, file, source.encoding)
        return counts

    def _stations(self, file: ForecastFile) -> tuple[int, ...]:
        """The stations that a file is for; all files of an import have the same cell for a station."""
        try:
            stations = stations_of_file(file.cell, self.station)
        except Misconfigured as error:
            raise FileRefused(str(error)) from None
        for station_id in stations:
            other = self._cells.setdefault(station_id, file.cell)
            if other != file.cell:
                raise FileRefused(
                    f"of cell {file.cell}, an earlier file has {other} for station {station_id}: import the "
                    "files of one cell"
                )
        return stations

    def publish(self) -> LineCounts:
        """Audit and publish the files of the group, and begin another one.

        Raises:
            CommitConflict, StorageUnavailable, StorageRefused.
        """
        group, self._group = self._group, []
        if not group:
            return LineCounts()
        now = self.clock()
        run = f"import/{now:%Y-%m-%dT%H:%M:%S.%fZ}"
        rows = rows_of(group, now, self.station)
        if not rows.num_rows:
            return _counted(group, ValueChanges(), 0)
        result = self._archive.audit(rows, run=run, rejected=_rejected(group))
        refused = rows.filter(pa.array(~isin(row_keys(rows), row_keys(result.accepted))))
        # Stations that share a cell share its lines, which count once.
        first = sorted({taken.station_ids[0] for taken in group})
        batch = self._archive.batch("portal", (taken.key for taken in group), result)
        published = self._archive.publish(result, batch, run=run, values_of=first)
        return _counted(group, published.values, values_of(refused, first))


def _response(
    source: ForecastSource, file: ForecastFile, stations: Sequence[int], station: str, now: datetime
) -> Response:
    """A response whose request isn't known: stored by the issues and stations of its values."""
    name = source.name.rpartition("/")[2]
    params = {
        FILE: name,
        raw.VARIABLE: file.category,
        STATION: station,
        **source.notes,
        "stn": ":".join(map(str, stations)),
    }
    if len(file.values):
        first, last = (EPOCH + int(each.astype(np.int64)) * HOUR for each in _span(file))
        params |= {"tm1": kst(first), "tm2": kst(last)}
    return Response(IMPORTED, params, f"file:{name}", 0, now, source.body)


def _span(file: ForecastFile) -> tuple[np.datetime64, np.datetime64]:
    return file.issued_at.min(), file.issued_at.max()


def rows_of(group: Sequence[_Taken], received_at: datetime, station: str) -> pa.Table:
    """The rows of files with all their variables, as they were received when they were issued.

    Returns:
        FORECAST_ROWS, and ``raw_key`` of a file that has a value of the row: that of the temperature, if any
        has it.
    """
    rows = kma_forecast_csv.rows([taken.file for taken in group], received_at, station)
    rows = kma_forecasts.as_archive(rows)
    index = np.zeros(rows.num_rows, np.int64)
    series = [
        (number, taken.file.series(station_id))
        for number, taken in enumerate(group)
        for station_id in taken.station_ids
    ]
    keys = np.unique(np.concatenate([np.array([], np.int64), *(each.keys for _, each in series)]))
    for number, each in sorted(series, key=lambda pair: pair[1].column.startswith("air_temperature")):
        index[np.searchsorted(keys, each.keys)] = number
    names = pa.DictionaryArray.from_arrays(pa.array(index), pa.array([taken.key for taken in group]))
    return rows.append_column("raw_key", names.cast(pa.string()))


def replayed(store: ObjectStore, keys: Sequence[str]) -> tuple[pa.Table, pa.Table]:
    """The rows of files again that an import stored in raw and published together.

    Args:
        store: the bucket.
        keys: of the files, in the order of the import, at least one.

    Returns:
        FORECAST_ROWS and ``raw_key``; and REJECTED.

    Raises:
        FileNotFoundError: a file or its sidecar doesn't exist.
        FormatChanged: one can't be read.
        StorageUnavailable, StorageRefused.
    """
    group: list[_Taken] = []
    for key in keys:
        stored = raw.read_response(store, key)
        params = stored.about.get("params", {})
        try:
            file = kma_forecast_csv.parse(str(params[FILE]), decoded(stored.body)[0])
            station = str(params.get(STATION, ""))
            group.append(_Taken(key, file, stations_of_file(file.cell, station)))
        except (FileRefused, Misconfigured, KeyError) as error:
            raise FormatChanged(f"{store.where(key)}: {error}") from error
    return rows_of(group, stored.received_at, station), _rejected(group)


def _rejected(group: Sequence[_Taken]) -> pa.Table:
    """Lines that can't be read; nobody knows their issue, so each has the first one of its file."""
    records = [
        {
            "issued_at": EPOCH + int(_span(taken.file)[0].astype(np.int64)) * HOUR,
            "cell": str(taken.file.cell),
            "text": line.text,
            "reason": f"line {line.line}: {line.reason}",
            "raw_key": taken.key,
        }
        for taken in group
        if len(taken.file.values)
        for line in taken.file.unreadable
    ]
    return pa.Table.from_pylist(records, schema=REJECTED)


def _counted(group: Sequence[_Taken], changes: ValueChanges, quarantined: int) -> LineCounts:
    arrived = sum(taken.file.lines for taken in group)
    unreadable = sum(len(taken.file.unreadable) for taken in group)
    published = changes.inserted + changes.corrected
    return LineCounts(
        arrived=arrived,
        published=published,
        corrected=changes.corrected,
        equal=arrived - unreadable - published - quarantined,
        quarantined=quarantined,
        unreadable=unreadable,
    )
