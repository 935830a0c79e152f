"""Evaluations as the gates read them."""

import copy

from weather_mlops.model.gate_limits import Gates
from weather_mlops.model.gates import judge

BASELINES = ("persistence", "persistence_24h", "climatology", "damped_anomaly", "ridge")


def good() -> dict:
    figures = {"rmse": 1.0, "coverage_80": 0.8, "coverage_80_range": [0.74, 0.86]}
    skills = {name: {"rmse": 1.5, "skill": 0.3} for name in BASELINES}
    leads = {str(lead): {**figures, "opponents": copy.deepcopy(skills)} for lead in (1, 2, 3)}
    stations = {
        str(station): {str(lead): {"rmse": 1.0, "skill_persistence": 0.3} for lead in (1, 2, 3)}
        for station in (108, 159)
    }
    champion = {
        "version": "before",
        "improvement": 0.03,
        "low": 0.01,
        "high": 0.05,
        "certainty": 0.98,
        "days": 90,
        "crps_improvement": 0.02,
        "crps_low": 0.01,
        "crps_high": 0.03,
        "crps_certainty": 0.97,
    }
    return {"leads": leads, "stations": stations, "champion": champion}


def refused_by(evaluation: dict, *, refresh: bool = False, **limits) -> set[str]:
    verdicts = judge(evaluation, Gates.of(limits), refresh=refresh)
    return {verdict.gate for verdict in verdicts if not verdict.passed}


def bad(path: tuple, value: object) -> dict:
    evaluation = good()
    inner = evaluation
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return evaluation
