"""Each gate refuses by itself, and says with which figures."""

from functools import cache

import numpy as np
import pytest

from tests.model.judged import bad, good, refused_by
from weather_mlops.errors import Misconfigured
from weather_mlops.model.gate_limits import Gates
from weather_mlops.model.gates import judge, not_judged, refusal
from weather_mlops.verification import resampling, scores
from weather_mlops.verification.scores import QuantileForecast


def test_a_good_model_passes_every_gate():
    assert refused_by(good()) == set()
    assert refusal(judge(good(), Gates(), refresh=False)) == ""


def test_the_first_model_needs_no_champion():
    assert refused_by({**good(), "champion": None}) == set()


@pytest.mark.parametrize(
    ("gate", "path", "value", "text"),
    [
        ("min_improvement", ("champion", "improvement"), 0.005, "+0.50% of RMSE against before"),
        ("min_certainty", ("champion", "certainty"), 0.6, "better in 60% of resamples"),
        ("max_crps_loss", ("champion", "crps_improvement"), -0.021, "-2.10% of CRPS against before"),
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
        (
            "coverage",
            ("leads", "1", "coverage_80_range"),
            [0.5, 0.699],
            "worst at 1 h: 80.0% (by this sample 50.0% to 69.9%)",
        ),
        ("coverage", ("leads", "1", "coverage_80_range"), [0.9001, 0.99], "(by this sample 90.01% to 99.0%)"),
        ("min_station_skill", ("stations", "159", "1", "skill_persistence"), -0.9, "at station 159"),
    ],
)
def test_each_gate_refuses_once(gate, path, value, text):
    evaluation = bad(path, value)
    assert refused_by(evaluation) == {gate}
    assert text in refusal(judge(evaluation, Gates(), refresh=False))


def test_a_refresh_may_be_a_little_worse_but_not_more():
    slightly, clearly = bad(("champion", "improvement"), -0.009), bad(("champion", "improvement"), -0.011)
    assert refused_by(slightly, refresh=True) == set()
    assert refused_by(slightly) == {"min_improvement"}
    assert refused_by(clearly, refresh=True) == {"max_refresh_loss"}


@pytest.mark.parametrize(
    "path",
    [
        ("leads", "1", "coverage_80"),
        ("leads", "1", "coverage_80_range"),
        ("leads", "1", "opponents", "persistence", "skill"),
        ("stations", "108", "2", "skill_persistence"),
        ("champion", "improvement"),
    ],
)
def test_what_was_not_measured_passes_no_gate(path):
    assert refused_by(bad(path, None))


def test_a_model_of_more_stations_may_be_a_little_worse():
    evaluation = bad(("champion", "improvement"), -0.02)

    def refused(**more) -> set[str]:
        return {each.gate for each in judge(evaluation, Gates(), **more) if not each.passed}

    assert refused(refresh=True) == {"max_refresh_loss"}
    assert refused(refresh=True, added_stations=87) == set()
    assert refused(refresh=False, added_stations=87) == set()
    evaluation["champion"]["improvement"] = -0.06
    assert refused(refresh=True, added_stations=1) == {"max_extension_loss"}


def test_a_model_of_more_leads_may_be_a_little_worse():
    evaluation = bad(("champion", "improvement"), -0.02)
    verdicts = judge(evaluation, Gates(), refresh=False, added_stations=2, added_leads=24)

    assert refusal(verdicts) == ""
    assert verdicts[0].text.endswith("; forecasts 2 more stations and 24 more leads")
    evaluation["champion"]["improvement"] = -0.06
    assert "forecasts 24 more leads" in refusal(judge(evaluation, Gates(), refresh=True, added_leads=24))


def test_a_model_of_more_stations_may_lose_as_much_crps():
    evaluation = bad(("champion", "crps_improvement"), -0.04)

    def refused(**more) -> set[str]:
        return {each.gate for each in judge(evaluation, Gates(), **more) if not each.passed}

    assert refused(refresh=False, added_stations=87) == set()
    assert refused(refresh=True) == {"max_crps_loss"}
    evaluation["champion"]["crps_improvement"] = -0.06
    assert refused(refresh=False, added_stations=87) == {"max_crps_loss"}


def without_crps(*names: str) -> dict:
    return {name: value for name, value in good()["champion"].items() if name not in names}


CRPS = ("crps_improvement", "crps_low", "crps_high", "crps_certainty")


@pytest.mark.parametrize(
    ("champion", "reason"),
    [
        (without_crps(*CRPS), "the evaluation is from before it was compared"),
        ({**good()["champion"], **dict.fromkeys(CRPS)}, "one of the two forecasts an interval only"),
    ],
    ids=["an older evaluation", "an older champion"],
)
def test_a_crps_that_could_not_be_compared_refuses_nothing(champion, reason):
    verdicts = judge({**good(), "champion": champion}, Gates(), refresh=False)

    assert refusal(verdicts) == ""
    assert not_judged(verdicts) == f"max_crps_loss: CRPS against before not judged: {reason}"


def test_a_coverage_refusal_is_short_and_names_the_worst_lead():
    text = refusal(judge(with_intervals(18, 0, 0.5), Gates(), refresh=False))
    assert "outside 70% to 90% at" in text
    assert "of 24 leads, worst at" in text
    assert len(text) < 200


def test_coverage_within_its_sampling_range_passes():
    evaluation = bad(("leads", "1", "coverage_80"), 0.66)
    evaluation["leads"]["1"]["coverage_80_range"] = [0.58, 0.75]
    assert refused_by(evaluation) == set()


@cache
def dependent_errors(days: int, seed: int) -> np.ndarray:
    """Of standard deviation 1; shape (10 stations, hours, 24 leads).

    As forecast errors depend: over days (the more, the longer the lead), and from station to station.
    """
    source = np.random.default_rng(seed)
    hours, stations, leads = 24 * days, 10, 24
    memory = np.exp(-1 / np.linspace(1, 30, leads))
    errors = np.empty((stations, hours, leads))
    state = source.normal(size=(stations, leads))
    for hour in range(hours):
        shared, own = source.normal(size=leads), source.normal(size=(stations, leads))
        state = memory * state + np.sqrt(1 - memory**2) * (np.sqrt(0.6) * shared + np.sqrt(0.4) * own)
        errors[:, hour] = state
    return errors


def with_intervals(days: int, seed: int, factor: float) -> dict:
    """An evaluation of exact 80 % intervals times a factor, tested on a number of days."""
    errors = dependent_errors(days, seed)
    half_width = np.full_like(errors, 1.2816 * factor)  # of a normal distribution: from p50 to p90
    forecast = QuantileForecast.interval(-half_width, np.zeros_like(errors), half_width)
    day = np.arange(errors.shape[1]) // 24
    evaluation, (skills, *_) = good(), (figures["opponents"] for figures in good()["leads"].values())
    evaluation["leads"] = {}
    for lead in range(errors.shape[2]):
        observed = errors[..., lead]
        one = forecast[..., lead]
        evaluation["leads"][str(lead + 1)] = {
            **scores.figures(observed, one),
            "coverage_80_range": resampling.coverage_range(observed, one, day),
            "opponents": skills,
        }
    return evaluation


@pytest.mark.parametrize("days", [18, 90])
@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_intervals_of_half_or_twice_the_width_are_refused(days, factor):
    for seed in range(5):
        assert refused_by(with_intervals(days, seed, factor)) == {"coverage"}


@pytest.mark.parametrize(("days", "seeds"), [(18, 40), (90, 10)])
def test_right_intervals_pass_although_one_of_24_leads_wanders(days, seeds):
    refused = sum(bool(refused_by(with_intervals(days, seed, 1.0))) for seed in range(seeds))
    assert refused <= seeds // 20


def test_a_narrow_failure_is_written_with_enough_digits():
    text = refusal(judge(bad(("champion", "certainty"), 0.8996), Gates(), refresh=False))
    assert "better in 89.96% of resamples" in text


def test_a_limit_from_yaml_counts():
    assert refused_by(good(), min_skill={"ridge": 0.5}) == {"min_skill"}
    assert refused_by(good(), coverage=[0.87, 0.9]) == {"coverage"}


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"min_improvment": 0.1}, "min_improvment: unknown"),
        ({"coverage": [0.9, 0.7]}, "coverage"),
        ({"coverage": [0.9]}, "coverage"),
    ],
)
def test_impossible_gates_are_refused(limits, message):
    with pytest.raises(Misconfigured, match=message):
        Gates.of(limits)


def test_an_unknown_baseline_is_named_with_the_known_ones():
    with pytest.raises(Misconfigured, match="unknown baseline persistance; known are persistence"):
        judge(good(), Gates.of({"min_skill": {"persistance": 0.0}}), refresh=False)
