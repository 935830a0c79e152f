"""The KMA's forecast as a model's input: as it was known at the hours of a panel."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
from pyiceberg.catalog import Catalog

from weather_mlops.clock import EPOCH, HOUR, HOURS_PER_DAY
from weather_mlops.lake import kma_forecasts
from weather_mlops.lake.panel import HOUR_STEP, Panel
from weather_mlops.model.kma_plausibility import BIAS_DAYS, FAR_OFF, implausible, known_error
from weather_mlops.model.targets import Target
from weather_mlops.verification.official import INTERPOLATED, LONGEST_STEP_H, known_at

AROUND_HOURS: Final = 3
"""Leads beyond the horizon that features look at."""
MOST_AGE_HOURS: Final = 12
"""Age of the newest issue up to which a forecast begins with it. At Ulsan an issue of half a day before is
4 % less exact at 12 h and 6 % at 24 h; one that is a day old says that nothing arrives any more."""
VARIABLES: Final = (
    "air_temperature_c",
    "relative_humidity_pct",
    "wind_speed_ms",
    "wind_direction_deg",
    "sky_code",
    "precipitation_probability_pct",
    "precipitation_type_code",
    "precipitation_mm",
)
"""Variables of the KMA's forecast that features are made of."""

CONTINUED_HOURS: Final = 6
"""Up to how many hours beyond its end a forecast goes on like the day before: until 2024-11-28 the issues of
20:00 and 23:00 (KST) ended up to 5 h before the 48th hour."""

ARCHIVE_LEAD: Final = 6
"""Lead (hours) at which the days of an archive are counted."""

ForecastRows = Callable[[datetime, datetime, Sequence[str]], pa.Table]
"""Rows of the KMA's forecasts about a period, both ends included, with some of their variables."""


@dataclass(frozen=True)
class KmaInputs:
    """What was known of the KMA's forecast: S stations, H hours of a panel, leads 0 to K − 1 hours.

    Attributes:
        issue_times: indices of the panel's hours at which a forecast is made, shape (n,).
        first: index of the panel's first hour of ``target``.
        target: of the target at each of H hours, its unit, float32, shape (S, H, K); NaN = not known. Up to
            CONTINUED_HOURS beyond its end it goes on like the day before.
        last_lead: the last lead that the KMA itself forecast at the issue times, shape (S, n); −1 = none.
        variables: the others at the issue times, by name: float32, shape (S, n, K).
        age_hours: of the forecast, from the newest issue that isn't cut short, float32, shape (S, n).
        implausible: whether it can't be a forecast, see ``kma_plausibility``, shape (S, n).
    """

    issue_times: np.ndarray
    first: int
    target: np.ndarray
    last_lead: np.ndarray
    variables: Mapping[str, np.ndarray]
    age_hours: np.ndarray
    implausible: np.ndarray

    @property
    def usable(self) -> np.ndarray:
        """Where a forecast can begin with the KMA's, shape (S, n): it is recent, and plausible."""
        return np.asarray((self.age_hours <= MOST_AGE_HOURS) & ~self.implausible)

    def at(self, chosen: np.ndarray) -> "KmaInputs":
        """The same at some of the issue times, by their positions."""
        return replace(
            self,
            issue_times=self.issue_times[chosen],
            last_lead=self.last_lead[:, chosen],
            variables={name: values[:, chosen] for name, values in self.variables.items()},
            age_hours=self.age_hours[:, chosen],
            implausible=self.implausible[:, chosen],
        )

    def published(self, leads: range) -> np.ndarray:
        """What the KMA itself forecast of the target at the issue times, shape (S, n, leads)."""
        lead = np.asarray(leads)
        known = self.target[:, self.issue_times - self.first][..., lead]
        return np.where(lead <= self.last_lead[..., np.newaxis], known, np.float32(np.nan))


def from_catalog(
    catalog: Catalog, station_ids: Sequence[int] | np.ndarray, snapshot_id: int | None = None
) -> ForecastRows:
    """The forecasts of a catalog's table.

    Args:
        catalog: catalog of the tables.
        station_ids: stations.
        snapshot_id: the state of the table; None = the current one.
    """
    stations = [int(station) for station in station_ids]

    def rows_of(first: datetime, last: datetime, columns: Sequence[str]) -> pa.Table:
        return kma_forecasts.read(
            catalog,
            first_valid=first,
            last_valid=last,
            station_ids=stations,
            variables=columns,
            snapshot_id=snapshot_id,
        )

    return rows_of


def archive_days(kma: KmaInputs, observed: np.ndarray, limit: float) -> float:
    """Days of forecasts whose outcome is known, median over the stations that have some; 0 = none has.

    Args:
        kma: gathered for a training.
        observed: of the target, at the hours of ``kma.target``, shape (S, H).
        limit: a larger error is none of a forecast, and does not count.
    """
    lead = min(ARCHIVE_LEAD, kma.target.shape[2] - 1)
    hours = np.isfinite(known_error(observed, kma.target, lead, limit)).sum(axis=1)
    return float(np.median(hours[hours > 0])) / HOURS_PER_DAY if hours.any() else 0.0


def learnable(kma: KmaInputs, value: np.ndarray, lead: int, limit: float) -> np.ndarray:
    """At which issue times a model can learn from the KMA's forecast, shape (S, n).

    Hours beyond the end of an issue are forecast, but not learned from: the RMSE of the others is 0.5 % lower
    without them (fold of Ulsan, 2015, 46 and 48 h).

    Args:
        kma: gathered for a training.
        value: of the target, at all hours of the panel, shape (S, hours).
        lead: hours.
        limit: a larger error is none of a forecast.
    """
    forecast = kma.published(range(lead, lead + 1))[..., 0]
    with np.errstate(invalid="ignore"):
        is_near = np.abs(value[:, kma.issue_times + lead] - forecast) <= limit
    return np.asarray(kma.usable & is_near)


def history_hours(horizon: int) -> int:
    """Hours of observations and forecasts before an issue time that features look at."""
    return BIAS_DAYS * HOURS_PER_DAY + horizon + 1


def can_use(target: Target) -> bool:
    """Whether the KMA forecasts a target as a value at a moment."""
    return target.column in INTERPOLATED


def gather(  # noqa: PLR0913, PLR0917  what is read, for which hours
    rows_of: ForecastRows,
    panel: Panel,
    target: Target,
    issue_times: np.ndarray,
    horizon: int,
    typical_error: float | None = None,
) -> KmaInputs:
    """Arrange the KMA's forecasts by the hours of a panel; a calendar month of them is in memory at a time.

    Args:
        rows_of: the forecasts.
        panel: its stations and hours.
        target: what is forecast; ``can_use`` holds for it.
        issue_times: indices of the hours at which a forecast is made, ascending.
        horizon: longest lead, hours.
        typical_error: see ``implausible``.

    Raises:
        StorageUnavailable, StorageRefused: by ``rows_of``.
    """
    leads = np.arange(horizon + AROUND_HOURS + 1)
    stations, count = len(panel.stations), len(issue_times)
    first = max(int(issue_times[0]) - history_hours(horizon), 0)
    hours = panel.hours[first : int(issue_times[-1]) + 1]
    known = np.full((stations, len(hours), len(leads)), np.nan, np.float32)
    others = {
        name: np.full((stations, count, len(leads)), np.nan, np.float32)
        for name in VARIABLES
        if name != target.column
    }
    newest = np.full((stations, count), np.datetime64("NaT"), "datetime64[us]")
    last_lead = np.full((stations, count), -1, np.int16)
    for inside in _months(hours):
        moments = hours[inside]
        rows = _rows(rows_of, moments, leads, [target.column])
        if rows.num_rows == 0:
            continue
        forecast, issues = _known(rows, target.column, panel, moments, leads)
        ends = _last_lead(forecast)
        known[:, inside] = _continued(forecast, ends)
        at = np.flatnonzero(np.isin(issue_times - first, inside))
        if at.size == 0:
            continue
        inside_month = issue_times[at] - first - inside[0]
        newest[:, at], last_lead[:, at] = issues[:, inside_month], ends[:, inside_month]
        moments = panel.hours[issue_times[at]]
        rows = _rows(rows_of, moments, leads, tuple(others))
        for name, values in others.items():
            values[:, at] = _known(rows, name, panel, moments, leads)[0]
    age = ((panel.hours[issue_times] - newest) / HOUR_STEP).astype(np.float32)
    observed = panel.values[target.column][:, first : first + len(hours)]
    is_bad = implausible(known, observed, issue_times - first, FAR_OFF[target.column], typical_error)
    return KmaInputs(issue_times, first, known, last_lead, _with_wind(others), age, is_bad)


def _rows(rows_of: ForecastRows, moments: np.ndarray, leads: np.ndarray, columns: Sequence[str]) -> pa.Table:
    """Forecasts of all hours that are ahead of some moments."""
    margin = LONGEST_STEP_H * HOUR  # values at both ends are interpolated from their neighbours
    return rows_of(_time(moments[0]) - margin, _time(moments[-1]) + int(leads[-1]) * HOUR + margin, columns)


def _known(
    rows: pa.Table, column: str, panel: Panel, moments: np.ndarray, leads: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Values, shape (S, M, K), and their issue, see ``_main_issue``, shape (S, M)."""
    known = known_at(
        rows,
        column,
        station_ids=panel.stations.tolist(),
        moments=moments,
        lead_hours=leads.tolist(),
        interpolate=column in INTERPOLATED,
    )
    values = known.values.astype(np.float32)
    if column not in INTERPOLATED:
        values = _prolonged(values)
    return values, _main_issue(known.issued_at)


def _main_issue(issued_at: np.ndarray) -> np.ndarray:
    """The newest issue that, with newer ones, has half of the values: one with a few hours only is none."""
    by_age = np.sort(issued_at, axis=2)  # not known ones come last
    known = (~np.isnat(by_age)).sum(axis=2, keepdims=True)
    return np.asarray(np.take_along_axis(by_age, known // 2, axis=2)[..., 0])


def _prolonged(values: np.ndarray) -> np.ndarray:
    """Values of every third hour stand for the hours until the next one."""
    filled = values.copy()
    for hours in range(1, LONGEST_STEP_H):
        missing = np.isnan(filled[..., hours:])
        filled[..., hours:][missing] = values[..., :-hours][missing]
    return filled


def _last_lead(values: np.ndarray) -> np.ndarray:
    """The last lead with a forecast, shape (S, M); −1 = there is none."""
    known = np.isfinite(values)
    last = values.shape[-1] - 1 - np.argmax(known[..., ::-1], axis=-1)
    return np.where(known.any(axis=-1), last, -1).astype(np.int16)


def _continued(values: np.ndarray, last_lead: np.ndarray) -> np.ndarray:
    """A forecast that ends goes on for some hours: each hour changes by as much as the one a day before."""
    longer = values.copy()
    for lead in range(HOURS_PER_DAY + 1, values.shape[-1]):
        change = longer[..., lead - HOURS_PER_DAY] - longer[..., lead - HOURS_PER_DAY - 1]
        beyond = (lead > last_lead) & (lead <= last_lead + CONTINUED_HOURS)
        longer[beyond, lead] = (longer[..., lead - 1] + change)[beyond]
    return longer


def _with_wind(variables: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The direction as a vector of the wind, towards the east and the north."""
    if "wind_speed_ms" not in variables:
        return variables
    speed, angle = variables["wind_speed_ms"], np.radians(variables.pop("wind_direction_deg"))
    return {**variables, "wind_east": -speed * np.sin(angle), "wind_north": -speed * np.cos(angle)}


def _months(hours: np.ndarray) -> Iterator[np.ndarray]:
    """Indices of the hours of each calendar month."""
    months = hours.astype("datetime64[M]")
    for month in np.unique(months):
        yield np.flatnonzero(months == month)


def _time(hour: np.datetime64) -> datetime:
    return EPOCH + timedelta(hours=int(hour.astype("datetime64[h]").astype(np.int64)))
