"""May a new model replace the champion? Limits on measured figures; each gate can refuse by itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any, Final

from weather_mlops.errors import Misconfigured
from weather_mlops.model.limits import limits_of

SHARE_OF_RMSE: Final = "share of RMSE, mean over leads"


@dataclass(frozen=True)
class Gates:
    """What a model must reach to be deployed. Skill is 1 − RMSE / RMSE of the opponent, on the same rows.

    Attributes:
        min_improvement: over the champion, share of RMSE (-1 to 1), mean over leads.
        min_certainty: share (0 to 1) of bootstrap resamples in which it is better than the champion.
        max_refresh_loss: share (0 to 1) of RMSE by which a model of the champion's own recipe, trained on
            newer data, may be worse; for such a refresh it stands instead of the two above.
        min_skill_every_lead: by opponent, at each lead.
        min_skill: by opponent, mean over leads.
        coverage: share (0 to 1) of observations within p10 to p90, lowest and highest, at each lead.
        min_station_skill: against persistence (below 1), mean over leads, at each station.
    """

    min_improvement: float = 0.01
    min_certainty: float = 0.9
    max_refresh_loss: float = 0.01
    min_skill_every_lead: Mapping[str, float] = field(default_factory=lambda: {"persistence": 0.0})
    min_skill: Mapping[str, float] = field(
        default_factory=lambda: {"persistence_24h": 0.0, "climatology": 0.0, "damped_anomaly": 0.0}
    )
    coverage: Sequence[float] = (0.7, 0.9)
    min_station_skill: float = 0.0

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Gates":
        """Gates from YAML.

        Raises:
            Misconfigured: an unknown name, or limits that can't hold.
        """
        gates = limits_of(cls, "gates", given)
        if len(gates.coverage) != 2 or not 0 <= gates.coverage[0] < gates.coverage[1] <= 1:  # noqa: PLR2004
            raise Misconfigured(f"gates: coverage is {gates.coverage}: give [lowest, highest], 0 to 1")
        return gates


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a gate says.

    Attributes:
        gate: its name.
        passed: whether it lets the model through.
        text: the figures, in a sentence.
    """

    gate: str
    passed: bool
    text: str


def judge(evaluation: Mapping[str, Any], gates: Gates, *, refresh: bool) -> list[Verdict]:
    """What each gate says of an evaluation.

    Args:
        evaluation: as ``evaluation.evaluate`` makes it.
        gates: the limits.
        refresh: whether the champion has the same recipe, on older data.

    Returns:
        One verdict per gate, in the order of their names in ``Gates``. A figure that could not be measured
        passes no gate.
    """
    return [
        *_against_champion(evaluation["champion"], gates, refresh=refresh),
        *_against_opponents(evaluation, gates),
        _coverage(evaluation["leads"], gates),
        _stations(evaluation["stations"], gates),
    ]


def refusal(verdicts: Sequence[Verdict]) -> str:
    """Which gates refuse, with their figures; empty when none does."""
    return "; ".join(f"{verdict.gate}: {verdict.text}" for verdict in verdicts if not verdict.passed)


def _against_champion(
    compared: Mapping[str, Any] | None, gates: Gates, *, refresh: bool
) -> Iterator[Verdict]:
    if compared is None:
        return
    if compared["improvement"] is None:
        yield Verdict(
            "min_improvement", passed=False, text=f"not compared with {compared['version']}: no common rows"
        )
        return
    gain, certainty = compared["improvement"], compared["certainty"]
    told = (
        f"{gain:+.2%} of RMSE against {compared['version']} on the same rows "
        f"({compared['low']:+.2%} to {compared['high']:+.2%}, better in {certainty:.0%} of resamples)"
    )
    if refresh:
        yield Verdict(
            "max_refresh_loss",
            gain >= -gates.max_refresh_loss,
            f"{told}; {-gates.max_refresh_loss:+.2%} allowed",
        )
        return
    yield Verdict(
        "min_improvement", gain >= gates.min_improvement, f"{told}; {gates.min_improvement:+.2%} wanted"
    )
    yield Verdict(
        "min_certainty", certainty >= gates.min_certainty, f"{told}; {gates.min_certainty:.0%} wanted"
    )


def _against_opponents(evaluation: Mapping[str, Any], gates: Gates) -> Iterator[Verdict]:
    skills = {
        opponent: {
            lead: _opponent(figures, opponent).get("skill") for lead, figures in evaluation["leads"].items()
        }
        for opponent in {*gates.min_skill_every_lead, *gates.min_skill}
    }
    for opponent, limit in gates.min_skill_every_lead.items():
        bad = [
            f"{_signed(skill)} at {lead} h"
            for lead, skill in skills[opponent].items()
            if skill is None or skill <= limit
        ]
        best = f"skill against {opponent} above {limit:+.1%} at every lead"
        text = f"skill against {opponent}: {', '.join(bad)}; above {limit:+.1%} wanted" if bad else best
        yield Verdict("min_skill_every_lead", not bad, text)
    for opponent, limit in gates.min_skill.items():
        mean = _mean(skills[opponent].values())
        text = f"skill against {opponent} {_signed(mean)}, mean over leads; above {limit:+.1%} wanted"
        yield Verdict("min_skill", mean is not None and mean > limit, text)


def _coverage(leads: Mapping[str, Any], gates: Gates) -> Verdict:
    low, high = gates.coverage
    bad = [
        f"{'not measured' if share is None else f'{share:.1%}'} at {lead} h"
        for lead, figures in leads.items()
        if (share := figures["coverage_80"]) is None or not low <= share <= high
    ]
    wanted = f"{low:.0%} to {high:.0%} wanted at every lead"
    text = f"within p10 to p90: {', '.join(bad)}; {wanted}" if bad else f"within p10 to p90: {wanted}, and so"
    return Verdict("coverage", not bad, text)


def _stations(stations: Mapping[str, Any], gates: Gates) -> Verdict:
    means = {
        station: _mean([figures["skill_persistence"] for figures in leads.values()])
        for station, leads in stations.items()
    }
    limit = gates.min_station_skill
    bad = [
        f"{_signed(mean)} at station {station}"
        for station, mean in means.items()
        if mean is None or mean <= limit
    ]
    wanted = f"above {limit:+.1%} wanted at every station"
    text = f"skill against persistence: {', '.join(bad) or 'as wanted'}; {wanted}"
    return Verdict("min_station_skill", not bad, text)


def _opponent(figures: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    try:
        told: Mapping[str, Any] = figures["opponents"][name]
    except KeyError:
        known = ", ".join(figures["opponents"])
        raise Misconfigured(f"gates: there is no opponent {name}; there are {known}") from None
    return told


def _mean(figures: Any) -> float | None:
    known = list(figures)
    return None if not known or None in known else fmean(known)


def _signed(figure: float | None) -> str:
    return "not measured" if figure is None else f"{figure:+.1%}"
