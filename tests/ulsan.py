"""Two real years of Ulsan (ASOS 152): the KMA's forecasts from the portal's files, and the observations."""

import gzip
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import pyarrow as pa

from weather_mlops.kma import wire
from weather_mlops.lake.kma_forecasts import as_archive
from weather_mlops.sources import kma_forecast_csv

GUIDANCE: Final = Path(__file__).resolve().parents[2] / "shared" / "kma" / "guidance"
STATION: Final = 152
COLUMN: Final = "air_temperature_c"
MOVED: Final = date(2016, 4, 1)
"""First day of the station at its new site."""


def forecasts() -> pa.Table:
    """3-hourly temperatures of all issues of 2015 and 2016."""
    paths = [GUIDANCE / "portal" / f"102_83_T3H_{year}.csv.gz" for year in (2015, 2016)]
    files = [file for path in paths for _, file in kma_forecast_csv.read(path)]
    return as_archive(kma_forecast_csv.rows(files, datetime(2026, 1, 1, tzinfo=UTC), str(STATION)))


def observed_rows() -> pa.Table:
    """Hourly observations of 2015 to 2017, with all columns of the API."""
    paths = [GUIDANCE / "observed" / f"kma_sfctm3_{STATION}_{year}.txt.gz" for year in (2015, 2016, 2017)]
    return pa.concat_tables([wire.parse(gzip.decompress(path.read_bytes())).rows for path in paths])
