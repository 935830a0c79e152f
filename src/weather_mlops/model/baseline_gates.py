"""The gates on the skill against the baselines, the KMA's forecast among them."""

from collections.abc import Iterator, Mapping

from weather_mlops.documents.judged_evaluation import JudgedBaseline, JudgedEvaluation, JudgedLead
from weather_mlops.errors import Misconfigured
from weather_mlops.formatting import exact_percent, percent
from weather_mlops.model.baselines import KMA_FORECAST
from weather_mlops.model.gate_limits import Gates, GateVerdict, mean_of, signed


def against_baselines(evaluation: JudgedEvaluation, gates: Gates) -> Iterator[GateVerdict]:
    """Judge the skill against each baseline, and how certain a gain over the KMA's forecast is."""
    by_gate = {"min_skill_every_lead": gates.min_skill_every_lead, "min_skill": gates.min_skill}
    for gate, limits in by_gate.items():
        for baseline, limit in limits.items():
            if baseline == KMA_FORECAST and (reason := _why_without_kma(evaluation)):
                text = f"skill against {baseline} not judged: no common rows: {reason}"
                yield GateVerdict(gate, passed=True, text=text, judged=False)
            elif gate == "min_skill":
                yield _mean_skill(evaluation, baseline, limit)
            else:
                yield _skill_every_lead(evaluation, baseline, limit)
    if gates.min_kma_certainty is not None:
        yield _kma_certainty(evaluation, gates.min_kma_certainty)


def _kma_certainty(evaluation: JudgedEvaluation, required: float) -> GateVerdict:
    gate = "min_kma_certainty"
    if reason := _why_without_kma(evaluation):
        text = f"certainty against {KMA_FORECAST} not judged: no common rows: {reason}"
        return GateVerdict(gate, passed=True, text=text, judged=False)
    certainty = evaluation["kma_forecast"]["certainty"]
    figure = "not measured" if certainty is None else percent(certainty, required, digits=0)
    text = (
        f"better than {KMA_FORECAST} in {figure} of resamples of {evaluation['kma_forecast']['days']} days; "
        f"{exact_percent(required)} required"
    )
    passed = certainty is not None and certainty >= required
    return GateVerdict(gate, passed, text + _leads_without(evaluation, _skills(evaluation, KMA_FORECAST)))


def _skill_every_lead(evaluation: JudgedEvaluation, baseline: str, limit: float) -> GateVerdict:
    skills = _skills(evaluation, baseline)
    bad = [
        f"{signed(skill, limit)} at {lead} h"
        for lead, skill in skills.items()
        if skill is None or skill <= limit
    ]
    required = f"above {exact_percent(limit, signed=True)}"
    text = (
        f"skill against {baseline}: {', '.join(bad)}; {required} required at every lead"
        if bad
        else f"skill against {baseline} {required} at every lead"
    )
    return GateVerdict("min_skill_every_lead", not bad, text + _leads_without(evaluation, skills))


def _mean_skill(evaluation: JudgedEvaluation, baseline: str, limit: float) -> GateVerdict:
    skills = _skills(evaluation, baseline)
    mean = mean_of(skills.values())
    sampled = _sampled(evaluation) if baseline == KMA_FORECAST else ""
    text = (
        f"skill against {baseline} {signed(mean, limit)}{sampled}, mean over leads; "
        f"above {exact_percent(limit, signed=True)} required"
    )
    passed = mean is not None and mean > limit
    return GateVerdict("min_skill", passed, text + _leads_without(evaluation, skills))


def _skills(evaluation: JudgedEvaluation, baseline: str) -> dict[str, float | None]:
    """Skill by lead; against the KMA's forecast only at the leads with common rows."""
    if baseline == KMA_FORECAST:
        measured = evaluation["kma_forecast"]["leads"]
        return {lead: measured[lead]["skill"] for lead in evaluation["leads"] if lead in measured}
    return {lead: _baseline(figures, baseline)["skill"] for lead, figures in evaluation["leads"].items()}


def _why_without_kma(evaluation: JudgedEvaluation) -> str:
    """Why nothing can be compared with the KMA's forecast; empty where something can."""
    if "kma_forecast" not in evaluation:
        return "the evaluation is from before they were compared"
    compared = evaluation["kma_forecast"]
    if compared["leads"]:
        return ""
    return compared["reason"] or "no lead has any"


def _leads_without(evaluation: JudgedEvaluation, skills: Mapping[str, float | None]) -> str:
    """Which leads are not judged, as the end of a text; empty if all are."""
    without = [lead for lead in evaluation["leads"] if lead not in skills]
    return f"; not judged at {', '.join(without)} h: no common rows" if without else ""


def _sampled(evaluation: JudgedEvaluation) -> str:
    """The bootstrap range of the skill against the KMA's forecast, in brackets; empty if there is none."""
    compared = evaluation["kma_forecast"]
    low, high, certainty = compared["low"], compared["high"], compared["certainty"]
    if low is None or high is None or certainty is None:
        return ""
    days = compared["days"]
    return f" ({low:+.1%} to {high:+.1%}, better in {certainty:.0%} of resamples of {days} days)"


def _baseline(figures: JudgedLead, name: str) -> JudgedBaseline:
    try:
        return figures["opponents"][name]
    except KeyError:
        known = ", ".join([*figures["opponents"], KMA_FORECAST])
        raise Misconfigured(f"gates: unknown baseline {name}; known are {known}") from None
