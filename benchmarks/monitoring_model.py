"""How often monitoring cries wolf over a healthy model, and how soon it finds one with shifted inputs.

Usage: .venv/bin/python benchmarks/monitoring_model.py [--observed ../shared/kma/observed]

A model of leads 1, 6, 12 and 24 h is trained on real years but the last one (six minutes), promises what it
reaches in the last 90 days before that, and is watched day by day over the last year: alerts with nothing
wrong; then with all of its air temperatures shifted by 2 °C, from 24 days spread over the year on.
"""

import argparse
import gzip
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.monitoring_alarms import Alerts
from weather_mlops.kma import wire
from weather_mlops.lake.schemas import FORECASTS_SCHEMA, UTC_TIME
from weather_mlops.model import baselines, features, preparation, scores
from weather_mlops.model.forecaster import LeadModel
from weather_mlops.model.panel import Panel, to_panel
from weather_mlops.model.plan import Plan
from weather_mlops.model.recipes import LONG
from weather_mlops.model.sample import sampled
from weather_mlops.model.scores import QuantileForecast
from weather_mlops.model.targets import target_named
from weather_mlops.monitoring import error_sums, performance
from weather_mlops.monitoring.champion import DeployedModel
from weather_mlops.monitoring.daily_sums import DailySums
from weather_mlops.monitoring.error_sums import Damping, Sums
from weather_mlops.monitoring.target_figures import TargetEvidence

TARGET: Final = target_named("air_temperature")
LEADS: Final = (1, 6, 12, 24)
HORIZON: Final = 24
YEAR_H: Final = 8760
HOLDOUT_H: Final = 24 * 90
SHIFT_C: Final = 2.0
CHECKS_A_DAY: Final = 48
STARTS: Final = 24
KEPT: Final = 9
Days = dict[str, dict[str, Sums]]


def main() -> None:
    """Train, watch and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--observed", type=Path, default=Path("../shared/kma/observed"))
    options = parser.parse_args()
    files = sorted(options.observed.glob("*.gz"))
    if not files:
        print(f"no real years in {options.observed}: skipped; three years of a few stations are needed")
        return
    rows = [wire.parse(gzip.decompress(path.read_bytes())).rows for path in files]
    wanted = ["station_id", "observed_at", *features.inputs(TARGET)]
    watch(to_panel(pa.concat_tables([each.select(wanted) for each in rows]), features.inputs(TARGET)))


def watch(grid: Panel) -> None:
    """Train on all but the last year, and look at that day by day."""
    end = grid.length - HORIZON
    first = end - YEAR_H
    models, usual, damping = trained(grid, first - HOLDOUT_H)
    before = np.arange(first - HOLDOUT_H, first - HORIZON)
    promised = {}
    for lead, model in models.items():
        truth = baselines.observed(grid.values[TARGET.column], before, lead)[..., -1]
        figures = scores.figures(truth, QuantileForecast(*forecast(model, grid, before, usual, lead)))
        promised[str(lead)] = {"rmse": figures["rmse"], "coverage_80": figures["coverage_80"]}
    known = Damping(usual, grid.stations.tolist(), damping.tolist())
    champion = DeployedModel(None, {}, promised, known)  # type: ignore[arg-type]  its decision is not looked at
    warmer = {**grid.values, TARGET.column: grid.values[TARGET.column] + np.float32(SHIFT_C)}
    origins = np.arange(first, end)
    healthy, shifted = (
        days_of(seen, grid, models, origins, known) for seen in (grid, replace(grid, values=warmer))
    )
    names = sorted(healthy)
    alerts = Alerts()
    for day in range(KEPT, len(names)):
        alerts.hear(
            checks_of({name: healthy[name] for name in names[day - KEPT : day]}, champion), CHECKS_A_DAY
        )
    print(f"a healthy model, {len(names)} days: {len(alerts.opened)} alerts {alerts.opened}", flush=True)
    delays = [
        delay(healthy, shifted, names, begin, champion)
        for begin in np.linspace(KEPT, len(names) - 21, STARTS).astype(int)
    ]
    told = np.array(delays)
    print(
        f"inputs shifted by {SHIFT_C:g} °C: {np.isfinite(told).sum()} of {told.size} found within 20 d; "
        f"delay {np.median(told):.0f} h (median), "
        f"{told.min():.0f} to {told.max():.0f} h, looked at once a day"
    )


def trained(grid: Panel, holdout: int) -> tuple[dict[int, LeadModel], object, np.ndarray]:
    """Models by lead, learned before an hour; the climatology, and the damping."""
    plan = Plan(
        target=TARGET.name,
        version="benchmark",
        stations=tuple(grid.stations.tolist()),
        horizon_hours=HORIZON,
        first=grid.moment(0),
        last=grid.moment(grid.length - 1),
        holdout_first=grid.moment(holdout),
        snapshot_id=None,
        seed=1,
    )
    usual = preparation.climatology(grid, plan)
    origins, base = (
        preparation.training_issue_times(grid, plan),
        preparation.training_features(grid, plan, usual),
    )
    values = grid.values[TARGET.column][:, :holdout]
    models = {}
    for lead in LEADS:
        begun = time.perf_counter()
        own = features.lead_features(grid, origins, TARGET, usual, lead, LONG.uses)
        models[lead] = LONG.train_lead(sampled(grid.values[TARGET.column], origins, base, own, lead), lead, 1)
        print(f"lead {lead} h: trained in {time.perf_counter() - begun:.0f} s", flush=True)
    return models, usual, baselines.damping(values, usual, grid.hours[:holdout], HORIZON)


def forecast(model: LeadModel, seen: Panel, origins: np.ndarray, usual: object, lead: int) -> np.ndarray:
    """p10, p50 and p90, shape (3, stations, issue times)."""
    base = features.features(seen, origins, TARGET, usual, LONG.uses)
    made = base.beside(features.lead_features(seen, origins, TARGET, usual, lead, LONG.uses))
    value = seen.values[TARGET.column][:, origins]
    changes = model.changes(made.names, made.values.reshape(-1, len(made.names)))
    return value + changes[:3].reshape(3, *value.shape)


def days_of(
    seen: Panel, grid: Panel, models: dict[int, LeadModel], origins: np.ndarray, known: Damping
) -> Days:
    """Sums by day of forecasts that are made from what is seen, and scored by what came."""
    tables = []
    for lead, model in models.items():
        told = forecast(model, seen, origins, known.climatology, lead)
        there = np.isfinite(told).all(axis=0)
        station, place = np.nonzero(there)
        issued = grid.hours[origins[place]]
        columns = {
            "issued_at": times(issued),
            "station_id": grid.stations[station],
            "target": [TARGET.name] * len(place),
            "valid_at": times(issued + lead * np.timedelta64(1, "h")),
            "lead_hours": np.full(len(place), lead, np.int32),
            **{name: told[n][there].astype(np.float64) for n, name in enumerate(("p10", "p50", "p90"))},
            "model_version": ["benchmark"] * len(place),
        }
        tables.append(pa.table({f.name: pa.array(columns[f.name], f.type) for f in FORECASTS_SCHEMA}))
    found = error_sums.pair(pa.concat_tables(tables), grid, TARGET.column, known)
    return {day: error_sums.day_sums(part) for day, part in error_sums.by_day(found).items()}


def times(hours: np.ndarray) -> pa.Array:
    """As the tables have them."""
    return pa.array(hours.astype("datetime64[us]")).cast(UTC_TIME)


def checks_of(days: Days, champion: DeployedModel) -> list[performance.Check]:
    """Of some days."""
    return performance.error_checks(
        TargetEvidence(TARGET, champion, DailySums(days), {}), performance.ModelPerformanceLimits()
    )


def delay(healthy: Days, shifted: Days, names: list[str], begin: int, champion: DeployedModel) -> float:
    """Hours from the shift's beginning to an alert; infinite where there is none."""
    alerts = Alerts()
    for day in range(begin + 1, begin + 21):
        days = {
            name: (shifted if name >= names[begin] else healthy)[name] for name in names[day - KEPT : day]
        }
        alerts.hear(checks_of(days, champion), CHECKS_A_DAY)
        if alerts.opened:
            return 24.0 * (day - begin)
    return float("inf")


if __name__ == "__main__":
    main()
