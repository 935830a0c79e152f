"""Does a first run end with a forecast, whatever the date? Twelve first trainings, one a month.

Usage: .venv/bin/python benchmarks/first_run.py [--year 2026] [--day 1] [--months 1 4 11]
       .venv/bin/python benchmarks/first_run.py --observed ../shared/kma/observed --ends 2019-04-01 2019-10-15

Trains as `make once` does: the simulated 90 days of ten cities that end on that day of each month, all 24
leads, and judges the model by the gates of pipelines/training.yml. Prints deployed, or the gate that refused;
limit: 12 of 12 deployed. With --observed: the same on real hours in the KMA's format, where there are any.
"""

import argparse
import gzip
import sys
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import pyarrow as pa
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from embedded.runs import CITIES
from simulator import clock
from simulator import wire as peer
from simulator.simulated import SimulatedWeather
from weather_mlops.clock import KST
from weather_mlops.kma import wire
from weather_mlops.lake.panel import Panel, to_panel
from weather_mlops.model import evaluation, features, training_run
from weather_mlops.model.gate_limits import Gates
from weather_mlops.model.gates import judge, refusal
from weather_mlops.model.plan import Plan, holdout_first
from weather_mlops.model.targets import target_named
from weather_mlops.stations import load_stations

TARGET: Final = target_named("air_temperature")
DAYS: Final = 90
CHUNK_HOURS: Final = 720
COLUMNS: Final = ["station_id", "observed_at", *features.inputs(TARGET)]
SHOWN: Final = (1, 6, 12, 24)


def main() -> None:
    """Train, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--year", type=int, default=2026)
    parser.add_argument("--day", type=int, default=1)
    parser.add_argument("--months", type=int, nargs="+", default=list(range(1, 13)))
    parser.add_argument("--observed", type=Path, help="folder of real hours, *.txt.gz")
    parser.add_argument("--ends", type=date.fromisoformat, nargs="+", help="days that real windows end on")
    options = parser.parse_args()
    if options.observed:
        ends, panel_until = options.ends, real_weather(options.observed)
    else:
        ends, panel_until = [date(options.year, month, options.day) for month in options.months], simulated
    deployed = sum(first_run(panel_until(end), end) for end in ends)
    print(f"{deployed} of {len(ends)} deployed")
    raise SystemExit(deployed < len(ends))


def first_run(panel: Panel, end: date) -> bool:
    """Train and judge one model; whether it would be deployed."""
    begun = time.perf_counter()
    first, last = panel.time_at(0), panel.time_at(panel.length - 1)
    plan = Plan(
        target=TARGET.name,
        version="benchmark",
        stations=tuple(panel.stations.tolist()),
        horizon_hours=24,
        first=first,
        last=last,
        holdout_first=holdout_first(last, timedelta(hours=panel.length), 90),
        snapshot_id=None,
        seed=1,
    )
    forecaster = training_run.fit(panel, plan)
    trained = time.perf_counter() - begun
    holdout = evaluation.compare(forecaster, panel, panel.index_of(plan.holdout_first))
    document = evaluation.figures(holdout, panel, {})
    reason = refusal(judge(document, gates(), refresh=False))
    leads = {lead: document["leads"][str(lead)] for lead in SHOWN}
    figures = ", ".join(
        f"{lead} h: RMSE {one['rmse']:.2f} °C, {one['coverage_80']:.0%} within p10 to p90"
        for lead, one in leads.items()
    )
    print(f"{end}: {reason or 'deployed'} ({figures}; trained in {trained:.0f} s)", flush=True)
    return not reason


def gates() -> Gates:
    """Those of the pipeline as shipped."""
    path = Path(__file__).resolve().parents[1] / "pipelines" / "training.yml"
    tasks = yaml.safe_load(path.read_text())["model_training"]["tasks"]
    return Gates.of(next(task["gates"] for task in tasks if task["task_id"] == "deploy_model"))


def simulated(end: date) -> Panel:
    """The hours of simulated weather before midnight (KST) of a day."""
    weather, until = SimulatedWeather(0, load_stations()), clock.parse_tm(f"{end:%Y%m%d}0000")
    parts = []
    for begin in range(until - 24 * DAYS, until, CHUNK_HOURS):
        rows = weather.rows(begin, min(begin + CHUNK_HOURS, until) - 1, CITIES, float(until + 10**6))
        parts.append(wire.parse(peer.observations(rows).body).rows.select(COLUMNS))
    return to_panel(pa.concat_tables(parts), features.inputs(TARGET))


def real_weather(folder: Path):  # noqa: ANN201  a function of a day
    """Windows of real hours."""
    files = sorted(folder.glob("*.gz"))
    if not files:
        print(f"no real hours in {folder}: skipped")
        raise SystemExit(0)
    rows = [wire.parse(gzip.decompress(path.read_bytes())).rows.select(COLUMNS) for path in files]
    whole = to_panel(pa.concat_tables(rows), features.inputs(TARGET))

    def window(end: date) -> Panel:
        until = whole.index_of(datetime(end.year, end.month, end.day, tzinfo=KST))
        return whole.between(until - 24 * DAYS, until)

    return window


if __name__ == "__main__":
    main()
