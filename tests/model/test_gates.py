"""Each gate refuses by itself, and says with which figures."""

import copy

import pytest

from weather_mlops.errors import Misconfigured
from weather_mlops.model.gates import Gates, judge, refusal

OPPONENTS = ("persistence", "persistence_24h", "climatology", "damped_anomaly", "ridge")


def good() -> dict:
    figures = {"rmse": 1.0, "coverage_80": 0.8}
    skills = {name: {"rmse": 1.5, "skill": 0.3} for name in OPPONENTS}
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
    }
    return {"leads": leads, "stations": stations, "champion": champion}


def refused_by(evaluation: dict, *, refresh: bool = False, **limits) -> set[str]:
    verdicts = judge(evaluation, Gates.of(limits), refresh=refresh)
    return {verdict.gate for verdict in verdicts if not verdict.passed}


def test_a_good_model_passes_every_gate():
    assert refused_by(good()) == set()
    assert refusal(judge(good(), Gates(), refresh=False)) == ""


def test_the_first_model_needs_no_champion():
    assert refused_by({**good(), "champion": None}) == set()


def bad(path: tuple, value: object) -> dict:
    evaluation = good()
    inner = evaluation
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return evaluation


@pytest.mark.parametrize(
    ("gate", "path", "value", "told"),
    [
        ("min_improvement", ("champion", "improvement"), 0.005, "+0.50% of RMSE against before"),
        ("min_certainty", ("champion", "certainty"), 0.6, "better in 60% of resamples"),
        (
            "min_skill_every_lead",
            ("leads", "2", "opponents", "persistence", "skill"),
            -0.01,
            "-1.0% at 2 h",
        ),
        (
            "min_skill",
            ("leads", "3", "opponents", "damped_anomaly", "skill"),
            -0.9,
            "against damped_anomaly -10.0%",
        ),
        ("coverage", ("leads", "1", "coverage_80"), 0.5, "50.0% at 1 h"),
        ("coverage", ("leads", "1", "coverage_80"), 0.99, "99.0% at 1 h"),
        ("min_station_skill", ("stations", "159", "1", "skill_persistence"), -0.9, "at station 159"),
    ],
)
def test_each_gate_refuses_once(gate, path, value, told):
    evaluation = bad(path, value)
    assert refused_by(evaluation) == {gate}
    assert told in refusal(judge(evaluation, Gates(), refresh=False))


def test_a_refresh_may_be_a_little_worse_but_not_more():
    slightly, clearly = bad(("champion", "improvement"), -0.009), bad(("champion", "improvement"), -0.011)
    assert refused_by(slightly, refresh=True) == set()
    assert refused_by(slightly) == {"min_improvement"}
    assert refused_by(clearly, refresh=True) == {"max_refresh_loss"}


@pytest.mark.parametrize(
    "path",
    [
        ("leads", "1", "coverage_80"),
        ("leads", "1", "opponents", "persistence", "skill"),
        ("stations", "108", "2", "skill_persistence"),
        ("champion", "improvement"),
    ],
)
def test_what_was_not_measured_passes_no_gate(path):
    assert refused_by(bad(path, None))


def test_a_limit_from_yaml_counts():
    assert refused_by(good(), min_skill={"ridge": 0.5}) == {"min_skill"}
    assert refused_by(good(), coverage=[0.85, 0.9]) == {"coverage"}


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ({"min_improvment": 0.1}, "min_improvment: unknown"),
        ({"coverage": [0.9, 0.7]}, "coverage"),
        ({"coverage": [0.9]}, "coverage"),
    ],
)
def test_gates_that_can_not_hold_are_refused(limits, told):
    with pytest.raises(Misconfigured, match=told):
        Gates.of(limits)


def test_an_unknown_opponent_is_named_with_those_there_are():
    with pytest.raises(Misconfigured, match="no opponent persistance; there are persistence"):
        judge(good(), Gates.of({"min_skill": {"persistance": 0.0}}), refresh=False)
