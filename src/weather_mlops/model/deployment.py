"""From an evaluated version to the champion: gates, a smoke check, then the pointer moves."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
from pyiceberg.catalog import Catalog

from weather_mlops.errors import ModelUnusable, TrainingImpossible
from weather_mlops.model import evaluation, preparation
from weather_mlops.model.forecaster import Forecaster
from weather_mlops.model.gates import Gates, judge, refusal
from weather_mlops.model.grid import to_grid
from weather_mlops.model.plan import Plan
from weather_mlops.model.registry import Decision, Registry, Version

log = logging.getLogger(__name__)

TOLERANCE: Final = 1e-4
"""How far, in the target's unit, a forecast made again may be off: float32 sums in another order."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a version: the decision, and whether it is the champion now."""

    deployed: bool
    decision: Decision

    def as_dict(self) -> dict[str, Any]:
        """Small and flat, for the orchestrator."""
        return {
            "deployed": self.deployed,
            "version": self.decision.version,
            "previous": self.decision.previous,
            "decision": ("" if self.deployed else "not deployed: ") + self.decision.reason,
        }


def deploy(  # noqa: PLR0913  keyword only: when and by whom
    registry: Registry, catalog: Catalog, plan: Plan, gates: Gates, *, now: datetime, by: str
) -> Outcome:
    """Deploy the version of a run if every gate lets it through; else put on record which one refused it.

    Done again after it was stopped, it ends in the same state.

    Args:
        registry: of the target.
        catalog: of the observations, for the smoke check.
        plan: of the run.
        gates: the limits.
        now: the time (UTC).
        by: the run, for the record.

    Raises:
        TrainingImpossible: the run evaluated no version.
        ModelUnusable: what is about to be deployed is damaged, or forecasts something else than it did when
            it was evaluated.
        StorageUnavailable, StorageRefused.
    """
    if not registry.sealed(plan.version):
        raise TrainingImpossible(
            f"{plan.target}: this run evaluated no model: see its tasks train_model and evaluate_model"
        )
    version = registry.load(plan.version)
    evaluated = json.loads(version.files[evaluation.EVALUATION])
    standing = registry.standing()
    if standing is not None and standing.version == plan.version:
        registry.record(standing)
        return Outcome(deployed=True, decision=standing)
    previous = standing.version if standing else None
    if reason := _why_not(registry, evaluated, version, gates, previous):
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
        return Outcome(deployed=False, decision=decision)
    smoke_check(version, catalog, plan, now)
    decision = Decision("deployed", plan.version, previous, now, by, _why(evaluated))
    registry.promote(decision)
    return Outcome(deployed=True, decision=decision)


def smoke_check(version: Version, catalog: Catalog, plan: Plan, now: datetime) -> None:
    """See that a version forecasts from the tables what it forecast when it was evaluated, and forecasts now.

    Raises:
        ModelUnusable: it doesn't.
        StorageUnavailable, StorageRefused.
    """
    forecaster = Forecaster.from_files(version.files)
    told = json.loads(version.files[evaluation.SMOKE])
    issued_at = datetime.fromisoformat(told["issued_at"])
    again = _forecast(forecaster, catalog, issued_at, plan.snapshot_id)
    expected = np.array(told["p50"], np.float64)
    if not np.allclose(again, expected, rtol=0, atol=TOLERANCE, equal_nan=True):
        worst = np.nanmax(np.abs(again - expected))
        raise ModelUnusable(
            f"{version.name}: made again, its forecast of {told['issued_at']} is off by up to {worst:g}: "
            "features or model are not what was evaluated. Nothing was deployed; run model_training again."
        )
    newest = _forecast(forecaster, catalog, now, None)
    if not np.isfinite(newest).any():
        raise ModelUnusable(
            f"{version.name}: it makes no forecast from the newest observations. Nothing was deployed; see "
            "whether data_collection runs."
        )


def _forecast(
    forecaster: Forecaster, catalog: Catalog, until: datetime, snapshot_id: int | None
) -> np.ndarray:
    """p50 of the newest hour up to a time, as forecasts are made: from the last hours only."""
    first = until - timedelta(hours=forecaster.history_hours)
    columns = forecaster.inputs
    table = preparation.read(
        catalog, columns, stations=forecaster.stations, first=first, last=until, snapshot_id=snapshot_id
    )
    grid = to_grid(table, columns, stations=forecaster.stations, first=first)
    return forecaster.predict(grid, np.array([grid.length - 1])).p50[:, 0].astype(np.float64)


def _why_not(
    registry: Registry, evaluated: Mapping[str, Any], version: Version, gates: Gates, champion: str | None
) -> str:
    compared = evaluated["champion"] and evaluated["champion"]["version"]
    if compared != champion and champion != evaluated["champion_left_out"]:
        return (
            f"the champion is {champion}, and the comparison was with {compared}: it changed in between; "
            "the next run compares anew"
        )
    refresh = bool(compared) and registry.manifest(compared)["recipe"] == version.manifest["recipe"]
    return refusal(judge(evaluated, gates, refresh=refresh))


def _why(evaluated: Mapping[str, Any]) -> str:
    """The reason for the record, with figures."""
    unit, leads = evaluated["unit"], evaluated["leads"]
    errors = ", ".join(
        f"{leads[lead]['rmse']:.2f} {unit} at {lead} h" for lead in (next(iter(leads)), list(leads)[-1])
    )
    compared = evaluated["champion"]
    if compared is None:
        return f"every gate passed, and there was no champion to compare with; RMSE {errors}"
    return (
        f"every gate passed; {compared['improvement']:+.2%} of RMSE against {compared['version']} "
        f"on the same rows; RMSE {errors}"
    )
