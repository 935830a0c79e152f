"""Cost of training and forecasting at scale: seconds, memory, and how both grow with rows.

Usage: .venv/bin/python benchmarks/training.py [--years 0.25 1 3] [--leads 1 6 24] [--kma-days 90]

Simulated weather, as the API sends it, is parsed and trained on as by the pipelines; no S3, no Airflow. Each
size runs in its own process. The KMA's forecasts are what will be observed, with errors; a month of them at a
time, as from the table. A few leads are trained, two at a time as on two cores. The time of all 48 is
interpolated from theirs, and the forecast has 48 leads, each with the nearest one's model.
Limits: 97 stations × 3 years × 48 leads with an archive of a year in 30 minutes and 6 GB; a forecast of all
of them in 3 s.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from simulator import clock
from simulator import wire as peer
from simulator.simulated import SimulatedWeather
from weather_mlops.clock import HOUR
from weather_mlops.kma import wire
from weather_mlops.lake.columns import UTC_TIME
from weather_mlops.lake.panel import Panel, to_panel
from weather_mlops.model import features, kma_inputs, post_processing, preparation, training_cost
from weather_mlops.model.features import Features
from weather_mlops.model.forecaster import Forecaster, PostProcessing
from weather_mlops.model.kma_inputs import ForecastRows
from weather_mlops.model.lead_model import LeadModel
from weather_mlops.model.plan import Plan, holdout_first
from weather_mlops.model.sample import sampled
from weather_mlops.model.targets import target_named
from weather_mlops.stations import load_stations

TARGET: Final = target_named("air_temperature")
END: Final = "202601010000"
CHUNK_HOURS: Final = 720
HORIZON: Final = 48
TRAINED: Final = (1, 3, 6, 12, 24, 48)
REACH: Final = 75  # hours of an issue
LIMIT_S, LIMIT_MB, FORECAST_LIMIT_S = 1800, 6000, 3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--years", type=float, nargs="+", default=[0.25, 1, 3])
    parser.add_argument("--stations", type=int, default=97)
    parser.add_argument("--leads", type=int, nargs="+", default=TRAINED)
    parser.add_argument("--kma-days", type=int, default=365)
    options = parser.parse_args()
    if len(options.years) == 1:
        measure(options.years[0], options.stations, options.leads, options.kma_days)
        return
    for years in options.years:
        given = {"--years": years, "--stations": options.stations, "--kma-days": options.kma_days}
        command = [text for name, value in given.items() for text in (name, str(value))]
        leads = ["--leads", *map(str, options.leads)]
        subprocess.run([sys.executable, __file__, *command, *leads], check=True)


def measure(years: float, stations: int, leads: Sequence[int], kma_days: int) -> None:
    """Train and forecast once, and print."""
    panel = simulated(years, [station.id for station in load_stations()][:stations])
    rows_of = kma_forecasts(panel, kma_days)
    first, last = panel.time_at(0), panel.time_at(panel.length - 1)
    plan = Plan(
        target=TARGET.name,
        version="benchmark",
        stations=tuple(panel.stations.tolist()),
        horizon_hours=HORIZON,
        first=first,
        last=last,
        holdout_first=holdout_first(last, last - first, 90),
        snapshot_id=None,
        seed=1,
    )
    begun = time.perf_counter()
    computed = preparation.training_features(panel, plan, preparation.fit_climatology(panel, plan))
    prepared = time.perf_counter() - begun
    forecaster, spent, rows = trained(panel, plan, computed, rows_of, leads)
    memory = training_cost.peak_rss_mb()
    print(
        f"{stations} stations × {years:g} years, archive of {kma_days} days: {rows} rows; "
        f"features {prepared:.0f} s; {HORIZON} leads {spent:.0f} s ({spent / LIMIT_S:.2f} of the limit); "
        f"memory {memory / 1000:.1f} GB ({memory / LIMIT_MB:.2f} of the limit); "
        f"files {sum(map(len, forecaster.files().values())) / 1e6:.0f} MB",
        flush=True,
    )
    recent = panel.between(panel.length - forecaster.history_hours - 1, panel.length)
    begun = time.perf_counter()
    issue_times = np.array([recent.length - 1])
    forecaster.forecast(recent, issue_times, forecaster.gather(rows_of, recent, issue_times))
    spent = time.perf_counter() - begun
    print(f"    forecast of all: {spent:.2f} s ({spent / FORECAST_LIMIT_S:.2f} of the limit)", flush=True)


def trained(
    panel: Panel, plan: Plan, computed: Features, rows_of: ForecastRows, leads: Sequence[int]
) -> tuple[Forecaster, float, int]:
    """A model of all leads, of which only some were trained; seconds that all would take; its rows."""
    climatology = preparation.fit_climatology(panel, plan)
    recipe = preparation.select_recipe(panel, plan)
    issue_times = preparation.training_issue_times(panel, plan)
    begun = time.perf_counter()
    kma = kma_inputs.gather(rows_of, panel, TARGET, issue_times, HORIZON)
    value = panel.values[TARGET.column]
    days = kma_inputs.archive_days(kma, value[:, kma.first : kma.first + kma.target.shape[1]])
    step = post_processing.step_for(days) or post_processing.STEPS[-1]
    print(
        f"    the KMA's forecasts: {days:.0f} days, gathered in {time.perf_counter() - begun:.0f} s",
        flush=True,
    )
    rows = 0

    def observed(lead: int) -> tuple[LeadModel, tuple[str, ...]]:
        nonlocal rows
        own = features.lead_features(panel, issue_times, TARGET, climatology, lead, recipe.uses)
        sample = sampled(value, issue_times, computed, own, lead)
        rows = max(rows, len(sample.change))
        return recipe.train_lead(sample, lead, 1, None), sample.names

    def after_kma(lead: int) -> tuple[LeadModel, tuple[str, ...]]:
        own = features.lead_features(panel, issue_times, TARGET, climatology, lead, step.uses)
        own = own.concat(features.kma_features(panel, TARGET, kma, lead, step.uses))
        sample = sampled(value, issue_times, base, own, lead)
        return post_processing.train_lead(sample, lead, step, 1), sample.names

    base = computed.select(tuple(name for name in computed.names if step.uses(name)))
    base = base.concat(features.kma_features_now(panel, TARGET, kma, step.uses))
    ours, names, spent = timed(observed, leads)
    settings = {**recipe.settings(), **post_processing.stored_settings()}
    models, kma_names, more = timed(after_kma, leads)
    better = PostProcessing(step.name, days, kma_names, models)
    print(f"    observations alone {spent:.0f} s, after the KMA's forecast {more:.0f} s", flush=True)
    forecaster = Forecaster(TARGET, plan.stations, names, climatology, ours, settings, rows, better)
    return forecaster, spent + more, rows


def timed(
    train: Callable[[int], tuple[LeadModel, tuple[str, ...]]], leads: Sequence[int]
) -> tuple[list[LeadModel], tuple[str, ...], float]:
    """A model for each lead, that of the nearest trained one; and the seconds of all on two cores."""

    def one(lead: int) -> tuple[LeadModel, tuple[str, ...], float]:
        begun = time.thread_time()
        model, names = train(lead)
        return model, names, time.thread_time() - begun

    with ThreadPoolExecutor(2) as pool:
        trained = list(pool.map(one, leads))
    every = range(1, HORIZON + 1)
    seconds = np.interp(np.log(every), np.log(leads), [each[2] for each in trained])
    nearest = [int(np.argmin(np.abs(np.log(leads) - np.log(lead)))) for lead in every]
    return [trained[index][0] for index in nearest], trained[0][1], float(seconds.sum()) / 2


def kma_forecasts(panel: Panel, days: int) -> ForecastRows:
    """Forecasts of the last days of a panel: what will be observed, with errors, in whole degrees."""
    truth, start = panel.values[TARGET.column], panel.time_at(0)
    first_issue = max(panel.length - 24 * days, 0)

    def rows_of(first: datetime, last: datetime, columns: Sequence[str]) -> pa.Table:
        begin, end = (int((each - start) / HOUR) for each in (first, last))
        issues = np.arange(max(begin - REACH, first_issue) // 3 * 3, min(end, panel.length), 3)
        station, issue, lead = (
            each.reshape(-1)
            for each in np.meshgrid(range(len(panel.stations)), issues, range(1, REACH + 1), indexing="ij")
        )
        valid = issue + lead
        inside = (valid >= begin) & (valid <= end) & (valid < panel.length)
        station, issue, lead, valid = station[inside], issue[inside], lead[inside], valid[inside]
        noise = np.random.default_rng(max(begin, 0)).normal(0, 1.5, len(lead))
        values = np.nan_to_num(np.round(truth[station, valid] + noise)).astype(np.float64)
        at = panel.hours.astype("datetime64[us]")

        def times(hours: np.ndarray, minutes: int = 0) -> pa.Array:
            return pa.array(at[hours] + np.timedelta64(minutes, "m")).cast(UTC_TIME)

        of_key = {
            "station_id": pa.array(panel.stations[station]),
            "issued_at": times(issue),
            "valid_at": times(valid),
            "lead_hours": pa.array(lead.astype(np.int32)),
            "received_at": times(issue, 30),
        }
        return pa.table({**of_key, **{name: pa.array(values) for name in columns}})

    return rows_of


def simulated(years: float, stations: list[int]) -> Panel:
    """Hours of simulated weather up to END, as a panel."""
    weather, end = SimulatedWeather(0, load_stations()), clock.parse_tm(END)
    columns = ["station_id", "observed_at", *features.inputs(TARGET)]
    parts = []
    for begin in range(end - round(years * 8766), end, CHUNK_HOURS):
        last = min(begin + CHUNK_HOURS, end) - 1
        rows = weather.rows(begin, last, stations, float(end + 10**6))
        parts.append(wire.parse(peer.observations(rows).body).rows.select(columns))
    return to_panel(pa.concat_tables(parts), features.inputs(TARGET))


if __name__ == "__main__":
    main()
