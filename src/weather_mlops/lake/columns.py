"""What the definitions of the tables' columns share."""

from typing import Final

import pyarrow as pa

UTC_TIME: Final = pa.timestamp("us", tz="UTC")
STATION: Final = "KMA station id"


def column(name: str, kind: pa.DataType, doc: str, *, nullable: bool = False) -> pa.Field:
    """A column with its documentation."""
    return pa.field(name, kind, nullable=nullable, metadata={"doc": doc})


REQUESTS: Final = (
    column("first_seen", UTC_TIME, "When it was first missing (UTC)"),
    column("last_tried", UTC_TIME, "When it was last requested (UTC)"),
    column("tries", pa.int32(), "Number of requests without success"),
)
"""Of a gap: when and how often what is missing was requested."""
REFUSING_RUN: Final = (
    column("run_id", pa.string(), "Run that first refused the row"),
    column("quarantined_at", UTC_TIME, "Time of that run (UTC)"),
)
"""Of a refused row: the run that refused it first."""
RAW_KEY: Final = column("raw_key", pa.string(), "S3 key of the response that the row was read from")
