"""Columns of the tables about missing and refused issues of the KMA's forecast."""

from typing import Final

import pyarrow as pa

from weather_mlops.lake.columns import RAW_KEY, REFUSING_RUN, REQUESTS, STATION, UTC_TIME, column

_ISSUED: Final = "Time of the issue (UTC), as the KMA names it"

KMA_FORECAST_GAPS_SCHEMA: Final = pa.schema(
    [
        column("station_id", pa.int32(), STATION),
        column("issued_at", UTC_TIME, f"{_ISSUED}, that should exist"),
        *REQUESTS,
        column(
            "reason",
            pa.string(),
            "missing: the KMA has no such issue; partial: it has some of its hours; quarantined: rows were "
            "refused; not_requested: not requested yet; else the error of the request",
        ),
        column("closed_at", UTC_TIME, "When its rows were published (UTC); null = open", nullable=True),
    ]
)

KMA_FORECAST_QUARANTINE_SCHEMA: Final = pa.schema(
    [
        column("station_id", pa.int32(), f"{STATION}; null where an item can't be read", nullable=True),
        column("issued_at", UTC_TIME, _ISSUED),
        column("valid_at", UTC_TIME, "Time that is forecast (UTC); null where not known", nullable=True),
        column("rule", pa.string(), "Critical rules that the row breaks, joined by '; '"),
        column("value", pa.string(), "Values that break them: column=value; ...; or the item as received"),
        RAW_KEY,
    ]
)
KMA_FORECAST_QUARANTINE_TABLE_SCHEMA: Final = pa.schema([*KMA_FORECAST_QUARANTINE_SCHEMA, *REFUSING_RUN])
