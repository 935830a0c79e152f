"""Error of a lead against the rows that a booster sees, and the seconds that they cost.

Usage: nice .venv/bin/python benchmarks/training_rows.py [--years 1.5] [--stations 97] [--leads 6 24]
       [--booster-rows 30000 60000 120000 240000]

Simulated weather of many stations, of which as many station-hours are sampled as a training uses at most.
Each booster sees a part of them. The newest 90 days are the test; one lead is trained at a time, on one core.
"""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.training import TARGET, simulated
from weather_mlops.model import features, long_history, preparation
from weather_mlops.model.plan import Plan, holdout_first
from weather_mlops.model.recipes import LONG
from weather_mlops.model.sample import Sample, sampled
from weather_mlops.stations import load_stations

TEST_HOURS_STEP = 7
"""Every 7th hour of the test: neighbouring hours are nearly the same."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--years", type=float, default=1.5)
    parser.add_argument("--stations", type=int, default=97)
    parser.add_argument("--leads", type=int, nargs="+", default=[6, 24])
    parser.add_argument("--booster-rows", type=int, nargs="+", default=[30_000, 60_000, 120_000, 240_000])
    options = parser.parse_args()
    panel = simulated(options.years, [station.id for station in load_stations()][: options.stations])
    first, last = panel.time_at(0), panel.time_at(panel.length - 1)
    plan = Plan(
        target=TARGET.name,
        version="benchmark",
        stations=tuple(panel.stations.tolist()),
        horizon_hours=max(options.leads),
        first=first,
        last=last,
        holdout_first=holdout_first(last, last - first, 90),
        snapshot_id=None,
        seed=1,
    )
    climatology = preparation.fit_climatology(panel, plan)
    learned = preparation.training_issue_times(panel, plan)
    begin = panel.index_of(plan.holdout_first)
    tested = np.arange(begin, panel.length - plan.horizon_hours, TEST_HOURS_STEP)

    def rows_of(issue_times: np.ndarray, lead: int) -> Sample:
        base = features.features(panel, issue_times, TARGET, climatology, LONG.uses)
        own = features.lead_features(panel, issue_times, TARGET, climatology, lead, LONG.uses)
        return sampled(panel.values[TARGET.column], issue_times, base, own, lead)

    standard = long_history.SETTINGS
    for lead in options.leads:
        sample, test = rows_of(learned, lead), rows_of(tested, lead)
        for rows in options.booster_rows:
            long_history.SETTINGS = replace(standard, many_booster_rows=rows, many_far_booster_rows=rows)
            begun = time.thread_time()
            model = LONG.train_lead(sample, lead, 1, None)
            spent = time.thread_time() - begun
            error = test.change - model.changes(test.names, test.values)[0][len(model.errors.levels) // 2]
            print(
                f"lead {lead} h: {len(sample.change)}, {rows} for each of {len(model.boosters)} boosters: "
                f"{spent:.0f} s of CPU, RMSE {np.sqrt(np.mean(error**2)):.4f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
