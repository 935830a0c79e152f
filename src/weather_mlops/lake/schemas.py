"""Definitions of the Iceberg tables: columns with their documentation, identity, partitions and order.

Field ids are the positions of the columns here, from 1: a new variable goes to the end of
``variables.VARIABLES``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC, PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.sorting import SortField, SortOrder
from pyiceberg.transforms import IdentityTransform, MonthTransform
from pyiceberg.types import (
    DateType,
    DoubleType,
    IntegerType,
    NestedField,
    PrimitiveType,
    StringType,
    TimestamptzType,
)

from weather_mlops.kma.forecast.rows import FORECAST_ROWS
from weather_mlops.kma.forecast.rows import KEY as KMA_FORECAST_KEY
from weather_mlops.kma.wire import OBSERVATION_SCHEMA
from weather_mlops.lake import verification_columns
from weather_mlops.lake.columns import RAW_KEY, REFUSING_RUN, REQUESTS, STATION, UTC_TIME, column
from weather_mlops.lake.kma_forecast_columns import (
    KMA_FORECAST_GAPS_SCHEMA,
    KMA_FORECAST_QUARANTINE_TABLE_SCHEMA,
)
from weather_mlops.variables import BY_NAME

NAMESPACE: Final = "weather"
KEY: Final = ("station_id", "observed_at")
_FIRST_PARTITION_ID: Final = 1000  # as the Iceberg specification has it
_OBSERVED: Final = "Time of the observation (UTC)"

_DOCUMENTATION: Final = {
    "station_id": STATION,
    "observed_at": _OBSERVED,
    "precipitation_period_h": "Hours that precipitation_mm is the sum of [h]; null where it isn't known",
    **{name: variable.documentation for name, variable in BY_NAME.items()},
}

OBSERVATIONS_SCHEMA: Final = pa.schema(
    [
        *(column(f.name, f.type, _DOCUMENTATION[f.name], nullable=f.nullable) for f in OBSERVATION_SCHEMA),
        RAW_KEY,
    ]
)

KEY_SCHEMA: Final = pa.schema([OBSERVATIONS_SCHEMA.field(name) for name in KEY])
"""The columns of KEY, as every table but the quarantine has them."""

QUARANTINE_SCHEMA: Final = pa.schema(
    [
        column("station_id", pa.int32(), f"{STATION}; null where the row can't be read", nullable=True),
        column("observed_at", UTC_TIME, f"{_OBSERVED}; null where the row can't be read", nullable=True),
        column("rule", pa.string(), "Critical rules that the row breaks, joined by '; '"),
        column("value", pa.string(), "Values that break them: column=value; ...; or the line as received"),
        RAW_KEY,
        column("line", pa.int32(), "Line number in that response, from 1"),
    ]
)
QUARANTINE_TABLE_SCHEMA: Final = pa.schema([*QUARANTINE_SCHEMA, *REFUSING_RUN])

GAPS_SCHEMA: Final = pa.schema(
    [
        column("station_id", pa.int32(), STATION),
        column("observed_at", UTC_TIME, "Time of the observation that should exist (UTC)"),
        *REQUESTS,
        column(
            "reason",
            pa.string(),
            "missing: the KMA has no row; quarantined: its row was refused; not_requested: not requested "
            "yet; else the error of the request",
        ),
        column("closed_at", UTC_TIME, "When its row was published (UTC); null = open", nullable=True),
    ]
)

OBSERVATIONS_ONLY: Final = "observations"
WITH_KMA_FORECAST: Final = "observations and KMA forecast"
FORECAST_INPUTS: Final = (OBSERVATIONS_ONLY, WITH_KMA_FORECAST)
_LATER: Final = "null in forecasts of older versions"

FORECASTS_SCHEMA: Final = pa.schema(
    [
        column("issued_at", UTC_TIME, "Time of the newest observation that the forecast used (UTC)"),
        column("station_id", pa.int32(), STATION),
        column("target", pa.string(), "What is forecast: a column of observations, whose name has the unit"),
        column("valid_at", UTC_TIME, "Time that is forecast (UTC): issued_at and lead_hours later"),
        column("lead_hours", pa.int32(), "From issued_at to valid_at [h]"),
        column("p10", pa.float64(), "Quantile 0.1, in the unit of the target"),
        column("p50", pa.float64(), "Median, in the unit of the target"),
        column("p90", pa.float64(), "Quantile 0.9, in the unit of the target"),
        column("model_version", pa.string(), "Version of the model that issued it"),
        *(
            column(f"p{percent:02d}", pa.float64(), f"Quantile {percent / 100:g}; {_LATER}", nullable=True)
            for percent in (5, 25, 40, 60, 75, 95)
        ),
        column("inputs", pa.string(), f"{' or '.join(FORECAST_INPUTS)}; {_LATER}", nullable=True),
        column(
            "kma_issued_at",
            UTC_TIME,
            "Issue of the KMA's forecast that it began with (UTC); null = without one",
            nullable=True,
        ),
    ]
)

_ICEBERG_TYPES: Final[Mapping[pa.DataType, PrimitiveType]] = {
    pa.int32(): IntegerType(),
    pa.float64(): DoubleType(),
    pa.string(): StringType(),
    UTC_TIME: TimestamptzType(),
    pa.date32(): DateType(),
}

PROPERTIES: Final[Mapping[str, str]] = {
    "format-version": "2",
    "write.parquet.compression-codec": "zstd",
    # A file is sorted by station. A reader of a few stations decodes the groups of rows that hold them: by
    # PyIceberg's default of a million rows it would decode most of a month of forecasts for each station.
    "write.parquet.row-group-limit": "131072",
    # Manifests are merged, so that each commit reads few. Full ones (about 200 files) stay as they are.
    "commit.manifest-merge.enabled": "true",
    "commit.manifest.min-count-to-merge": "2",
    "commit.manifest.target-size-bytes": "65536",
    # Only the keys' bounds prune a scan; those of all columns would make manifests twenty times as large.
    "write.metadata.metrics.default": "none",
    # Old metadata files are removed by maintenance, many in one request, not by each commit.
    "write.metadata.previous-versions-max": "5",
    # PyIceberg's own retry appends after another writer's commit without comparing: the same rows twice.
    # publish.py compares again instead.
    "commit.retry.num-retries": "0",
}


@dataclass(frozen=True)
class TableDefinition:
    """Definition of a table: columns, identity of a row, sort order and partitions.

    Attributes:
        distinct_by: columns that tell rows apart where there is no identity, because some may be null.
        time: the column, of times or of days, whose months are the partitions, if they are.
    """

    name: str
    columns: pa.Schema
    identity: tuple[str, ...] = ()
    distinct_by: tuple[str, ...] = ()
    sorted_by: tuple[str, ...] = KEY
    time: str = "observed_at"
    monthly: bool = True
    namespace: str = NAMESPACE

    @property
    def identifier(self) -> str:
        """The full name in the catalog."""
        return f"{self.namespace}.{self.name}"

    def select(self, *names: str) -> pa.Schema:
        """The schema of some columns, in this order."""
        return pa.schema([self.columns.field(name) for name in names])

    @property
    def schema(self) -> Schema:
        """The Iceberg schema, with documented columns and fixed ids."""
        ids = {name: field_id for field_id, name in enumerate(self.columns.names, start=1)}
        return Schema(
            *(
                NestedField(
                    field_id=ids[column.name],
                    name=column.name,
                    field_type=_ICEBERG_TYPES[column.type],
                    required=not column.nullable,
                    doc=column.metadata[b"doc"].decode(),
                )
                for column in self.columns
            ),
            identifier_field_ids=[ids[name] for name in self.identity],
        )

    @property
    def partitions(self) -> PartitionSpec:
        """The partitions: by month, or none."""
        if not self.monthly:
            return UNPARTITIONED_PARTITION_SPEC
        source = self.schema.find_field(self.time).field_id
        return PartitionSpec(
            PartitionField(source, _FIRST_PARTITION_ID, MonthTransform(), f"{self.time}_month")
        )

    @property
    def properties(self) -> Mapping[str, str]:
        """Properties of the table, including those that store the bounds of its keys."""
        keys = dict.fromkeys((*self.sorted_by, *self.identity))
        return {**PROPERTIES, **{f"write.metadata.metrics.column.{name}": "full" for name in keys}}

    @property
    def order(self) -> SortOrder:
        """The sort order of a compacted file."""
        field_ids = [self.schema.find_field(name).field_id for name in self.sorted_by]
        return SortOrder(
            *(SortField(source_id=field_id, transform=IdentityTransform()) for field_id in field_ids)
        )


OBSERVATIONS: Final = TableDefinition("observations", OBSERVATIONS_SCHEMA, identity=KEY)
QUARANTINE: Final = TableDefinition(
    "quarantine", QUARANTINE_TABLE_SCHEMA, distinct_by=("station_id", "observed_at", "rule", "value")
)
GAPS: Final = TableDefinition("gaps", GAPS_SCHEMA, identity=KEY)
FORECASTS: Final = TableDefinition(
    "forecasts",
    FORECASTS_SCHEMA,
    identity=("target", "station_id", "issued_at", "lead_hours"),
    # As they are joined with observations: by station and the time that is forecast.
    sorted_by=("target", "station_id", "valid_at", "lead_hours"),
    time="valid_at",
)
KMA_FORECASTS: Final = TableDefinition(
    "kma_forecasts",
    FORECAST_ROWS,
    identity=KMA_FORECAST_KEY,
    # As the newest forecast that was known is looked up: by station and the time that is forecast.
    sorted_by=("station_id", "valid_at", "issued_at"),
    time="valid_at",
)
KMA_FORECAST_GAPS: Final = TableDefinition(
    "kma_forecast_gaps",
    KMA_FORECAST_GAPS_SCHEMA,
    identity=("station_id", "issued_at"),
    sorted_by=("station_id", "issued_at"),
    time="issued_at",
)
KMA_FORECAST_QUARANTINE: Final = TableDefinition(
    "kma_forecast_quarantine",
    KMA_FORECAST_QUARANTINE_TABLE_SCHEMA,
    distinct_by=("station_id", "issued_at", "valid_at", "rule", "value"),
    sorted_by=("station_id", "issued_at"),
    time="issued_at",
)
VERIFICATION: Final = TableDefinition(
    "verification",
    verification_columns.VERIFICATION_SCHEMA,
    identity=verification_columns.KEY,
    sorted_by=verification_columns.KEY,
    time="day",
)
TABLES: Final = (
    OBSERVATIONS,
    QUARANTINE,
    GAPS,
    FORECASTS,
    KMA_FORECASTS,
    KMA_FORECAST_GAPS,
    KMA_FORECAST_QUARANTINE,
    VERIFICATION,
)


def cast_to_schema(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Select and cast columns, so that order, types and nullability are those of the schema.

    Raises:
        KeyError: a column is missing.
        pyarrow.ArrowInvalid: a value does not fit, or is null where it may not be.
    """
    return table.select(schema.names).cast(schema)
