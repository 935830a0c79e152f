"""Is the model still good? Forecasts beside the observations that came since.

Figures of the section (times are ISO 8601, UTC; a share is 0 to 1; None = not measured, see ``missing``;
errors are forecast minus observation, in the target's unit)::

    {"measured_at": "2026-11-24T04:05:00+00:00",
     "targets": {"air_temperature": {
        "column": "air_temperature_c", "unit": "°C", "label": "Air temperature",
        "champion": {"version": "20261124T0200-1a2b3c4d", "since": "...", "age_days": 1.1,
                     "reason": "...", "verified_at": "...", "verified": true},     None = none yet
        "first_decision_at": "...",              about a model of the target; only where there is no champion
        "hours": {"24h": {"expected": 24, "without": 1, "share_without": 0.04}, "7d": {...}, "30d": {...}},
        "newest_issued_at": "...",
        "windows": {"24h": {"n": 2200, "why": None,          pairs; of too few: "not enough yet (n)"
            "all": ENTRY, "leads": {"1": ENTRY, ..., "24": ENTRY}}, "7d": {...}, "30d": {...}},
        "daily": {"days": ["2026-11-01", ...], "n": [...], "rmse": [...], "bias": [...],     KST's days
                  "coverage_80": [...], "persistence_rmse": [...], "promised_rmse": [...]},
        "residuals": {"bias": 0.1, "n_effective": 14.2, "standard_error": 0.2,       of the last 7 d
                      "scaled_bias": 0.08, "spread_ratio": 1.02, "hours": 160},
        "stations": [{"id": 108, "english": "Seoul", "n": 3900, "rmse": 1.2,
                      "mae": 0.9, "bias": 0.1, "coverage_80": 0.8, ...}]}},          last 7 d
     "read": {"requests": 12, "bytes": 812345}}

    ENTRY = {"n": 97, "rmse": 0.9, "mae": 0.7, "bias": 0.0, "coverage_80": 0.8, "width_80": 2.1,
             "persistence_rmse": 2.0, "skill_persistence": 0.55,                         on the same rows
             "skill_damped_anomaly": 0.2,                       on the rows whose station the champion knows
             "promised_rmse": 0.85, "promised_coverage_80": 0.81}      by the champion's evaluation

``scaled_bias`` is the mean error, each lead's in its promised RMSE; ``spread_ratio`` the root mean square of
the errors so scaled: 1 = as promised. A window of days is of whole days (KST): the present one so far, and so
many before it. ``windows``, ``daily``, ``residuals`` and ``stations`` are of all forecasts that were issued,
whichever version made them; what was promised is the present champion's. A target without any pair has empty
``daily`` and ``stations``, and ``residuals`` None.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from pyiceberg.catalog import Catalog

from weather_mlops.clock import HOUR
from weather_mlops.errors import ModelUnusable
from weather_mlops.formatting import number, percent
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.model.registry import Decision, Registry
from weather_mlops.model.scores import rounded
from weather_mlops.model.targets import Target, target_named
from weather_mlops.monitoring import champion, model_figures, pairs, scored
from weather_mlops.monitoring.champion import DeployedModel
from weather_mlops.monitoring.checks import FIRST_MODEL, Check, CheckSeverity, Section
from weather_mlops.monitoring.model_figures import TargetEvidence
from weather_mlops.monitoring.scored import DailySums
from weather_mlops.monitoring.section_builder import Gathering, Rule
from weather_mlops.monitoring.window import whole_hour

NAME: Final = "model_performance"
DAMAGED: Final = Rule("champion_damaged", severity=CheckSeverity.CRITICAL)
OLD: Final = Rule("champion_old", "d")
WITHOUT: Final = Rule("forecasts_missing")
BIAS: Final = Rule("model_bias")
SKILL: Final = Rule("model_skill_low")
COVERAGE: Final = Rule("model_coverage_off")
RULES: Final = (DAMAGED, OLD, WITHOUT, BIAS, SKILL, COVERAGE)
"""Of each target."""


@dataclass(frozen=True)
class ModelPerformanceLimits:
    """What is still well. Fields are the arguments of the YAML.

    Attributes:
        min_pairs: of forecasts and observations, for a figure: fewer are a few hours of one or two stations.
        min_hours: that were forecast and observed, of the judged days, for a check: errors of one weather
            situation tell of it, not of the model.
        judged_days: whole days (KST) before the present one, which counts too, for bias, skill and coverage.
            A healthy model's weekly RMSE runs from 1.1 to 3.2 °C with the weather: it is held to nothing.
        max_scaled_bias: mean error, each lead's in its promised RMSE. The largest of any week of a year of
            three stations was 0.67; with inputs shifted by 2 °C the least was 0.88.
        min_skill: beside the damped anomaly, on the same rows: the worst such week had -0.05, the median 0.2.
        min_coverage: share of the observations within p10 to p90, 0.8 being promised: weeks had 0.67 to 0.92.
        max_coverage: above it, intervals are too wide to be of use.
        max_share_without: of the hours of 24 h that have no forecast: three failed runs.
        max_age_days: of the champion: training runs daily, and a newer model that isn't worse replaces it;
            none did for so long.
        grace_hours: an hour's forecast is expected so many hours after it.
    """

    min_pairs: int = 100
    min_hours: int = 72
    judged_days: int = 7
    max_scaled_bias: float = 0.8
    min_skill: float = -0.1
    min_coverage: float = 0.6
    max_coverage: float = 0.95
    max_share_without: float = 0.1
    max_age_days: float = 45
    grace_hours: float = 2


def measure(
    catalog: Catalog,
    store: ObjectStore,
    targets: Sequence[str],
    limits: ModelPerformanceLimits,
    now: datetime,
) -> Section:
    """Measure the models of the last 30 days.

    Args:
        catalog: of the tables.
        store: the bucket; sums of earlier days are kept in it, under ``monitoring/model/``.
        targets: their names.
        limits: what is still well.
        now: the time, timezone-aware.

    Raises:
        Misconfigured: an unknown target.
    """
    known = [target_named(name) for name in targets]
    gathered = Gathering({"measured_at": now.isoformat(), "targets": {}})
    with store.metered() as meter:
        for target in known:
            measured = partial(_target, gathered, catalog, store, target, limits, now)
            gathered.part(target.name, RULES, measured, subject=target.name)
    gathered.figures["read"] = {"requests": meter.requests, "bytes": meter.bytes}
    return gathered.section(NAME)


def _target(  # noqa: PLR0913, PLR0917  of measure, and which target
    gathered: Gathering,
    catalog: Catalog,
    store: ObjectStore,
    target: Target,
    limits: ModelPerformanceLimits,
    now: datetime,
) -> None:
    before = gathered.attempt(f"{target.name} before", lambda: scored.load(store, target.name)) or DailySums()
    deployed, first_decision_at = _deployed(gathered, store, target, before, limits, now)
    damping = deployed.damping if deployed else None
    summed = gathered.attempt(
        f"{target.name} forecasts",
        lambda: scored.brought_up_to_date(catalog, target, before, damping, now),
    )
    figures: dict[str, Any] = {
        "column": target.column,
        "unit": target.unit,
        "label": target.label,
        "champion": deployed and _champion(deployed, now),
        "first_decision_at": first_decision_at and first_decision_at.isoformat(),
    }
    gathered.figures["targets"][target.name] = figures
    if summed is None:
        figures |= dict.fromkeys(("hours", "newest_issued_at", "windows", "daily", "residuals", "stations"))
        why = gathered.why(f"{target.name} forecasts")
        gathered.checks += [
            rule.unknown(why, subject=target.name) for rule in (WITHOUT, BIAS, SKILL, COVERAGE)
        ]
        return
    kept, recent = summed
    # Of a champion that can't be used all files are read again: what was kept may be what is damaged.
    kept = replace(kept, verified=deployed.verified if deployed else None)
    gathered.attempt(f"{target.name} kept", lambda: scored.save(store, target.name, kept))
    found = TargetEvidence(target, deployed, kept, recent)
    due = whole_hour(now - limits.grace_hours * HOUR)
    figures |= rounded(model_figures.figures(found, min_pairs=limits.min_pairs, due=due))
    gathered.checks += [_hours_check(found, figures, limits), *error_checks(found, limits)]


def _champion(deployed: DeployedModel, now: datetime) -> dict[str, Any]:
    decision = deployed.decision
    return {
        "version": decision.version,
        "since": decision.at.astimezone(UTC).isoformat(),
        "age_days": round((now - decision.at) / timedelta(days=1), 2),
        "reason": decision.reason,
        "verified": True,
        "verified_at": deployed.verified["at"],
    }


def _deployed(  # noqa: PLR0913, PLR0917  of measure, and which target
    gathered: Gathering,
    store: ObjectStore,
    target: Target,
    before: DailySums,
    limits: ModelPerformanceLimits,
    now: datetime,
) -> tuple[DeployedModel | None, datetime | None]:
    """The champion, judged, None where none can be used; and then the time of the first decision."""
    what, subject = f"{target.name} champion", target.name

    def usable() -> DeployedModel | None:
        try:
            return champion.load(store, target.name, before.verified, now)
        except ModelUnusable as error:
            gathered.checks.append(DAMAGED.above(1, 0, str(error), subject))
            raise

    deployed = gathered.attempt(what, usable)
    if deployed is None and any(gap.what == what for gap in gathered.missing):
        why = gathered.why(what)
        gathered.checks.append(OLD.unknown(why, limits.max_age_days, subject))
        if not any(check.name == DAMAGED.name and check.subject == subject for check in gathered.checks):
            gathered.checks.append(DAMAGED.unknown(why, 0, subject))
        return None, None
    if deployed is None:
        return None, _none_deployed(gathered, Registry(store, target.name), limits)
    version = deployed.decision.version
    detail = f"{version}: all files were whole at {deployed.verified['at']}"
    gathered.checks.append(DAMAGED.above(0, 0, detail, subject))
    age = round((now - deployed.decision.at) / timedelta(days=1), 2)
    detail = f"{version} has been the champion for {number(age, limits.max_age_days)} days"
    gathered.checks.append(OLD.above(age, limits.max_age_days, detail, subject))
    return deployed, None


def _none_deployed(
    gathered: Gathering, registry: Registry, limits: ModelPerformanceLimits
) -> datetime | None:
    """Why there is no champion; the time of the first decision about a model."""
    decided = gathered.attempt(f"{registry.target} decisions", registry.decisions)
    refused = decided is not None and all(each.kind == "refused" for each in decided)
    why = _why_none(registry, decided)
    gathered.checks += [
        OLD.unknown(why, limits.max_age_days, registry.target),
        DAMAGED.unknown(why, 0, registry.target, awaits=FIRST_MODEL if refused else ""),
    ]
    return decided[0].at if decided else None


def _why_none(registry: Registry, decided: Sequence[Decision] | None) -> str:
    if decided is None:
        return f"there is no champion, and whether there was one is not known ({registry.target} decisions)"
    if not decided:
        return "no model was deployed yet: model_training does, with enough data"
    last = decided[-1]
    if all(each.kind == "refused" for each in decided):
        at = f"{last.at:%Y-%m-%d %H:%M} UTC"
        return f"no model was deployed yet: that of the last training, {at}, was refused: {last.reason}"
    return (
        f"{last.version} was {last.kind} at {last.at:%Y-%m-%d %H:%M} UTC, and the pointer to the champion, "
        f"{registry.prefix}champion.json, is gone: `make rollback TARGET={registry.target}` writes it again"
    )


def _hours_check(found: TargetEvidence, figures: Mapping[str, Any], limits: ModelPerformanceLimits) -> Check:
    """Of the hours without a forecast."""
    subject, limit = found.target.name, limits.max_share_without
    day = figures["hours"] and figures["hours"]["24h"]
    if day is None or day["share_without"] is None:
        return WITHOUT.unknown("not enough yet (0 hours since a model was deployed)", limit, subject)
    detail = f"{day['without']} of {day['expected']} hours have no forecast; newest "
    detail += figures["newest_issued_at"] or "none"
    return WITHOUT.above(day["share_without"], limit, detail, subject)


def error_checks(found: TargetEvidence, limits: ModelPerformanceLimits) -> list[Check]:
    """Of bias, skill and coverage of the judged days."""
    subject = found.target.name
    leads, hours = found.sums("leads", limits.judged_days), found.sums("hours", limits.judged_days)
    everything = pairs.whole(leads)
    if len(hours) < limits.min_hours or everything[0] < limits.min_pairs:
        why = f"not enough yet ({len(hours)} of {limits.min_hours} hours, {everything[0]:.0f} pairs)"
        return [rule.unknown(why, subject=subject) for rule in (BIAS, SKILL, COVERAGE)]
    told = f"of {everything[0]:.0f} pairs of {limits.judged_days} days"
    return [
        _bias(found.scaled(leads), limits.max_scaled_bias, told, subject),
        _skill(pairs.skill_damped(everything), limits.min_skill, told, subject),
        _coverage(everything[pairs.SUMS.index("within")] / everything[0], limits, told, subject),
    ]


def _bias(scaled: tuple[float, float] | None, limit: float, told: str, subject: str) -> Check:
    if scaled is None:
        return BIAS.unknown("what the champion's evaluation promised is not known", limit, subject)
    mean = number(scaled[0], limit, -limit, digits=2, signed=True)
    detail = f"mean error {mean} of the promised RMSE, {told}"
    return BIAS.above(round(abs(scaled[0]), 4), limit, detail, subject)


def _skill(skill: float | None, limit: float, told: str, subject: str) -> Check:
    if skill is None:
        return SKILL.unknown("the champion knows none of the stations that were forecast", limit, subject)
    detail = f"skill {percent(skill, limit, signed=True)} compared with the damped anomaly, {told}"
    return SKILL.below(round(skill, 4), limit, detail, subject)


def _coverage(inside: float, limits: ModelPerformanceLimits, told: str, subject: str) -> Check:
    share = percent(inside, limits.min_coverage, limits.max_coverage)
    detail = f"{share} within p10 to p90 where 80 % should be, {told}"
    if inside < limits.min_coverage:
        return COVERAGE.below(round(inside, 4), limits.min_coverage, detail, subject)
    return COVERAGE.above(round(inside, 4), limits.max_coverage, detail, subject)
