"""Columns of the table of verification, and the names that stand in them."""

from collections.abc import Mapping
from typing import Final, Literal

import pyarrow as pa

ForecastName = Literal["ours", "kma_forecast", "persistence"]
Compared = Literal["common", "own"]
GroupedBy = Literal["all", "lead_hours", "hour_kst", "station_id"]

OURS: Final = "ours"
KMA_FORECAST: Final = "kma_forecast"
PERSISTENCE: Final = "persistence"
COMMON: Final = "common"
OWN: Final = "own"
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "forecast": (OURS, KMA_FORECAST, PERSISTENCE),
    "compared": (COMMON, OWN),
    "grouped_by": ("all", "lead_hours", "hour_kst", "station_id"),
}
"""What may stand in columns of names."""

KEY: Final = ("day", "variable", "forecast", "compared", "grouped_by", "member")
"""What identifies a row."""

FIGURES: Final = ("rmse", "mae", "bias", "within_1", "within_2")
COVERAGES: Final = ("coverage_50", "coverage_80", "coverage_90")
"""Figures that only a forecast with quantiles has: null in the other rows."""

_COLUMNS: Final[Mapping[str, tuple[pa.DataType, str]]] = {
    "day": (pa.date32(), "Day (KST) of the times that were forecast"),
    "variable": (
        pa.string(),
        "What was forecast: a column of observations, or air_temperature_max_c or _min_c of the day",
    ),
    "forecast": (
        pa.string(),
        "Whose forecast: ours, kma_forecast, or persistence: what was observed when ours was issued",
    ),
    "compared": (
        pa.string(),
        "common: where all of these forecasts have a value; own: all values of this forecast",
    ),
    "grouped_by": (
        pa.string(),
        "all; lead_hours: of the forecast; hour_kst: of the time that is forecast; station_id",
    ),
    "member": (
        pa.int32(),
        "Lead [h] from when it was known, hour of the day (KST, 0 to 23), or KMA station id; 0 for all",
    ),
    "n": (pa.int32(), "Number of forecasts with an observation, at least 1"),
    "rmse": (pa.float64(), "Root mean square error, in the variable's unit"),
    "mae": (pa.float64(), "Mean absolute error, in the variable's unit"),
    "bias": (pa.float64(), "Mean of forecast minus observation, in the variable's unit"),
    "within_1": (pa.float64(), "Share of errors of at most 1 of the unit, 0 to 1"),
    "within_2": (pa.float64(), "Share of errors of at most 2 of the unit, 0 to 1"),
    **{
        f"coverage_{percent}": (
            pa.float64(),
            f"Share of observations from {low} to {high}, 0 to 1; null where a forecast lacks them",
        )
        for percent, low, high in ((50, "p25", "p75"), (80, "p10", "p90"), (90, "p05", "p95"))
    },
}

VERIFICATION_SCHEMA: Final = pa.schema(
    [
        pa.field(name, kind, nullable=name in COVERAGES, metadata={"doc": documentation})
        for name, (kind, documentation) in _COLUMNS.items()
    ]
)
