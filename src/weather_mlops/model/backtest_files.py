"""Files that a backtest reads: observations, and forecasts of the KMA as the portal exports them."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from weather_mlops.errors import FileRefused, Misconfigured
from weather_mlops.kma import wire
from weather_mlops.lake.kma_forecasts import as_archive
from weather_mlops.lake.overlay import completed
from weather_mlops.model import features
from weather_mlops.model.kma_inputs import ForecastRows
from weather_mlops.model.targets import target_named
from weather_mlops.sources import kma_forecast_csv
from weather_mlops.sources.kma_forecast_csv import ForecastFile
from weather_mlops.sources.reading import ForecastSource, Source, sources

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Observed:
    """Observations of files, with the columns that a training needs.

    Attributes:
        rows: station_id, observed_at and the inputs of the target's features, in the order of the files.
        refused: number of files that hold no observations, or are damaged.
    """

    rows: pa.Table
    refused: int


def observations(files: Iterable[Path], target: str, now: datetime) -> Observed:
    """Read the columns that a training needs from files that ``make import`` accepts; later files win.

    Other files are left out, and the log says why; so are rows of future hours.

    Args:
        files: paths of the files.
        target: name of the target.
        now: the time, timezone-aware.

    Raises:
        Misconfigured: no file holds observations.
    """
    columns = ["station_id", "observed_at", *features.inputs(target_named(target))]
    read: list[tuple[bool, wire.Parsed]] = []
    refused = 0
    for path in files:
        for name, source in sources(path):
            try:
                read.append(_read(name, source, now))
            except FileRefused as reason:
                log.error("backtest: refused: %s: %s", name, reason)  # noqa: TRY400  the message is all that helps
                refused += 1
    known = wire.OBSERVATION_SCHEMA.empty_table().select(columns)
    # As in an import, what passed the KMA's quality control comes last.
    for _, parsed in sorted(read, key=lambda each: each[0]):
        rows = parsed.rows.select(columns)
        if parsed.columns is not None:
            rows = completed(rows, known, parsed.columns, pa.array([True] * rows.num_rows, pa.bool_()))
        known = pa.concat_tables([known, rows])
    if not known.num_rows:
        raise Misconfigured("no observations: OBSERVATIONS names files as make import takes them")
    return Observed(known, refused)


def _read(
    name: str, source: Source | ForecastSource | FileRefused, now: datetime
) -> tuple[bool, wire.Parsed]:
    """Whether a source corrects others, and its rows."""
    if isinstance(source, FileRefused):
        raise source
    if isinstance(source, ForecastSource):
        raise FileRefused("a forecast of the KMA: name files of observations")
    parsed = source.parsed(now)
    if parsed.rejected.num_rows:
        log.warning("backtest: %s: %d lines can't be read", name, parsed.rejected.num_rows)
    return source.format.corrects, parsed


@dataclass(frozen=True, slots=True)
class KmaForecasts:
    """Forecasts of the KMA in files.

    Attributes:
        rows_of: the forecasts, as if each had been received soon after its issue.
        refused: number of files that hold none, or are damaged.
    """

    rows_of: ForecastRows
    refused: int


def kma_forecasts(files: Iterable[Path], station: str, now: datetime) -> KmaForecasts:
    """Read the KMA's forecasts from files of the portal.

    Args:
        files: paths of the files.
        station: id or name of the station that they are for; empty for the stations in their cells.
        now: the time, timezone-aware.

    Raises:
        Misconfigured: no file holds a forecast.
        FileRefused: files of a station are of several cells, or no station stands in their cell.
    """
    read: list[ForecastFile] = []
    refused = 0
    for path in files:
        for name, source in sources(path):
            try:
                read.append(_forecast(source, now))
            except FileRefused as reason:
                log.error("backtest: refused: %s: %s", name, reason)  # noqa: TRY400  the message is all that helps
                refused += 1
    if not read:
        raise Misconfigured("no forecasts: KMA_FORECASTS names files of the portal's 단기예보")
    rows = as_archive(kma_forecast_csv.rows(read, now, station)).sort_by("valid_at")
    valid = rows["valid_at"].cast(pa.int64()).to_numpy()

    def rows_of(first: datetime, last: datetime, columns: Sequence[str]) -> pa.Table:  # noqa: ARG001  all are there
        begin, end = (int(each.timestamp()) * 1_000_000 for each in (first, last))
        at = np.searchsorted(valid, begin)
        return rows.slice(at, int(np.searchsorted(valid, end, side="right") - at))

    return KmaForecasts(rows_of, refused)


def _forecast(source: Source | ForecastSource | FileRefused, now: datetime) -> ForecastFile:
    if isinstance(source, FileRefused):
        raise source
    if isinstance(source, Source):
        raise FileRefused("observations: name files of the KMA's forecast")
    return source.parsed(now)
