"""Training and evaluation of the pipelines on files of observations, without Airflow, S3 or a catalog."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Final, TypedDict

import numpy as np
import pyarrow as pa

from weather_mlops.clock import HOUR, KST
from weather_mlops.documents.evaluation import (
    SCHEMA,
    EvaluationDocument,
    HoldoutFigures,
    KmaForecastScores,
    KmaLeadScores,
    LeadScores,
    TrainingStatistics,
)
from weather_mlops.errors import Misconfigured, TrainingImpossible
from weather_mlops.kma.fields import YEARS
from weather_mlops.lake.panel import Panel, to_panel
from weather_mlops.lake.schemas import OBSERVATIONS_ONLY, WITH_KMA_FORECAST
from weather_mlops.model import (
    baselines,
    evaluation,
    features,
    kma_baseline,
    kma_inputs,
    training_cost,
    training_run,
)
from weather_mlops.model.card import page
from weather_mlops.model.description import describe
from weather_mlops.model.evaluation import SHOWN_LEADS
from weather_mlops.model.forecaster import Forecaster
from weather_mlops.model.holdout import Holdout, joined
from weather_mlops.model.kma_inputs import ForecastRows
from weather_mlops.model.plan import Plan
from weather_mlops.model.targets import target_named
from weather_mlops.verification.scores import rounded

log = logging.getLogger(__name__)

VERSION: Final = "backtest"
WITHOUT_KMA: Final = "no files of the KMA's forecast: KMA_FORECASTS names some"
FlatScores = Mapping[str, float | str | Sequence[float] | None]
"""Scores of one lead by name, those of the baselines among them."""


class FoldTraining(TrainingStatistics):
    """Cost of the training of a fold, whose test begins at ``holdout_from``."""

    holdout_from: str


class BacktestResult(TypedDict):
    """The file that a backtest writes: ``leads`` by lead in hours; errors in the target's unit."""

    target: str
    unit: str
    rows: int
    holdout_from: str
    holdout_to: str
    leads: dict[str, FlatScores]
    train_seconds: float
    train_rows: int
    peak_rss_mb: int
    folds: list[FoldTraining]


def backtest(  # noqa: PLR0913  options of a command line
    table: pa.Table,
    target: str,
    *,
    rows_of: ForecastRows | None = None,
    holdout_from: date,
    holdout_to: date | None = None,
    folds: int = 1,
    horizon_hours: int = 48,
    seed: int = 1,
) -> tuple[BacktestResult, str]:
    """Train before a day, test from that day on; the result as JSON, and as a model card.

    Args:
        table: rows of ``backtest_files.observations``.
        target: name of the target.
        rows_of: the KMA's forecasts, of ``backtest_files.kma_forecasts``; None = observations alone.
        holdout_from: first day (KST) of the test.
        holdout_to: last day (KST), included; None = the newest one.
        folds: number of spans that the test is cut into; each is forecast by a model trained before it.
        horizon_hours: longest lead.
        seed: of all randomness.

    Raises:
        Misconfigured, TrainingImpossible: the days leave nothing to train on or to test on.
    """
    if folds < 1:
        raise Misconfigured(f"FOLDS is {folds}: give 1 or more")
    panel = to_panel(table, features.inputs(target_named(target)))
    first, end = _span(panel, holdout_from, holdout_to)
    if end - first < folds * horizon_hours * HOUR:
        raise TrainingImpossible(
            f"the test from {_day(first)} to {_day(end)} (KST) is too short for FOLDS={folds}: "
            f"each needs {horizon_hours} hours of observations or more"
        )
    starts = [first + n * (end - first) / folds for n in range(folds)]
    plans = [
        _plan(panel, target, begin, until, horizon_hours, seed)
        for begin, until in zip(starts, [*starts[1:], end], strict=True)
    ]
    forecaster, holdout, trainings = _tested(panel, plans, rows_of)
    of_kma = kma_baseline.figures(holdout, panel, WITHOUT_KMA if rows_of is None else None)
    figures = evaluation.figures(holdout, panel, forecaster.importance(SHOWN_LEADS))
    document: EvaluationDocument = {
        "schema": SCHEMA,
        **describe(forecaster, plans[-1], trainings[-1]),
        "evaluated_at": datetime.now(UTC).isoformat(),
        "code_revision": None,
        "champion_left_out": None,
        **figures,
        "kma_forecast": of_kma,
    }
    return _result(target, figures, of_kma, trainings, holdout), page.render(rounded(document))


def described(result: BacktestResult) -> str:
    """The most important figures at some leads, a line for each, for the terminal."""
    lines = []
    for lead in SHOWN_LEADS:
        one = result["leads"].get(str(lead))
        if one is None:
            continue
        lines.append(
            f"{lead:3d} h: RMSE {one['rmse']:.3f} {result['unit']}, "
            f"persistence {one['rmse_persistence']:.3f}, ridge {one['rmse_ridge']:.3f}; "
            f"CRPS {one['crps']:.3f}; {one['coverage_80']:.1%} within p10 to p90\n"
            if one["n"]
            else f"{lead:3d} h: no outcome to compare with; test more days\n"
        )
    return "".join(lines)


def _plan(  # noqa: PLR0913, PLR0917  all that a plan says
    panel: Panel, target: str, begin: datetime, until: datetime, horizon_hours: int, seed: int
) -> Plan:
    """The plan of a fold: trained on all hours before a moment, tested from it on."""
    return Plan(
        target=target,
        version=VERSION,
        stations=tuple(int(station) for station in panel.stations),
        horizon_hours=horizon_hours,
        first=panel.time_at(0),
        last=until,
        holdout_first=begin.replace(minute=0, second=0, microsecond=0),
        snapshot_id=None,
        seed=seed,
    )


def _tested(
    panel: Panel, plans: Sequence[Plan], rows_of: ForecastRows | None
) -> tuple[Forecaster, Holdout, list[FoldTraining]]:
    """Train and test each fold: the last model, the holdouts joined, and the cost of each training."""
    holdouts: list[Holdout] = []
    trainings: list[FoldTraining] = []
    for plan in plans:
        forecaster, trained = training_cost.measured(partial(training_run.fit, panel, plan, rows_of=rows_of))
        holdouts.append(_compared(forecaster, panel, plan, rows_of))
        trainings.append({"holdout_from": plan.holdout_first.isoformat(), **trained})
        log.info("backtest: fold %d of %d: %s", len(holdouts), len(plans), trainings[-1])
    return forecaster, joined(holdouts), trainings


def _compared(forecaster: Forecaster, panel: Panel, plan: Plan, rows_of: ForecastRows | None) -> Holdout:
    """The holdout of a fold, with the KMA's forecast if there are files of it."""
    first, end = panel.index_of(plan.holdout_first), _end(panel, plan.last)
    if rows_of is None or not kma_inputs.can_use(forecaster.target):
        return evaluation.compare(forecaster, panel, first, end=end)
    issue_times = np.arange(first, end)
    kma = forecaster.gather(rows_of, panel, issue_times)
    if kma is None:  # only compared with
        kma = kma_inputs.gather(rows_of, panel, forecaster.target, issue_times, forecaster.horizon)
    holdout = evaluation.compare(forecaster, panel, first, end=end, kma=kma)
    return replace(holdout, kma_forecast=kma.published(holdout.leads))


def _end(panel: Panel, until: datetime) -> int:
    """Index after the last issue time of a span: the newest hour has no outcome."""
    return min(panel.index_of(until), panel.length - 1)


def _result(
    target: str,
    figures: HoldoutFigures,
    of_kma: KmaForecastScores,
    trainings: Sequence[FoldTraining],
    holdout: Holdout,
) -> BacktestResult:
    return {
        "target": target,
        "unit": target_named(target).unit,
        "rows": figures["holdout"]["rows"],
        "holdout_from": figures["holdout"]["first"],
        "holdout_to": figures["holdout"]["last"],
        "leads": {
            lead: {
                **_flat(scores),
                **_of_kma(of_kma["leads"].get(lead), holdout.share_with_kma(int(lead))),
            }
            for lead, scores in figures["leads"].items()
        },
        "train_seconds": round(sum(fold["seconds"] for fold in trainings), 1),
        "train_rows": trainings[-1]["rows"],
        "peak_rss_mb": training_cost.peak_rss_mb(),
        "folds": list(trainings),
    }


def _flat(scores: LeadScores) -> FlatScores:
    """Scores of one lead; those of the baselines as ``skill_<baseline>`` and ``rmse_<baseline>``."""
    baselines_of_lead = scores["opponents"]
    return {
        "n": scores["n"],
        "rmse": scores["rmse"],
        "mae": scores["mae"],
        "bias": scores["bias"],
        "coverage_80": scores["coverage_80"],
        "width_80": scores["width_80"],
        "pinball": scores["pinball"],
        "crps": scores["crps"],
        "coverage_80_range": scores["coverage_80_range"],
        **{f"skill_{name}": baselines_of_lead[name]["skill"] for name in baselines.NAMES},
        **{f"rmse_{name}": baselines_of_lead[name]["rmse"] for name in baselines.NAMES},
    }


def _of_kma(scores: KmaLeadScores | None, share: float | None) -> FlatScores:
    """The KMA's forecast and the skill against it, on common rows; and what our forecasts were made from."""
    return {
        "rmse_kma_forecast": None if scores is None else scores["rmse"],
        "skill_kma_forecast": None if scores is None else scores["skill"],
        "rmse_on_common_rows": None if scores is None else scores["model_rmse"],
        "inputs": WITH_KMA_FORECAST if share else OBSERVATIONS_ONLY,
        "share_with_kma_forecast": round(share or 0.0, 4),
    }


def _span(panel: Panel, holdout_from: date, holdout_to: date | None) -> tuple[datetime, datetime]:
    """First moment of the test, and its end.

    Raises:
        Misconfigured: a day outside of the years of observations, or a last day before the first.
        TrainingImpossible: there are no observations before the first day, or none from it on.
    """
    first, begin, last = _midnight(holdout_from), panel.time_at(0), panel.time_at(panel.length - 1)
    if holdout_to is not None and holdout_to < holdout_from:
        raise Misconfigured(f"HOLDOUT_TO is {holdout_to}, before HOLDOUT_FROM, {holdout_from}")
    if first >= last:
        raise TrainingImpossible(
            f"HOLDOUT_FROM is {holdout_from}, and the observations end on {_day(last)} (KST): "
            "name an earlier day, or give newer files too"
        )
    if first <= begin:
        raise TrainingImpossible(
            f"HOLDOUT_FROM is {holdout_from}, and the observations begin on {_day(begin)} (KST): "
            "nothing is left to train on; name a later day, or give older files too"
        )
    return first, last if holdout_to is None else min(last, _midnight(holdout_to) + timedelta(days=1))


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(KST):%Y-%m-%d}"


def _midnight(day: date) -> datetime:
    if day.year not in YEARS:
        raise Misconfigured(f"{day} is outside of the years {YEARS.start} to {YEARS.stop - 1}")
    return datetime.combine(day, time(), KST).astimezone(UTC)
