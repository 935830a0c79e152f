"""May a new model replace the champion? Limits on measured figures; each gate can refuse by itself."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Final

from weather_mlops.documents.evaluation import (
    JudgedBaseline,
    JudgedChampion,
    JudgedEvaluation,
    JudgedLead,
    JudgedStation,
)
from weather_mlops.errors import Misconfigured
from weather_mlops.formatting import exact_percent, percent
from weather_mlops.model.baselines import KMA_FORECAST
from weather_mlops.thresholds import FromYaml, limits_of

SHARE_OF_RMSE: Final = "share of RMSE, mean over leads"


@dataclass(frozen=True)
class Gates:
    """Limits that a model must meet to be deployed; skill is 1 − RMSE / RMSE of the baseline, on equal rows.

    Attributes:
        min_improvement: over the champion, share of RMSE (-1 to 1), mean over leads.
        min_certainty: share (0 to 1) of bootstrap resamples in which it is better than the champion.
        max_refresh_loss: share (0 to 1) of RMSE by which a model with the champion's features and settings,
            trained on newer data, may be worse; for such a refresh it replaces the two limits above.
        max_extension_loss: share (0 to 1) of RMSE by which a model may be worse that also forecasts stations
            which the champion doesn't forecast; compared on the stations of both.
        min_skill_every_lead: by baseline, at each lead. ``kma_forecast`` is judged where a forecast of the
            KMA was known at the issue time; without such rows it is not judged, and refuses nothing.
        min_skill: by baseline, mean over leads; ``kma_forecast`` as above.
        coverage: share (0 to 1) of observations within p10 to p90, lowest and highest, at each lead. A model
            is refused where the holdout is evidence of another coverage: where the whole range that block
            resampling gives (``coverage_80_range``) lies outside. A few weeks can't tell 80 % from 70 %.
        min_station_skill: against persistence (below 1), mean over leads, at each station.
    """

    min_improvement: float = 0.01
    min_certainty: float = 0.9
    max_refresh_loss: float = 0.01
    max_extension_loss: float = 0.05
    min_skill_every_lead: Mapping[str, float] = field(default_factory=lambda: {"persistence": 0.0})
    min_skill: Mapping[str, float] = field(
        default_factory=lambda: {"persistence_24h": 0.0, "climatology": 0.0, "damped_anomaly": 0.0}
    )
    coverage: Sequence[float] = (0.7, 0.9)
    min_station_skill: float = 0.0

    @classmethod
    def of(cls, given: FromYaml) -> "Gates":
        """Gates from YAML.

        Raises:
            Misconfigured: an unknown name, or limits that can't hold.
        """
        gates = limits_of(cls, "gates", given)
        if len(gates.coverage) != 2 or not 0 <= gates.coverage[0] < gates.coverage[1] <= 1:  # noqa: PLR2004
            raise Misconfigured(f"gates: coverage is {gates.coverage}: give [lowest, highest], 0 to 1")
        return gates


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """The verdict of one gate.

    Attributes:
        gate: name of the gate.
        passed: whether the model passes.
        text: the figures, in a sentence.
        judged: whether there was anything to judge; if not, it passes.
    """

    gate: str
    passed: bool
    text: str
    judged: bool = True


def judge(
    evaluation: JudgedEvaluation, gates: Gates, *, refresh: bool, added_stations: int = 0
) -> list[GateVerdict]:
    """Judge an evaluation by each gate.

    Args:
        evaluation: content of ``evaluation.json``.
        gates: the limits.
        refresh: whether the champion has the same config hash, and was trained on older data.
        added_stations: number of stations that the champion doesn't forecast.

    Returns:
        One verdict per gate, in the order of their names in ``Gates``. A figure that could not be measured
        passes no gate. Only the KMA's forecast may be absent: it refuses nothing where it is.
    """
    return [
        *_against_champion(evaluation["champion"], gates, refresh=refresh, added_stations=added_stations),
        *_against_baselines(evaluation, gates),
        _coverage(evaluation["leads"], gates),
        _stations(evaluation["stations"], gates),
    ]


def refusal(verdicts: Sequence[GateVerdict]) -> str:
    """Which gates refuse, with their figures; empty when none does."""
    return "; ".join(f"{verdict.gate}: {verdict.text}" for verdict in verdicts if not verdict.passed)


def not_judged(verdicts: Sequence[GateVerdict]) -> str:
    """Which gates had nothing to judge, and why; empty when each had."""
    return "; ".join(f"{verdict.gate}: {verdict.text}" for verdict in verdicts if not verdict.judged)


def _against_champion(
    compared: JudgedChampion | None, gates: Gates, *, refresh: bool, added_stations: int
) -> Iterator[GateVerdict]:
    if compared is None:
        return
    gain, certainty = compared["improvement"], compared["certainty"]
    if gain is None or certainty is None:
        yield GateVerdict(
            "min_improvement", passed=False, text=f"not compared with {compared['version']}: no common rows"
        )
        return
    gate, allowed = (
        ("max_extension_loss", gates.max_extension_loss)
        if added_stations
        else ("max_refresh_loss", gates.max_refresh_loss)
    )
    may_lose = refresh or added_stations > 0
    limit = -allowed if may_lose else gates.min_improvement
    better = percent(certainty, gates.min_certainty, digits=0)
    figures = (
        f"{percent(gain, limit, digits=2, signed=True)} of RMSE against {compared['version']} on the same "
        f"rows ({compared['low']:+.2%} to {compared['high']:+.2%}, better in {better} of resamples)"
    )
    if may_lose:
        more = f"; forecasts {added_stations} more stations" if added_stations else ""
        yield GateVerdict(
            gate, gain >= limit, f"{figures}; a loss of up to {exact_percent(allowed)} is allowed{more}"
        )
        return
    yield GateVerdict(
        "min_improvement", gain >= limit, f"{figures}; {exact_percent(limit, signed=True)} required"
    )
    yield GateVerdict(
        "min_certainty",
        certainty >= gates.min_certainty,
        f"{figures}; {exact_percent(gates.min_certainty)} required",
    )


def _against_baselines(evaluation: JudgedEvaluation, gates: Gates) -> Iterator[GateVerdict]:
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


def _skill_every_lead(evaluation: JudgedEvaluation, baseline: str, limit: float) -> GateVerdict:
    skills = _skills(evaluation, baseline)
    bad = [
        f"{_signed(skill, limit)} at {lead} h"
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
    mean = _mean(skills.values())
    sampled = _sampled(evaluation) if baseline == KMA_FORECAST else ""
    text = (
        f"skill against {baseline} {_signed(mean, limit)}{sampled}, mean over leads; "
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


def _coverage(leads: Mapping[str, JudgedLead], gates: Gates) -> GateVerdict:
    low, high = gates.coverage
    unknown, outside = [], {}
    for lead, figures in leads.items():
        share, sampled = figures["coverage_80"], figures["coverage_80_range"]
        if share is None or sampled is None:
            unknown.append(lead)
        elif sampled[1] < low or sampled[0] > high:
            outside[lead] = (share, *sampled)
    accepted = f"{exact_percent(low)} to {exact_percent(high)}"
    if unknown:
        text = f"not measured at {', '.join(unknown)} h"
    elif outside:
        worst = max(outside, key=lambda lead: abs(outside[lead][0] - (low + high) / 2))
        shown, least, most = (percent(each, low, high) for each in outside[worst])
        text = (
            f"outside {accepted} at {len(outside)} of {len(leads)} leads, worst at {worst} h: {shown} "
            f"(by this sample {least} to {most})"
        )
    else:
        text = f"no evidence against {accepted}"
    bad = bool(unknown or outside)
    return GateVerdict("coverage", not bad, f"within p10 to p90: {text}")


def _stations(stations: Mapping[str, Mapping[str, JudgedStation]], gates: Gates) -> GateVerdict:
    means = {
        station: _mean([figures["skill_persistence"] for figures in leads.values()])
        for station, leads in stations.items()
    }
    limit = gates.min_station_skill
    bad = [
        f"{_signed(mean, limit)} at station {station}"
        for station, mean in means.items()
        if mean is None or mean <= limit
    ]
    required = f"above {exact_percent(limit, signed=True)}"
    text = (
        f"skill against persistence: {', '.join(bad)}; {required} required at every station"
        if bad
        else f"skill against persistence {required} at every station"
    )
    return GateVerdict("min_station_skill", not bad, text)


def _baseline(figures: JudgedLead, name: str) -> JudgedBaseline:
    try:
        return figures["opponents"][name]
    except KeyError:
        known = ", ".join([*figures["opponents"], KMA_FORECAST])
        raise Misconfigured(f"gates: unknown baseline {name}; known are {known}") from None


def _mean(figures: Iterable[float | None]) -> float | None:
    """Mean of the figures; None if there are none, or one was not measured."""
    every = list(figures)
    known = [figure for figure in every if figure is not None]
    return fmean(known) if known and len(known) == len(every) else None


def _signed(figure: float | None, limit: float) -> str:
    return "not measured" if figure is None else percent(figure, limit, signed=True)
