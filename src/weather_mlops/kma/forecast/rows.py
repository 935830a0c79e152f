"""Rows of the KMA's forecast: one per station, issue and valid time, whichever source they come from.

A variable is null where the KMA gives no value for that hour (a daily maximum has one hour a day, old issues
have a temperature every third hour only) and where it wrote a marker for "missing". A null is never a zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import pyarrow as pa

from weather_mlops.variables import BY_NAME, PhysicalRange

UTC_TIME: Final = pa.timestamp("us", tz="UTC")

Kind = Literal["decimal", "integer", "text"]
Source = Literal["api_hub", "data_go_kr", "grid", "portal"]

SOURCES: Final[tuple[Source, ...]] = ("api_hub", "data_go_kr", "grid", "portal")
"""Where a row can come from: ``getVilageFcst`` of two providers, ``nph-dfs_shrt_grd``, and files."""

KEY: Final = ("station_id", "issued_at", "valid_at")
"""What identifies a row; a source that repeats a row overrides nothing but its values."""

# Hours (KST) at which the KMA gives the two daily values of a day.
MAXIMUM_HOUR_KST: Final = 15
MINIMUM_HOUR_KST: Final = 6


@dataclass(frozen=True)
class ForecastVariable:
    """One forecast variable.

    Attributes:
        name: column name; that of the observed variable where there is one.
        categories: names in KMA's documentation of the forecast, ``TMP``; several where the name changed.
        kind: ``decimal`` (float64), ``integer`` (int32) or ``text``.
        unit: canonical unit.
        english: label.
        korean: label.
        physical: limits of the possible; those of the observed variable where it is one.
        note: what a reader of the column must know.
    """

    name: str
    categories: tuple[str, ...]
    kind: Kind
    unit: str
    english: str
    korean: str
    physical: PhysicalRange | None = None
    note: str = ""

    @property
    def documentation(self) -> str:
        """What the column means, with its unit, for table schemas."""
        unit = f" [{self.unit}]" if self.unit else ""
        codes = " or ".join(self.categories)
        return f"{self.english}{unit}; KMA {codes}{'; ' + self.note if self.note else ''}"


def _as_observed(name: str, *categories: str, note: str = "", english: str = "") -> ForecastVariable:
    """A forecast of an observed variable: its name, unit, labels and limits."""
    observed = BY_NAME[name]
    return ForecastVariable(
        name,
        categories,
        "decimal",
        observed.unit,
        english or observed.english,
        observed.korean,
        observed.physical,
        note,
    )


_TEMPERATURE: Final = BY_NAME["air_temperature_c"].physical

FORECAST_VARIABLES: Final[tuple[ForecastVariable, ...]] = (
    _as_observed("air_temperature_c", "TMP", "T3H", note="whole degrees since 2017; 3-hourly until 2021"),
    ForecastVariable(
        "air_temperature_max_c",
        ("TMX",),
        "decimal",
        "°C",
        "Daily maximum of air temperature",
        "일최고기온",
        _TEMPERATURE,
        "of the KST day, on its row of 15:00 KST",
    ),
    ForecastVariable(
        "air_temperature_min_c",
        ("TMN",),
        "decimal",
        "°C",
        "Daily minimum of air temperature",
        "일최저기온",
        _TEMPERATURE,
        "of the KST day, on its row of 06:00 KST",
    ),
    _as_observed("relative_humidity_pct", "REH"),
    _as_observed("wind_speed_ms", "WSD", english="Wind speed"),
    _as_observed("wind_direction_deg", "VEC", note="0 or 360 = north"),
    ForecastVariable(
        "sky_code",
        ("SKY",),
        "integer",
        "",
        "Sky: 1 clear, 3 mostly cloudy, 4 overcast",
        "하늘상태",
        PhysicalRange(1, 4, "KMA's code table"),
        "2 (partly cloudy) until 2019",
    ),
    ForecastVariable(
        "precipitation_probability_pct",
        ("POP",),
        "decimal",
        "%",
        "Probability of precipitation",
        "강수확률",
        PhysicalRange(0, 100, "definition"),
    ),
    ForecastVariable(
        "precipitation_type_code",
        ("PTY",),
        "integer",
        "",
        "Precipitation: 0 none, 1 rain, 2 rain and snow, 3 snow, 4 shower",
        "강수형태",
        PhysicalRange(0, 7, "KMA's code table"),
    ),
    ForecastVariable(
        "precipitation_mm",
        ("PCP",),
        "decimal",
        "mm",
        "Precipitation of the hour before valid_at",
        "1시간 강수량",
        BY_NAME["precipitation_mm"].physical,
        "the lower bound where precipitation_text is a range: 0 for '1mm 미만', 30 for '30.0~50.0mm'",
    ),
    ForecastVariable(
        "precipitation_text",
        ("PCP",),
        "text",
        "",
        "Precipitation as the KMA wrote it, where that says more than the number",
        "1시간 강수량(원문)",
        note="null where the KMA wrote a plain amount, '강수없음', or nothing",
    ),
    ForecastVariable(
        "snow_cm",
        ("SNO",),
        "decimal",
        "cm",
        "Fresh snow of the hour before valid_at",
        "1시간 신적설",
        PhysicalRange(0, 100, "heaviest snowfalls are below 30 cm/h"),
        "the lower bound where snow_text is a range",
    ),
    ForecastVariable(
        "snow_text",
        ("SNO",),
        "text",
        "",
        "Snow as the KMA wrote it, where that says more than the number",
        "1시간 신적설(원문)",
        note="null where the KMA wrote a plain amount, '적설없음', or nothing",
    ),
)

BY_COLUMN: Final[Mapping[str, ForecastVariable]] = {
    variable.name: variable for variable in FORECAST_VARIABLES
}

BY_CATEGORY: Final[Mapping[str, ForecastVariable]] = {
    category: variable
    for variable in FORECAST_VARIABLES
    if variable.kind != "text"
    for category in variable.categories
}
"""The column with the number of a category, ``TMP``; its text, if it has one, is in ``TEXT_COLUMNS``."""

TEXT_COLUMNS: Final[Mapping[str, str]] = {"PCP": "precipitation_text", "SNO": "snow_text"}
"""The column with the KMA's own text of a category whose values can be ranges."""

TEXT_OF: Final[Mapping[str, str]] = {
    BY_CATEGORY[category].name: text for category, text in TEXT_COLUMNS.items()
}
"""The same columns of text, by the column with the number."""

ARROW_TYPES: Final[Mapping[Kind, pa.DataType]] = {
    "decimal": pa.float64(),
    "integer": pa.int32(),
    "text": pa.string(),
}


def _field(name: str, kind: pa.DataType, doc: str, *, nullable: bool = False) -> pa.Field:
    return pa.field(name, kind, nullable=nullable, metadata={"doc": doc})


FORECAST_ROWS: Final = pa.schema(
    [
        _field("station_id", pa.int32(), "KMA station id"),
        _field(
            "issued_at", UTC_TIME, "Time of the issue (UTC), as the KMA names it; it is out minutes later"
        ),
        _field("valid_at", UTC_TIME, "Time that is forecast (UTC): issued_at and lead_hours later"),
        _field("lead_hours", pa.int32(), "From issued_at to valid_at [h]"),
        *(
            _field(variable.name, ARROW_TYPES[variable.kind], variable.documentation, nullable=True)
            for variable in FORECAST_VARIABLES
        ),
        _field(
            "source",
            pa.string(),
            "api_hub or data_go_kr: getVilageFcst of that provider; grid: nph-dfs_shrt_grd; portal: a file "
            "of data.kma.go.kr",
        ),
        _field("cell_x", pa.int32(), "Cell of the forecast grid, from the west, 1 to 149"),
        _field("cell_y", pa.int32(), "Cell of the forecast grid, from the south, 1 to 253"),
        _field("received_at", UTC_TIME, "When the row was received (UTC): not known to anybody here before"),
    ]
)
"""The columns of a row, documented; not null but for the variables."""


def rows(columns: Mapping[str, pa.Array]) -> pa.Table:
    """Rows from their columns; variables that are absent are null.

    Args:
        columns: arrays of equal length, by name.

    Returns:
        A table with exactly the columns of FORECAST_ROWS.

    Raises:
        KeyError: a name that FORECAST_ROWS doesn't have, or a column of it that may not be null is absent.
        pyarrow.ArrowInvalid: a value doesn't fit its column, or is null where it may not be.
    """
    if unknown := sorted(columns.keys() - set(FORECAST_ROWS.names)):
        raise KeyError(f"not columns of a forecast: {', '.join(unknown)}")
    length = len(next(iter(columns.values())))
    arrays = []
    for field in FORECAST_ROWS:
        if field.name in columns:
            arrays.append(columns[field.name])
        elif field.nullable:
            arrays.append(pa.nulls(length, field.type))
        else:
            raise KeyError(f"a forecast needs the column {field.name}")
    return pa.table(arrays, schema=FORECAST_ROWS)
