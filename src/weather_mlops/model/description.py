"""What is said of a model without measuring it: its data, its inputs, and how it was trained."""

from importlib.metadata import version as installed
from typing import Final

from weather_mlops.clock import HOUR
from weather_mlops.documents.evaluation import ModelDescription, TrainingStatistics
from weather_mlops.model.forecaster import Forecaster
from weather_mlops.model.plan import Plan

LIBRARIES: Final = ("numpy", "pyarrow", "xgboost-cpu")
OBSERVATIONS_ALONE: Final = "observations alone"


def inputs_of(forecaster: Forecaster) -> str:
    """What a model forecasts from, in words."""
    if (post_processing := forecaster.post_processing) is None:
        return OBSERVATIONS_ALONE
    return (
        f"observations and the KMA's forecast ({post_processing.step}; "
        f"archive of {post_processing.archive_days:.0f} days)"
    )


def describe(forecaster: Forecaster, plan: Plan, trained: TrainingStatistics) -> ModelDescription:
    """Describe a model and its training: the part of an evaluation that isn't measured on the holdout."""
    return {
        "target": forecaster.target.name,
        "unit": forecaster.target.unit,
        "label": forecaster.target.label,
        "version": plan.version,
        "recipe": forecaster.config_hash,
        "horizon_hours": plan.horizon_hours,
        "inputs": inputs_of(forecaster),
        "libraries": {name: installed(name) for name in LIBRARIES},
        "snapshot_id": plan.snapshot_id,
        "kma_snapshot_id": plan.kma_snapshot_id,
        "training": {
            "first": plan.first.isoformat(),
            "last": (plan.holdout_first - HOUR).isoformat(),
            "stations": list(plan.stations),
            **trained,
        },
    }
