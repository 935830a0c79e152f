"""The SQL view of which KMA forecast was known when, for DuckDB: a join on it shows nothing from the future.

``kma_forecasts_known`` has one row per station, valid time and span of time in which the same was known:
``known_from <= moment and (known_until is null or moment < known_until)``. So a forecast of 24 hours ahead,
as it was known at the time, next to what was observed:

    select o.station_id, o.observed_at, k.air_temperature_c, o.air_temperature_c
    from observations o join kma_forecasts_known k
      on k.station_id = o.station_id and k.valid_at = o.observed_at
      and k.known_from <= o.observed_at - interval 24 hours
      and (k.known_until is null or k.known_until > o.observed_at - interval 24 hours)

Each variable is that of the newest issue that gives it among the rows received by ``known_from``; an older
issue that is received late replaces none of a newer one. ``verification.official.newest_known`` gives the
same in Python.
"""

from typing import Final

from weather_mlops.kma.forecast.rows import FORECAST_VARIABLES, TEXT_OF
from weather_mlops.lake.schemas import KMA_FORECASTS

KNOWN: Final = "kma_forecasts_known"
_NUMBER_OF: Final = {text: number for number, text in TEXT_OF.items()}


def known_view() -> str:
    """The statement that creates the view over the view ``kma_forecasts`` of the table."""
    values = ",\n".join(f"    {_newest(variable.name)} AS {variable.name}" for variable in FORECAST_VARIABLES)
    # The window's default frame takes in all rows of the same received_at. Of these, only the last one has a
    # span that isn't empty.
    return f"""
CREATE OR REPLACE TEMPORARY VIEW {KNOWN} AS
SELECT * FROM (
  SELECT
    station_id,
    valid_at,
    received_at AS known_from,
    lead(received_at) OVER known AS known_until,
    max(issued_at) OVER known AS issued_at,
{values}
  FROM {KMA_FORECASTS.name}
  WINDOW known AS (PARTITION BY station_id, valid_at ORDER BY received_at)
)
WHERE known_until IS NULL OR known_from < known_until
"""  # noqa: S608  names of columns, no input


def _newest(name: str) -> str:
    """The value of the newest issue that gives it; a text goes with its number."""
    if name in _NUMBER_OF:
        given = f"{_NUMBER_OF[name]} IS NOT NULL OR {name} IS NOT NULL"
        return f"arg_max_null({name}, issued_at) FILTER (WHERE {given}) OVER known"
    if name in TEXT_OF:
        given = f"{name} IS NOT NULL OR {TEXT_OF[name]} IS NOT NULL"
        return f"arg_max_null({name}, issued_at) FILTER (WHERE {given}) OVER known"
    return f"arg_max({name}, issued_at) OVER known"
