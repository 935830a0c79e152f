"""The recipe of the pipelines on files of observations: for people without Airflow, S3 or a catalog."""

import logging
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from weather_mlops.errors import Misconfigured, TrainingImpossible
from weather_mlops.kma import wire
from weather_mlops.kma.endpoints import KST
from weather_mlops.model import evaluation, features, opponents, steps
from weather_mlops.model.card import page
from weather_mlops.model.evaluation import SHOWN_LEADS
from weather_mlops.model.grid import Grid, to_grid
from weather_mlops.model.plan import HOUR, Plan
from weather_mlops.model.scores import rounded
from weather_mlops.model.targets import target_named

log = logging.getLogger(__name__)

VERSION: Final = "backtest"


def observations(files: Iterable[Path], target: str) -> pa.Table:
    """What a training needs of files in the KMA's wire format, gzipped or not; later files win.

    Raises:
        Misconfigured: there is no such file.
        ReplyCutOff, KmaMaintenance, FormatChanged: a file is no reply.
    """
    columns = ["station_id", "observed_at", *features.inputs(target_named(target))]
    tables = []
    for path in files:
        parsed = wire.parse(wire.unpacked(path.read_bytes()))
        if parsed.rejected.num_rows:
            log.warning("backtest: %s: %d lines can't be read", path, parsed.rejected.num_rows)
        tables.append(parsed.rows.select(columns))
    if not tables:
        raise Misconfigured("no such file: OBSERVATIONS names files in the KMA's wire format")
    return pa.concat_tables(tables)


def backtest(  # noqa: PLR0913  what a command line says
    table: pa.Table,
    target: str,
    *,
    holdout_from: date,
    holdout_to: date | None = None,
    folds: int = 1,
    horizon_hours: int = 24,
    seed: int = 1,
) -> tuple[dict[str, Any], str]:
    """Train before a day, test from that day on; the result as JSON, and as a model card.

    Args:
        table: as ``observations`` gives it.
        target: its name.
        holdout_from: first day (KST) of the test.
        holdout_to: last day (KST), included; None = the newest one.
        folds: the test is cut into so many spans, each forecast by a model trained before it.
        horizon_hours: longest lead.
        seed: of all randomness.

    Raises:
        Misconfigured, TrainingImpossible: the days leave nothing to learn from or to test on.
    """
    if folds < 1:
        raise Misconfigured(f"FOLDS is {folds}: give 1 or more")
    grid = to_grid(table, features.inputs(target_named(target)))
    first, last = _midnight(holdout_from), grid.moment(grid.length - 1)
    end = last if holdout_to is None else min(last, _midnight(holdout_to + timedelta(days=1)))
    if end - first < folds * horizon_hours * HOUR:
        raise TrainingImpossible(f"{first:%Y-%m-%d} to {end:%Y-%m-%d} is too short for {folds} folds")
    starts = [first + n * (end - first) / folds for n in range(folds)]
    plans = [
        Plan(
            target=target,
            version=VERSION,
            stations=tuple(int(station) for station in grid.stations),
            horizon_hours=horizon_hours,
            first=grid.moment(0),
            last=until,
            holdout_first=begin.replace(minute=0, second=0, microsecond=0),
            snapshot_id=None,
            seed=seed,
        )
        for begin, until in zip(starts, [*starts[1:], end], strict=True)
    ]
    forecasters, parts, told = [], [], []
    for plan in plans:
        forecaster, trained = steps.measured(partial(steps.fit, grid, plan))
        forecasters.append(forecaster)
        parts.append(
            evaluation.compare(forecaster, grid, grid.place(plan.holdout_first), end=_end(grid, plan.last))
        )
        told.append({"holdout_from": plan.holdout_first.isoformat(), **trained})
        log.info("backtest: fold %d of %d: %s", len(parts), folds, told[-1])
    figures = evaluation.figures(evaluation.joined(parts), grid, forecasters[-1].importance(SHOWN_LEADS))
    document = {
        **steps.describe(forecasters[-1], plans[-1], told[-1]),
        "evaluated_at": datetime.now(UTC).isoformat(),
        "code_revision": None,
        "champion_left_out": None,
        **figures,
    }
    return _result(target, figures, told), page.render(rounded(document))


def _end(grid: Grid, until: datetime) -> int:
    """Index after the last issue time of a span: the newest hour has no outcome."""
    return min(grid.place(until), grid.length - 1)


def _result(target: str, figures: dict[str, Any], told: list[dict[str, Any]]) -> dict[str, Any]:
    leads = {
        lead: {
            **{name: value for name, value in measured.items() if name != "opponents"},
            **{f"skill_{name}": measured["opponents"][name]["skill"] for name in opponents.NAMES},
            **{f"rmse_{name}": measured["opponents"][name]["rmse"] for name in opponents.NAMES},
        }
        for lead, measured in figures["leads"].items()
    }
    return {
        "target": target,
        "unit": target_named(target).unit,
        "rows": figures["holdout"]["rows"],
        "holdout_from": figures["holdout"]["first"],
        "holdout_to": figures["holdout"]["last"],
        "leads": leads,
        "train_seconds": round(sum(fold["seconds"] for fold in told), 1),
        "train_rows": told[-1]["rows"],
        "peak_rss_mb": steps.peak_rss_mb(),
        "folds": told,
    }


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), KST).astimezone(UTC)
