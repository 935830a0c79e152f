"""A forecast of the champion as rows of its table."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weather_mlops.lake.forecasts import rows_of
from weather_mlops.lake.panel import HOUR_STEP, Panel
from weather_mlops.lake.schemas import FORECASTS_SCHEMA, OBSERVATIONS_ONLY, WITH_KMA_FORECAST
from weather_mlops.model.forecaster import Forecaster
from weather_mlops.verification.scores import QuantileForecast


@dataclass(frozen=True)
class Deployed:
    """A champion: the name of its target, its version, and what it forecasts with."""

    target: str
    version: str
    forecaster: Forecaster


@dataclass(frozen=True)
class KmaIssue:
    """What a station's forecast used of the KMA's.

    Attributes:
        used: whether the forecast of each lead began with it, shape (leads,).
        age_hours: from the newest issue that was known to the issue time; None = none was gathered.
    """

    used: np.ndarray
    age_hours: float | None


def rows_of_forecast(  # noqa: PLR0913, PLR0917  all that rows say
    panel: Panel, row: int, issue_time: int, quantiles: QuantileForecast, kma: KmaIssue, by: Deployed
) -> pa.Table:
    """Rows of one station's forecast, one per lead.

    Args:
        panel: stations and hours.
        row: of the station.
        issue_time: index of the issue hour.
        quantiles: of each lead.
        kma: what the forecast used of the KMA's.
        by: the model.
    """
    leads = np.arange(1, len(quantiles.p50) + 1)
    issued = panel.hours[issue_time]
    columns = {
        "issued_at": _moments(np.full(len(leads), issued)),
        "station_id": np.full(len(leads), panel.stations[row]),
        "target": [by.target] * len(leads),
        "valid_at": _moments(issued + leads * HOUR_STEP),
        "lead_hours": leads.astype(np.int32),
        **{
            f"p{round(100 * level):02d}": values.astype(np.float64)
            for level, values in zip(quantiles.levels, quantiles.values, strict=True)
        },
        "model_version": [by.version] * len(leads),
        "inputs": np.where(kma.used, WITH_KMA_FORECAST, OBSERVATIONS_ONLY),
    }
    if kma.used.any() and kma.age_hours is not None:
        kma_issue = _moments(np.full(len(leads), issued - round(kma.age_hours) * HOUR_STEP))
        columns["kma_issued_at"] = pc.if_else(pa.array(kma.used), kma_issue, None)
    return rows_of(columns)


def _moments(hours: np.ndarray) -> pa.Array:
    return pa.array(hours.astype("datetime64[us]")).cast(FORECASTS_SCHEMA.field("issued_at").type)
