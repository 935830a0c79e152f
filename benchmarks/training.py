"""Cost of training and forecasting at scale: seconds, memory, and how both grow with rows.

Usage: .venv/bin/python benchmarks/training.py [--years 0.25 1 3] [--stations 97] [--horizon 2]

Simulated weather, as the API sends it, is parsed and trained on as by the pipelines; no S3, no Airflow. Each
size runs in its own process. By default two leads are trained in parallel, as on two cores, and the time of
24 is given as that of twelve such pairs (too much below 100,000 rows, where near leads train more slowly than
others); the forecast has all 24 leads, each with the models of the last one.
Aims: 97 stations × 3 years × 24 leads in 20 minutes and 6 GB; a forecast of all in 3 s.
"""

import argparse
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from simulator import clock
from simulator import wire as peer
from simulator.simulated import SimulatedWeather
from weather_mlops.kma import wire
from weather_mlops.lake.panel import Panel, to_panel
from weather_mlops.model import features, preparation, training_cost, training_run
from weather_mlops.model.feature_names import HISTORY_HOURS
from weather_mlops.model.plan import Plan, holdout_first
from weather_mlops.model.targets import target_named
from weather_mlops.stations import load_stations

TARGET: Final = target_named("air_temperature")
END: Final = "202601010000"
CHUNK_HOURS: Final = 720
HORIZON: Final = 24


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--years", type=float, nargs="+", default=[0.25, 1, 3])
    parser.add_argument("--stations", type=int, default=97)
    parser.add_argument("--horizon", type=int, default=2, help="leads that are trained; 24 = all")
    options = parser.parse_args()
    if len(options.years) == 1:
        measure(options.years[0], options.stations, options.horizon)
        return
    for years in options.years:
        given = [
            "--years",
            str(years),
            "--stations",
            str(options.stations),
            "--horizon",
            str(options.horizon),
        ]
        subprocess.run([sys.executable, __file__, *given], check=True)


def measure(years: float, stations: int, horizon: int) -> None:
    """Train and forecast once, and print."""
    panel = simulated(years, [station.id for station in load_stations()][:stations])
    first, last = panel.time_at(0), panel.time_at(panel.length - 1)
    plan = Plan(
        target=TARGET.name,
        version="benchmark",
        stations=tuple(panel.stations.tolist()),
        horizon_hours=horizon,
        first=first,
        last=last,
        holdout_first=holdout_first(last, last - first, 90),
        snapshot_id=None,
        seed=1,
    )
    begun = time.perf_counter()
    computed = preparation.training_features(panel, plan, preparation.fit_climatology(panel, plan))
    prepared = time.perf_counter() - begun
    forecaster, cost = training_cost.measured(lambda: training_run.fit(panel, plan, computed))
    whole = cost["seconds"] * HORIZON / horizon
    print(
        f"{stations} stations × {years:g} years: {cost['rows']} rows; features {prepared:.0f} s; "
        f"{horizon} leads {cost['seconds']:.0f} s, so {HORIZON} take {whole:.0f} s "
        f"({whole / 1200:.2f} of the aim); memory {cost['peak_rss_mb'] / 1000:.1f} GB "
        f"({cost['peak_rss_mb'] / 6000:.2f} of the aim)",
        flush=True,
    )
    everything = replace(forecaster, leads=[forecaster.leads[-1]] * HORIZON)
    recent = panel.between(panel.length - HISTORY_HOURS, panel.length)
    begun = time.perf_counter()
    everything.predict(recent, np.array([recent.length - 1]))
    spent = time.perf_counter() - begun
    print(f"    forecast of all: {spent:.2f} s ({spent / 3:.2f} of the aim)", flush=True)


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
