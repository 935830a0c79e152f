"""What the definitions of the tables' columns share."""

from typing import Final

import pyarrow as pa

UTC_TIME: Final = pa.timestamp("us", tz="UTC")
STATION: Final = "KMA station id"


def column(name: str, kind: pa.DataType, doc: str, *, nullable: bool = False) -> pa.Field:
    """A column with its documentation."""
    return pa.field(name, kind, nullable=nullable, metadata={"doc": doc})


RAW_KEY: Final = column("raw_key", pa.string(), "S3 key of the response that the row was read from")
