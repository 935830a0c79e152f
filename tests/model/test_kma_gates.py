"""The gates on the KMA's forecast judge where there are common rows, and say so where there are none."""

import pytest

from tests.model.judged import good, refused_by
from weather_mlops.documents.judged_evaluation import JudgedEvaluation
from weather_mlops.lake import documents
from weather_mlops.model.gate_limits import Gates
from weather_mlops.model.gates import judge, not_judged, refusal
from weather_mlops.model.kma_baseline import without_figures


def with_kma(**skills) -> dict:
    """Leads are named lead_1, lead_2 and so on."""
    compared = {
        **without_figures("no rows"),
        **({"reason": None, "low": -0.02, "high": 0.08, "certainty": 0.9, "days": 80} if skills else {}),
        "leads": {name.removeprefix("lead_"): {"skill": skill} for name, skill in skills.items()},
    }
    return {**good(), "kma_forecast": compared}


KMA_GATES = {"min_skill": {"kma_forecast": 0.0}, "min_skill_every_lead": {"kma_forecast": 0.0}}


def test_the_kma_s_forecast_refuses_only_where_a_gate_names_it():
    worse = with_kma(lead_1=0.2, lead_2=-0.1, lead_3=-0.4)

    assert refused_by(worse) == set()
    assert refused_by(worse, **KMA_GATES) == {"min_skill", "min_skill_every_lead"}
    text = refusal(judge(worse, Gates.of(KMA_GATES), refresh=False))
    assert "skill against kma_forecast -10.0% (-2.0% to +8.0%, better in 90% of resamples of 80 days)" in text
    assert "-10.0% at 2 h, -40.0% at 3 h" in text


def test_a_model_better_than_the_kma_s_forecast_passes():
    verdicts = judge(with_kma(lead_1=0.2, lead_2=0.1, lead_3=0.1), Gates.of(KMA_GATES), refresh=False)

    assert (refusal(verdicts), not_judged(verdicts)) == ("", "")


@pytest.mark.parametrize(
    ("evaluation", "reason"),
    [(with_kma(), "no rows"), (good(), "the evaluation is from before they were compared")],
    ids=["without rows", "an older evaluation"],
)
def test_without_common_rows_nothing_is_judged_or_refused(evaluation, reason):
    verdicts = judge(evaluation, Gates.of(KMA_GATES), refresh=False)

    assert refusal(verdicts) == ""
    assert not_judged(verdicts) == "; ".join(
        f"{gate}: skill against kma_forecast not judged: no common rows: {reason}"
        for gate in ("min_skill_every_lead", "min_skill")
    )


def test_leads_without_common_rows_are_left_out_and_named():
    verdicts = judge(with_kma(lead_1=0.2), Gates.of(KMA_GATES), refresh=False)

    assert refusal(verdicts) == ""
    texts = [each.text for each in verdicts if "kma_forecast" in each.text]
    assert len(texts) == 2
    assert all(text.endswith("; not judged at 2, 3 h: no common rows") for text in texts)


def test_a_gain_over_the_kma_by_luck_is_refused_where_asked():
    evaluation = with_kma(lead_1=0.2)

    def judged(**limits) -> list:
        verdicts = judge(evaluation, Gates.of(limits), refresh=False)
        return [verdict for verdict in verdicts if verdict.gate == "min_kma_certainty"]

    assert judged() == judged(min_kma_certainty=None) == []
    assert judged(min_kma_certainty=0.9)[0].passed
    (refused,) = judged(min_kma_certainty=0.95)
    assert not refused.passed
    assert refused.text == (
        "better than kma_forecast in 90% of resamples of 80 days; 95% required; "
        "not judged at 2, 3 h: no common rows"
    )
    evaluation["kma_forecast"]["certainty"] = None
    assert not judged(min_kma_certainty=0.5)[0].passed


def test_without_common_rows_no_certainty_is_judged():
    verdicts = judge(with_kma(), Gates.of({"min_kma_certainty": 0.9}), refresh=False)

    assert refusal(verdicts) == ""
    assert not_judged(verdicts) == (
        "min_kma_certainty: certainty against kma_forecast not judged: no common rows: no rows"
    )


@pytest.mark.parametrize("evaluation", [good(), with_kma(), with_kma(lead_1=0.2)])
def test_an_evaluation_is_read_with_and_without_the_kma(evaluation):
    stored = {**evaluation, "schema": 1, "unit": "°C", "champion_left_out": None}
    read = documents.check(stored, JudgedEvaluation, "evaluation.json")

    assert ("kma_forecast" in read) == ("kma_forecast" in evaluation)
    assert refused_by(read) == set()
