"""May a new model replace the champion? Limits on measured figures; each gate can refuse by itself."""

from collections.abc import Iterator, Mapping, Sequence

from weather_mlops.documents.judged_evaluation import (
    JudgedChampion,
    JudgedEvaluation,
    JudgedLead,
    JudgedStation,
)
from weather_mlops.formatting import exact_percent, percent
from weather_mlops.model.baseline_gates import against_baselines
from weather_mlops.model.gate_limits import Gates, GateVerdict, mean_of, signed


def judge(
    evaluation: JudgedEvaluation,
    gates: Gates,
    *,
    refresh: bool,
    added_stations: int = 0,
    added_leads: int = 0,
) -> list[GateVerdict]:
    """Judge an evaluation by each gate.

    Args:
        evaluation: content of ``evaluation.json``.
        gates: the limits.
        refresh: whether the champion has the same config hash, and was trained on older data.
        added_stations: number of stations that the champion doesn't forecast.
        added_leads: number of leads that it doesn't forecast.

    Returns:
        One verdict per gate, in the order of their names in ``Gates``. A figure that could not be measured
        passes no gate. Only the KMA's forecast and the champion's CRPS may be absent: they refuse nothing
        where they are.
    """
    added = _listed(added_stations, added_leads)
    return [
        *_against_champion(evaluation["champion"], gates, refresh=refresh, added=added),
        *_crps(evaluation["champion"], gates, extended=bool(added)),
        *against_baselines(evaluation, gates),
        _coverage(evaluation["leads"], gates),
        _stations(evaluation["stations"], gates),
    ]


def refusal(verdicts: Sequence[GateVerdict]) -> str:
    """Which gates refuse, with their figures; empty when none does."""
    return "; ".join(f"{verdict.gate}: {verdict.text}" for verdict in verdicts if not verdict.passed)


def not_judged(verdicts: Sequence[GateVerdict]) -> str:
    """Which gates had nothing to judge, and why; empty when each had."""
    return "; ".join(f"{verdict.gate}: {verdict.text}" for verdict in verdicts if not verdict.judged)


def _listed(added_stations: int, added_leads: int) -> str:
    """What a model forecasts that the champion doesn't, in words; empty if nothing."""
    added = {"more stations": added_stations, "more leads": added_leads}
    return " and ".join(f"{count} {what}" for what, count in added.items() if count)


def _against_champion(
    compared: JudgedChampion | None, gates: Gates, *, refresh: bool, added: str
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
        if added
        else ("max_refresh_loss", gates.max_refresh_loss)
    )
    may_lose = refresh or bool(added)
    limit = -allowed if may_lose else gates.min_improvement
    better = percent(certainty, gates.min_certainty, digits=0)
    figures = (
        f"{percent(gain, limit, digits=2, signed=True)} of RMSE against {compared['version']} on the same "
        f"rows ({compared['low']:+.2%} to {compared['high']:+.2%}, better in {better} of resamples)"
    )
    if may_lose:
        more = f"; forecasts {added}" if added else ""
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


def _crps(compared: JudgedChampion | None, gates: Gates, *, extended: bool) -> Iterator[GateVerdict]:
    if compared is None:
        return
    gain, low, high = (
        compared.get("crps_improvement"),
        compared.get("crps_low"),
        compared.get("crps_high"),
    )
    against = f"against {compared['version']}"
    if gain is None or low is None or high is None:
        text = f"CRPS {against} not judged: {_why_without_crps(compared)}"
        yield GateVerdict("max_crps_loss", passed=True, text=text, judged=False)
        return
    allowed = max(gates.max_crps_loss, gates.max_extension_loss if extended else 0)
    text = (
        f"{percent(gain, -allowed, digits=2, signed=True)} of CRPS {against} on the same rows "
        f"({low:+.2%} to {high:+.2%}); a loss of up to {exact_percent(allowed)} is allowed"
    )
    yield GateVerdict("max_crps_loss", gain >= -allowed, text)


def _why_without_crps(compared: JudgedChampion) -> str:
    if "crps_improvement" not in compared:
        return "the evaluation is from before it was compared"
    if compared["improvement"] is None:
        return "no common rows"
    return "one of the two forecasts an interval only"


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
        station: mean_of([figures["skill_persistence"] for figures in leads.values()])
        for station, leads in stations.items()
    }
    limit = gates.min_station_skill
    bad = [
        f"{signed(mean, limit)} at station {station}"
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
