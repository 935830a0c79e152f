"""From an evaluated version to the champion: gates, a smoke check, then the pointer moves."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from pyiceberg.catalog import Catalog

from weather_mlops.documents.decision import Decision
from weather_mlops.documents.evaluation import Smoke
from weather_mlops.documents.judged_evaluation import JudgedEvaluation
from weather_mlops.documents.training_tasks import DeploymentSummary
from weather_mlops.errors import ModelUnusable, TrainingImpossible
from weather_mlops.lake import observations_reader
from weather_mlops.lake.panel import to_panel
from weather_mlops.model import boosters, evaluation, kma_inputs
from weather_mlops.model.forecaster import Forecaster
from weather_mlops.model.gate_limits import Gates, GateVerdict
from weather_mlops.model.gates import judge, not_judged, refusal
from weather_mlops.model.plan import Plan
from weather_mlops.model.registry import Registry
from weather_mlops.model.versions import Version

log = logging.getLogger(__name__)

TOLERANCE: Final = 1e-4
"""How far a repeated forecast may be off, in the target's unit: float32 sums are taken in another order."""


@dataclass(frozen=True, slots=True)
class DeploymentOutcome:
    """The outcome of a deployment: the decision, and whether the version is the champion now."""

    deployed: bool
    decision: Decision

    def as_dict(self) -> DeploymentSummary:
        """Small and flat, for the orchestrator."""
        return {
            "deployed": self.deployed,
            "version": self.decision.version,
            "previous": self.decision.previous,
            "decision": ("" if self.deployed else "not deployed: ") + self.decision.reason,
        }


def deploy(  # noqa: PLR0913  keyword only: when and by whom
    registry: Registry, catalog: Catalog, plan: Plan, gates: Gates, *, now: datetime, by: str
) -> DeploymentOutcome:
    """Deploy the version of a run if it passes every gate; else record which gates refused it.

    Repeated after it was stopped, it ends in the same state.

    Args:
        registry: of the target.
        catalog: of the observations, for the smoke check.
        plan: of the run.
        gates: the limits.
        now: the time (UTC).
        by: the run, for the record.

    Raises:
        TrainingImpossible: the run evaluated no version.
        ModelUnusable: the version is damaged, or its forecast differs from the one made when it was
            evaluated.
        StorageUnavailable, StorageRefused.
    """
    if not registry.finalized(plan.version):
        raise TrainingImpossible(
            f"{plan.target}: this run evaluated no model: see its tasks train_model and evaluate_model"
        )
    version = registry.load(plan.version)
    evaluated = registry.document(plan.version, evaluation.EVALUATION, JudgedEvaluation)
    champion = registry.champion_or_none()
    if champion is not None and champion.version == plan.version:
        registry.record(champion)
        return DeploymentOutcome(deployed=True, decision=champion)
    previous = champion.version if champion else None
    changed = _champion_changed(evaluated, previous)
    verdicts = [] if changed else _verdicts(registry, evaluated, version, gates)
    if reason := changed or refusal(verdicts):
        decision = next(
            (
                each
                for each in registry.decisions()
                if (each.kind, each.version, each.by) == ("refused", plan.version, by)
            ),
            Decision("refused", plan.version, previous, now, by, reason),
        )
        log.info("not deployed: target=%s version=%s: %s", plan.target, plan.version, decision.reason)
        registry.record(decision)
        return DeploymentOutcome(deployed=False, decision=decision)
    smoke = registry.document(plan.version, evaluation.SMOKE, Smoke)
    smoke_check(version, smoke, catalog, plan, now)
    reason = _reason(evaluated, verdicts)
    decision = Decision("deployed", plan.version, previous, now, by, reason, version.manifest_sha256)
    registry.promote(decision)
    return DeploymentOutcome(deployed=True, decision=decision)


def smoke_check(version: Version, smoke: Smoke, catalog: Catalog, plan: Plan, now: datetime) -> None:
    """Check that a version repeats the forecast of its evaluation from the tables, and can forecast now.

    Raises:
        ModelUnusable: it doesn't.
        StorageUnavailable, StorageRefused.
    """
    boosters.check(version.files)
    forecaster = Forecaster.from_files(version.files)
    issued_at = datetime.fromisoformat(smoke["issued_at"])
    again = _forecast(forecaster, catalog, issued_at, plan.snapshot_id, plan.kma_snapshot_id)
    expected = _expected_p50(smoke["p50"], again.shape)
    if not np.allclose(again, expected, rtol=0, atol=TOLERANCE, equal_nan=True):
        worst = np.nanmax(np.abs(again - expected))
        raise ModelUnusable(
            f"{version.name}: its forecast of {smoke['issued_at']}, made again, differs by up to {worst:g}: "
            "features or model are not the evaluated ones. Nothing was deployed; run model_training again."
        )
    newest = _forecast(forecaster, catalog, now)
    if not np.isfinite(newest).any():
        raise ModelUnusable(
            f"{version.name}: it makes no forecast from the newest observations. Nothing was deployed; check "
            "that data_collection runs."
        )


def _expected_p50(rows: Sequence[Sequence[float | None]], shape: tuple[int, ...]) -> np.ndarray:
    """The forecast of the evaluation; infinite, so unequal to any, if its stations or leads are others."""
    if (len(rows), *{len(row) for row in rows}) != shape:
        return np.full(shape, np.inf)
    return np.array(rows, np.float64)


def _forecast(
    forecaster: Forecaster,
    catalog: Catalog,
    until: datetime,
    snapshot_id: int | None = None,
    kma_snapshot_id: int | None = None,
) -> np.ndarray:
    """p50 issued at the newest hour up to a time, made like every forecast from the last hours only."""
    first = until - timedelta(hours=forecaster.history_hours)
    columns = forecaster.inputs
    table = observations_reader.read_observations(
        catalog, columns, stations=forecaster.stations, first=first, last=until, snapshot_id=snapshot_id
    )
    panel = to_panel(table, columns, stations=forecaster.stations, first=first)
    issue_times = np.array([panel.length - 1])
    rows_of = kma_inputs.from_catalog(catalog, forecaster.stations, kma_snapshot_id)
    kma = forecaster.gather(rows_of, panel, issue_times)
    return forecaster.predict(panel, issue_times, kma).p50[:, 0].astype(np.float64)


def _champion_changed(evaluated: JudgedEvaluation, champion: str | None) -> str:
    """Why the comparison with the champion counts no more; empty if it does."""
    compared = evaluated["champion"] and evaluated["champion"]["version"]
    if compared == champion or champion == evaluated["champion_left_out"]:
        return ""
    return (
        f"the champion is {champion}, and the comparison was with {compared}: it changed in between; "
        "the next run compares again"
    )


def _verdicts(
    registry: Registry, evaluated: JudgedEvaluation, version: Version, gates: Gates
) -> list[GateVerdict]:
    compared = evaluated["champion"]
    if compared is None:
        return judge(evaluated, gates, refresh=False)
    of_champion = registry.manifest(compared["version"])
    own, theirs = version.manifest["plan"], of_champion["plan"]
    return judge(
        evaluated,
        gates,
        refresh=of_champion["recipe"] == version.manifest["recipe"],
        added_stations=len(set(own["stations"]) - set(theirs["stations"])),
        added_leads=max(own["horizon_hours"] - theirs["horizon_hours"], 0),
    )


def _reason(evaluated: JudgedEvaluation, verdicts: Sequence[GateVerdict]) -> str:
    """The reason for the record, with figures."""
    unit, leads = evaluated["unit"], evaluated["leads"]
    errors = ", ".join(
        f"{_rmse(leads[lead]['rmse'], unit)} at {lead} h" for lead in (next(iter(leads)), list(leads)[-1])
    )
    compared, unjudged = evaluated["champion"], not_judged(verdicts)
    more = f"; {unjudged}" if unjudged else ""
    if compared is None:
        return f"every gate passed, and there was no champion to compare with; RMSE {errors}{more}"
    return (
        f"every gate passed; {compared['improvement']:+.2%} of RMSE against {compared['version']} "
        f"on the same rows; RMSE {errors}{more}"
    )


def _rmse(value: float | None, unit: str) -> str:
    return "not measured" if value is None else f"{value:.2f} {unit}"
