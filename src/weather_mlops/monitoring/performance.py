"""Section ``model_performance``: forecasts compared with the observations that arrived since.

``figures.model`` describes its figures.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Final

from pyiceberg.catalog import Catalog

from weather_mlops.clock import DAY, HOUR, whole_hour
from weather_mlops.documents.decision import Decision
from weather_mlops.errors import ModelUnusable
from weather_mlops.formatting import number, percent
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.model.registry import Registry
from weather_mlops.model.targets import Target, target_named
from weather_mlops.monitoring import champion, daily_sums, forecast_inputs, target_figures
from weather_mlops.monitoring.champion import DeployedModel
from weather_mlops.monitoring.checks import FIRST_MODEL, MODEL_PERFORMANCE, Check, CheckSeverity, Section
from weather_mlops.monitoring.daily_sums import DailySums
from weather_mlops.monitoring.figures.model import (
    ChampionFigures,
    ModelPerformanceFigures,
    TargetErrors,
    TargetFigures,
)
from weather_mlops.monitoring.model_limits import ModelPerformanceLimits
from weather_mlops.monitoring.section_builder import Rule, SectionBuilder
from weather_mlops.monitoring.target_figures import TargetEvidence
from weather_mlops.verification import error_sums
from weather_mlops.verification.scores import rounded

__all__ = ["ModelPerformanceLimits", "error_checks", "measure"]

Builder = SectionBuilder[ModelPerformanceFigures]
DAMAGED: Final = Rule("champion_damaged", severity=CheckSeverity.CRITICAL)
OLD: Final = Rule("champion_old", "d")
WITHOUT: Final = Rule("forecasts_missing")
BIAS: Final = Rule("model_bias")
SKILL: Final = Rule("model_skill_low")
COVERAGE: Final = Rule("model_coverage_off")
RULES: Final = (DAMAGED, OLD, WITHOUT, BIAS, SKILL, COVERAGE)
"""Rules of the checks of each target."""
NO_ERRORS: Final[TargetErrors] = {
    "hours": None,
    "newest_issued_at": None,
    "windows": None,
    "by_inputs": None,
    "daily": None,
    "residuals": None,
    "stations": None,
}


def measure(
    catalog: Catalog,
    store: ObjectStore,
    targets: Sequence[str],
    limits: ModelPerformanceLimits,
    now: datetime,
) -> Section:
    """Measure the models of the last 30 days.

    Args:
        catalog: catalog of the tables.
        store: the bucket; sums of earlier days are stored under ``monitoring/model/``.
        targets: names of the targets.
        limits: limits of the checks.
        now: the time, timezone-aware.

    Raises:
        Misconfigured: unknown target.
    """
    known = [target_named(name) for name in targets]
    builder = SectionBuilder(ModelPerformanceFigures(measured_at=now.isoformat(), targets={}))
    with store.metered() as meter:
        newest = builder.attempt(forecast_inputs.WHAT, lambda: forecast_inputs.read(store))
        for target in known:
            measured = partial(_target, builder, catalog, store, target, limits, now)
            builder.measure_part(target.name, RULES, measured, subject=target.name)
            forecast_inputs.add(builder, target.name, newest, limits.min_share_with_kma)
    builder.figures["read"] = {"requests": meter.requests, "bytes": meter.bytes}
    return builder.section(MODEL_PERFORMANCE)


def _target(  # noqa: PLR0913, PLR0917  the arguments of measure, and the target
    builder: Builder,
    catalog: Catalog,
    store: ObjectStore,
    target: Target,
    limits: ModelPerformanceLimits,
    now: datetime,
) -> None:
    before = builder.attempt(f"{target.name} before", lambda: daily_sums.load(store, target.name))
    before = before or DailySums()
    deployed, first_decision_at = _deployed(builder, store, target, before, limits, now)
    damping = deployed.damping if deployed else None
    summed = builder.attempt(
        f"{target.name} forecasts",
        lambda: daily_sums.update(catalog, target, before, damping, now),
    )
    figures: TargetFigures = {
        "column": target.column,
        "unit": target.unit,
        "label": target.label,
        "champion": _champion(deployed, now) if deployed else None,
        "first_decision_at": first_decision_at.isoformat() if first_decision_at else None,
    }
    targets = builder.figures["targets"]
    targets[target.name] = figures
    if summed is None:
        targets[target.name] = {**figures, **NO_ERRORS}
        reason = builder.reason(f"{target.name} forecasts")
        builder.checks += [
            rule.unknown(reason, subject=target.name) for rule in (WITHOUT, BIAS, SKILL, COVERAGE)
        ]
        return
    updated, recent = summed
    # If the champion is unusable, all its files are verified again in the next run.
    updated = replace(updated, verified=deployed.verified if deployed else None)
    # "kept" is part of the figure's name in stored sections.
    builder.attempt(f"{target.name} kept", lambda: daily_sums.save(store, target.name, updated))
    evidence = TargetEvidence(target, deployed, updated, recent)
    due = whole_hour(now - limits.grace_hours * HOUR)
    errors: TargetErrors = rounded(target_figures.figures(evidence, min_pairs=limits.min_pairs, due=due))
    targets[target.name] = figures = {**figures, **errors}
    builder.checks += [_hours_check(evidence, figures, limits), *error_checks(evidence, limits)]


def _champion(deployed: DeployedModel, now: datetime) -> ChampionFigures:
    decision = deployed.decision
    return {
        "version": decision.version,
        "since": decision.at.astimezone(UTC).isoformat(),
        "age_days": _age_days(decision, now),
        "reason": decision.reason,
        "verified": True,
        "verified_at": deployed.verified["at"],
        "kma_archive_days": deployed.kma_archive_days,
    }


def _age_days(decision: Decision, now: datetime) -> float:
    return round((now - decision.at) / DAY, 2)


def _deployed(  # noqa: PLR0913, PLR0917  the arguments of measure, and the target
    builder: Builder,
    store: ObjectStore,
    target: Target,
    before: DailySums,
    limits: ModelPerformanceLimits,
    now: datetime,
) -> tuple[DeployedModel | None, datetime | None]:
    """Load and check the champion; without one, return None and the time of the first decision."""
    what, subject = f"{target.name} champion", target.name

    def usable() -> DeployedModel | None:
        try:
            return champion.load(store, target.name, before.verified, now)
        except ModelUnusable as error:
            builder.checks.append(DAMAGED.above(1, 0, str(error), subject))
            raise

    deployed = builder.attempt(what, usable)
    if deployed is None and any(gap.what == what for gap in builder.missing):
        reason = builder.reason(what)
        builder.checks.append(OLD.unknown(reason, limits.max_age_days, subject))
        if not any(check.name == DAMAGED.name and check.subject == subject for check in builder.checks):
            builder.checks.append(DAMAGED.unknown(reason, 0, subject))
        return None, None
    if deployed is None:
        return None, _none_deployed(builder, Registry(store, target.name), limits)
    version = deployed.decision.version
    detail = f"{version}: all files were verified at {deployed.verified['at']}"
    builder.checks.append(DAMAGED.above(0, 0, detail, subject))
    age = _age_days(deployed.decision, now)
    detail = f"{version} has been the champion for {number(age, limits.max_age_days)} days"
    builder.checks.append(OLD.above(age, limits.max_age_days, detail, subject))
    return deployed, None


def _none_deployed(builder: Builder, registry: Registry, limits: ModelPerformanceLimits) -> datetime | None:
    """Add the checks of a target without champion; return the time of the first decision about a model."""
    decisions = builder.attempt(f"{registry.target} decisions", registry.decisions)
    refused = decisions is not None and all(each.kind == "refused" for each in decisions)
    reason = _no_champion_reason(registry, decisions)
    builder.checks += [
        OLD.unknown(reason, limits.max_age_days, registry.target),
        DAMAGED.unknown(reason, 0, registry.target, awaits=FIRST_MODEL if refused else ""),
    ]
    return decisions[0].at if decisions else None


def _no_champion_reason(registry: Registry, decisions: Sequence[Decision] | None) -> str:
    if decisions is None:
        return f"no champion; earlier decisions can't be read, see {registry.target} decisions"
    if not decisions:
        return "no model was deployed yet: model_training deploys one when there is enough data"
    last = decisions[-1]
    if all(each.kind == "refused" for each in decisions):
        at = f"{last.at:%Y-%m-%d %H:%M} UTC"
        return f"no model was deployed yet: the one of the last training, {at}, was refused: {last.reason}"
    return (
        f"{last.version} was {last.kind} at {last.at:%Y-%m-%d %H:%M} UTC, but the pointer to the champion, "
        f"{registry.prefix}champion.json, is gone: `make rollback TARGET={registry.target}` restores it"
    )


def _hours_check(evidence: TargetEvidence, figures: TargetFigures, limits: ModelPerformanceLimits) -> Check:
    """Check the share of hours without a forecast."""
    subject, limit = evidence.target.name, limits.max_share_without
    day = figures["hours"]["24h"] if figures["hours"] else None
    if day is None or day["share_without"] is None:
        return WITHOUT.unknown("not enough yet (0 hours since a model was deployed)", limit, subject)
    detail = f"{day['without']} of {day['expected']} hours have no forecast; newest "
    detail += figures["newest_issued_at"] or "none"
    return WITHOUT.above(day["share_without"], limit, detail, subject)


def error_checks(evidence: TargetEvidence, limits: ModelPerformanceLimits) -> list[Check]:
    """Check bias, skill and coverage of the judged days."""
    subject = evidence.target.name
    leads, hours = evidence.sums("leads", limits.judged_days), evidence.sums("hours", limits.judged_days)
    everything = error_sums.total(leads)
    if len(hours) < limits.min_hours or everything[0] < limits.min_pairs:
        reason = f"not enough yet ({len(hours)} of {limits.min_hours} hours, {everything[0]:.0f} pairs)"
        return [rule.unknown(reason, subject=subject) for rule in (BIAS, SKILL, COVERAGE)]
    basis = f"of {everything[0]:.0f} pairs of {limits.judged_days} days"
    return [
        _bias(evidence.scaled(leads), limits.max_scaled_bias, basis, subject),
        _skill(error_sums.skill_damped(everything), limits.min_skill, basis, subject),
        _coverage(everything[error_sums.SUMS.index("within")] / everything[0], limits, basis, subject),
    ]


def _bias(scaled: tuple[float, float] | None, limit: float, basis: str, subject: str) -> Check:
    if scaled is None:
        return BIAS.unknown("no champion, or its evaluation lacks the RMSE of these leads", limit, subject)
    mean = number(scaled[0], limit, -limit, digits=2, signed=True)
    detail = f"mean error {mean} of the promised RMSE, {basis}"
    return BIAS.above(round(abs(scaled[0]), 4), limit, detail, subject)


def _skill(skill: float | None, limit: float, basis: str, subject: str) -> Check:
    if skill is None:
        return SKILL.unknown("no champion, or it lacks the climatology of these stations", limit, subject)
    detail = f"skill {percent(skill, limit, signed=True)} compared with the damped anomaly, {basis}"
    return SKILL.below(round(skill, 4), limit, detail, subject)


def _coverage(inside: float, limits: ModelPerformanceLimits, basis: str, subject: str) -> Check:
    share = percent(inside, limits.min_coverage, limits.max_coverage)
    detail = f"{share} within p10 to p90, where 80 % is expected, {basis}"
    if inside < limits.min_coverage:
        return COVERAGE.below(round(inside, 4), limits.min_coverage, detail, subject)
    return COVERAGE.above(round(inside, 4), limits.max_coverage, detail, subject)
