"""How often a change of the official forecast's bias is a false alarm, and how soon real ones are found.

Usage: .venv/bin/python benchmarks/official_bias.py

The real station: Ulsan 2015 and 2016, which moved on 2016-04-01; each day is measured as monitoring does.
Then stations with weather like it, so that there are enough of them: the spread of a day's bias, how much of
it is still there on the next day, and its season. Nothing changes, or the bias shifts from one day on.
"""

import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests import ulsan
from weather_mlops.lake.schemas import FORECASTS
from weather_mlops.lake.verification_columns import KMA_FORECAST, OWN
from weather_mlops.monitoring.bias_change import BiasChange, days_needed, measure_change
from weather_mlops.monitoring.official_bias import daily_bias
from weather_mlops.monitoring.official_limits import OfficialForecastLimits
from weather_mlops.verification.days import Compared, figures_of_day

LIMITS: Final = OfficialForecastLimits(bias_common_stations=10**6)
FIRST, LAST = date(2015, 1, 2), date(2016, 12, 30)
NEXT_DAY: Final = 0.45
"""Share of a day's deviation that is still there on the next day, at Ulsan."""
SPREAD_C: Final = 0.8
SEASON_C: Final = 1.0
STATIONS: Final = 100
YEARS: Final = 2
SHIFTS_C: Final = (0.7, 1.0, 2.0)
LATEST_DAYS: Final = 70


def main() -> None:
    """Measure and print."""
    if ulsan.GUIDANCE.is_dir():
        real_station()
    else:
        print(f"no real forecasts in {ulsan.GUIDANCE}: the station that moved is left out")
    daily = stations_like_ulsan()
    begin = days_needed(LIMITS)
    beyond = np.array([measured(daily, end).beyond for end in range(begin, daily.shape[1])]).T
    opened = (beyond[:, 1:] & ~beyond[:, :-1]).sum()
    in_year = beyond.reshape(STATIONS, YEARS, -1).any(axis=2).mean()
    print(
        f"nothing changed: {opened / STATIONS / YEARS:.2f} alarms a year and station; {in_year:.0%} have one"
    )
    for shift in SHIFTS_C:
        shifted, at = daily.copy(), begin + 100
        shifted[:, at:] += shift
        reported = np.array([measured(shifted, at + day).beyond for day in range(LATEST_DAYS)]).T
        delays = np.where(reported.any(axis=1), reported.argmax(axis=1), LATEST_DAYS)
        share = reported.any(axis=1).mean()
        median = f"median {np.median(delays):.0f}"
        print(f"shift of {shift} °C: {share:.0%} reported within {LATEST_DAYS} days, {median}")


def measured(daily: np.ndarray, last: int) -> BiasChange:
    """The change on a day, from the days up to it."""
    return measure_change(daily[:, max(last + 1 - days_needed(LIMITS), 0) : last + 1], LIMITS)


def stations_like_ulsan() -> np.ndarray:
    """Daily bias, °C, shape (STATIONS, days)."""
    days = days_needed(LIMITS) + YEARS * 365
    weather = np.random.default_rng(0).normal(0, SPREAD_C, (STATIONS, days))
    for day in range(1, days):
        weather[:, day] = NEXT_DAY * weather[:, day - 1] + np.sqrt(1 - NEXT_DAY**2) * weather[:, day]
    return weather + SEASON_C * np.sin(2 * np.pi * np.arange(days) / 365)


def real_station() -> None:
    """Print the days, counted from the move, on which a change is reported."""
    observed = ulsan.observed_rows().select(["station_id", "observed_at", ulsan.COLUMN])
    ours = FORECASTS.columns.empty_table()
    compared = Compared(ours, ulsan.forecasts(), observed)
    days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
    rows = pa.concat_tables([figures_of_day(compared, day) for day in days]).to_pylist()
    names = {"forecast": KMA_FORECAST, "compared": OWN, "grouped_by": "station_id"}
    names["variable"] = ulsan.COLUMN
    chosen = [row for row in rows if all(row[name] == value for name, value in names.items())]
    _, daily = daily_bias(pa.Table.from_pylist(chosen), FIRST, LAST)
    moved = (ulsan.MOVED - FIRST).days
    changes = {end - moved: measured(daily, end) for end in range(365, len(days))}
    alarms = [day for day, change in changes.items() if change.beyond[0]]
    known = [day for day, change in changes.items() if np.isfinite(change.change[0])]
    print(f"Ulsan: measured from day {known[0]} to {known[-1]} after the move, {len(known)} days")
    print(f"Ulsan: a change is reported on {len(alarms)} days, from day {alarms[0]} to {alarms[-1]}")


if __name__ == "__main__":
    main()
