"""How often monitoring raises false alarms about a healthy model, and how soon it finds shifted inputs.

Usage: .venv/bin/python benchmarks/monitoring_model.py [--observed ../shared/kma/observed]

A model of leads 1, 6, 12 and 24 h is trained on all real years but the last one (six minutes), promises the
figures of the last 90 days before that year, and is watched day by day over the last year: alerts with
nothing wrong; then with all of its air temperatures shifted by 2 °C, starting on 24 days of the year.
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
from weather_mlops.lake.columns import UTC_TIME
from weather_mlops.lake.forecasts import rows_of
from weather_mlops.lake.panel import Panel, to_panel
from weather_mlops.model import baselines, features, preparation
from weather_mlops.model.lead_model import LeadModel
from weather_mlops.model.plan import Plan
from weather_mlops.model.recipes import LONG
from weather_mlops.model.sample import sampled
from weather_mlops.model.targets import target_named
from weather_mlops.monitoring import performance
from weather_mlops.monitoring.champion import DeployedModel
from weather_mlops.monitoring.daily_sums import DailySums
from weather_mlops.monitoring.target_figures import TargetEvidence
from weather_mlops.verification import error_sums, scores
from weather_mlops.verification.error_sums import Damping, Sums
from weather_mlops.verification.scores import QuantileForecast

TARGET: Final = target_named("air_temperature")
LEADS: Final = (1, 6, 12, 24)
HORIZON: Final = 24
YEAR_H: Final = 8760
HOLDOUT_H: Final = 24 * 90
SHIFT_C: Final = 2.0
CHECKS_A_DAY: Final = 48
STARTS: Final = 24
DAYS_IN_SUMS: Final = 9
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
    columns = ["station_id", "observed_at", *features.inputs(TARGET)]
    watch(to_panel(pa.concat_tables([each.select(columns) for each in rows]), features.inputs(TARGET)))


def watch(panel: Panel) -> None:
    """Train on all but the last year, and check that year day by day."""
    end = panel.length - HORIZON
    first = end - YEAR_H
    models, climatology, damping = trained(panel, first - HOLDOUT_H)
    before = np.arange(first - HOLDOUT_H, first - HORIZON)
    promised = {}
    for lead, model in models.items():
        truth = baselines.observed(panel.values[TARGET.column], before, lead)[..., -1]
        figures = scores.figures(truth, forecast(model, panel, before, climatology, lead))
        promised[str(lead)] = {"rmse": figures["rmse"], "coverage_80": figures["coverage_80"]}
    known = Damping(climatology, panel.stations.tolist(), damping.tolist())
    champion = DeployedModel(None, {}, promised, known)  # type: ignore[arg-type]  its decision is not used
    warmer = {**panel.values, TARGET.column: panel.values[TARGET.column] + np.float32(SHIFT_C)}
    issue_times = np.arange(first, end)
    healthy, shifted = (
        days_of(seen, panel, models, issue_times, known) for seen in (panel, replace(panel, values=warmer))
    )
    names = sorted(healthy)
    alerts = Alerts()
    for day in range(DAYS_IN_SUMS, len(names)):
        alerts.hear(
            checks_of({name: healthy[name] for name in names[day - DAYS_IN_SUMS : day]}, champion),
            CHECKS_A_DAY,
        )
    print(f"a healthy model, {len(names)} days: {len(alerts.opened)} alerts {alerts.opened}", flush=True)
    delays = [
        delay(healthy, shifted, names, begin, champion)
        for begin in np.linspace(DAYS_IN_SUMS, len(names) - 21, STARTS).astype(int)
    ]
    delays_h = np.array(delays)
    print(
        f"inputs shifted by {SHIFT_C:g} °C: {np.isfinite(delays_h).sum()} of {delays_h.size} found within "
        f"20 d; delay {np.median(delays_h):.0f} h (median), "
        f"{delays_h.min():.0f} to {delays_h.max():.0f} h, checked once a day"
    )


def trained(panel: Panel, holdout: int) -> tuple[dict[int, LeadModel], object, np.ndarray]:
    """Models by lead, trained on the hours before an index; the climatology, and the damping."""
    plan = Plan(
        target=TARGET.name,
        version="benchmark",
        stations=tuple(panel.stations.tolist()),
        horizon_hours=HORIZON,
        first=panel.time_at(0),
        last=panel.time_at(panel.length - 1),
        holdout_first=panel.time_at(holdout),
        snapshot_id=None,
        seed=1,
    )
    climatology = preparation.fit_climatology(panel, plan)
    issue_times, base = (
        preparation.training_issue_times(panel, plan),
        preparation.training_features(panel, plan, climatology),
    )
    values = panel.values[TARGET.column][:, :holdout]
    models = {}
    for lead in LEADS:
        begun = time.perf_counter()
        own = features.lead_features(panel, issue_times, TARGET, climatology, lead, LONG.uses)
        models[lead] = LONG.train_lead(
            sampled(panel.values[TARGET.column], issue_times, base, own, lead), lead, 1, None
        )
        print(f"lead {lead} h: trained in {time.perf_counter() - begun:.0f} s", flush=True)
    return models, climatology, baselines.damping(values, climatology, panel.hours[:holdout], HORIZON)


def forecast(
    model: LeadModel, seen: Panel, issue_times: np.ndarray, climatology: object, lead: int
) -> QuantileForecast:
    """All quantiles, of shape (stations, issue times)."""
    base = features.features(seen, issue_times, TARGET, climatology, LONG.uses)
    joined = base.concat(features.lead_features(seen, issue_times, TARGET, climatology, lead, LONG.uses))
    value = seen.values[TARGET.column][:, issue_times]
    changes, _ = model.changes(joined.names, joined.values.reshape(-1, len(joined.names)))
    levels = model.errors.levels
    return QuantileForecast(levels, value + changes.reshape(len(levels), *value.shape))


def days_of(
    seen: Panel, panel: Panel, models: dict[int, LeadModel], issue_times: np.ndarray, known: Damping
) -> Days:
    """Sums by day of forecasts that are made from one panel, and scored against the other."""
    tables = []
    for lead, model in models.items():
        quantiles = forecast(model, seen, issue_times, known.climatology, lead)
        known_rows = np.isfinite(quantiles.values).all(axis=0)
        station, issue = np.nonzero(known_rows)
        issued = panel.hours[issue_times[issue]]
        columns = {
            "issued_at": times(issued),
            "station_id": panel.stations[station],
            "target": [TARGET.name] * len(issue),
            "valid_at": times(issued + lead * np.timedelta64(1, "h")),
            "lead_hours": np.full(len(issue), lead, np.int32),
            **{
                name: quantiles.at(level)[known_rows].astype(np.float64)
                for name, level in (("p10", 0.1), ("p50", 0.5), ("p90", 0.9))
            },
            "model_version": ["benchmark"] * len(issue),
        }
        tables.append(rows_of(columns))
    scored = error_sums.pair(pa.concat_tables(tables), panel, TARGET.column, known)
    return {day: error_sums.day_sums(part) for day, part in error_sums.by_day(scored).items()}


def times(hours: np.ndarray) -> pa.Array:
    """Hours as the tables store them."""
    return pa.array(hours.astype("datetime64[us]")).cast(UTC_TIME)


def checks_of(days: Days, champion: DeployedModel) -> list[performance.Check]:
    """Checks of some days."""
    return performance.error_checks(
        TargetEvidence(TARGET, champion, DailySums(days), {}), performance.ModelPerformanceLimits()
    )


def delay(healthy: Days, shifted: Days, names: list[str], begin: int, champion: DeployedModel) -> float:
    """Hours from the shift's beginning to an alert; infinite where there is none."""
    alerts = Alerts()
    for day in range(begin + 1, begin + 21):
        days = {
            name: (shifted if name >= names[begin] else healthy)[name]
            for name in names[day - DAYS_IN_SUMS : day]
        }
        alerts.hear(checks_of(days, champion), CHECKS_A_DAY)
        if alerts.opened:
            return 24.0 * (day - begin)
    return float("inf")


if __name__ == "__main__":
    main()
