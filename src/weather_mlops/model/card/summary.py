"""An evaluation in words: how good the model is, compared with what, and reasons to doubt the figures."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from statistics import fmean
from typing import Final, Literal

from weather_mlops.documents.evaluation import (
    BaselineScores,
    EvaluationDocument,
    KmaLeadScores,
    QuantileScores,
)
from weather_mlops.model.baselines import KMA_FORECAST
from weather_mlops.model.card.markup import hours, listed
from weather_mlops.pages.markup import escape, kst, number, percent, to_kst
from weather_mlops.stations import stations_by_id

BASELINES: Final = {
    "persistence": "persistence",
    "persistence_24h": "the same hour yesterday",
    "climatology": "climatology",
    "damped_anomaly": "damped anomaly",
    "ridge": "ridge regression",
    "champion": "the champion",
    KMA_FORECAST: "the KMA's forecast",
}
SEASONS: Final = {
    "DJF": "winter (Dec–Feb)",
    "MAM": "spring (Mar–May)",
    "JJA": "summer (Jun–Aug)",
    "SON": "autumn (Sep–Nov)",
}
KEY_LEADS: Final = (1, 6, 24, 48)  # hours
TABLE_LEADS: Final = (1, 3, 6, 12, 24, 36, 48)  # hours; a table across the page has room for these
# The baselines that say most: the simplest one, the two that are hard to beat, and what the KMA gives away.
KEY_BASELINES: Final = ("persistence", "damped_anomaly", "ridge", KMA_FORECAST)
# Share of observations inside the 80 % interval that counts as well covered.
COVERED: Final = (0.77, 0.83)
# Lower bounds of the certainty that one is better, in the words that the IPCC gives them (AR5 guidance note).
LIKELIHOOD: Final = (
    (0.99, "virtually certain"),
    (0.90, "very likely"),
    (0.66, "likely"),
    (0.33, "about as likely as not"),
    (0.10, "unlikely"),
    (0.01, "very unlikely"),
    (0.0, "exceptionally unlikely"),
)

ScoreName = Literal["rmse", "mae", "bias", "coverage_80", "width_80", "pinball", "crps"]
BaselineScoreName = Literal["rmse", "mae", "bias", "skill"]


def named(baseline: str) -> str:
    """A baseline in words, as HTML."""
    return BASELINES.get(baseline, escape(baseline))


def baseline_name(baseline: str) -> str:
    """A baseline in words, as text."""
    return BASELINES.get(baseline, baseline)


def season(code: str) -> str:
    """A season in words, as HTML."""
    return SEASONS.get(code, escape(code))


def station_name(station_id: int) -> str:
    """A station in words, as HTML."""
    station = stations_by_id().get(station_id)
    return f"{station.english} ({station_id})" if station else f"station {station_id}"


def leads_of(evaluation: EvaluationDocument) -> list[int]:
    """Hours ahead, ascending."""
    return sorted(map(int, evaluation["leads"]))


def table_leads(leads: Sequence[int]) -> list[int]:
    """The leads of a table across the page, hours: some, and the last."""
    return [lead for lead in leads if lead in TABLE_LEADS or lead == leads[-1]]


def series(
    by_lead: Mapping[str, QuantileScores], leads: Sequence[int], name: ScoreName
) -> list[float | None]:
    """One figure at each lead, None where there is none."""
    return [by_lead[str(lead)][name] if str(lead) in by_lead else None for lead in leads]


def baselines_of(evaluation: EvaluationDocument) -> list[str]:
    """The baselines that the model is compared with; the KMA's forecast only where there are common rows."""
    has_kma = bool(evaluation["kma_forecast"]["leads"])
    return [*evaluation["opponents"], *([KMA_FORECAST] if has_kma else [])]


def against(evaluation: EvaluationDocument, baseline: str, name: BaselineScoreName) -> list[float | None]:
    """One figure of a baseline at each lead."""
    rows = [_of_baseline(evaluation, lead, baseline) for lead in leads_of(evaluation)]
    return [row[name] if row else None for row in rows]


def skill_at(evaluation: EvaluationDocument, lead: int, baseline: str) -> float | None:
    """Skill over a baseline at a lead."""
    row = _of_baseline(evaluation, lead, baseline)
    return row["skill"] if row else None


def _of_baseline(
    evaluation: EvaluationDocument, lead: int, baseline: str
) -> BaselineScores | KmaLeadScores | None:
    if baseline == KMA_FORECAST:
        return evaluation["kma_forecast"]["leads"].get(str(lead))
    return evaluation["leads"][str(lead)]["opponents"].get(baseline)


def mean(values: Sequence[float | None]) -> float | None:
    """Mean of the known figures; None where there is none."""
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def share_with_kma(evaluation: EvaluationDocument) -> float | None:
    """Share of the held-out forecasts that began with the KMA's, of all leads; None = not recorded."""
    pairs, with_kma = 0, 0.0
    for one in evaluation["leads"].values():
        share = one.get("with_kma_forecast")
        if share is not None:
            pairs, with_kma = pairs + one["n"], with_kma + share * one["n"]
    return with_kma / pairs if pairs else None


def likelihood(certainty: float) -> str:
    """A share of resamples in words."""
    return next(words for least, words in LIKELIHOOD if certainty >= least)


def sampled(gain: float, low: float, high: float, certainty: float) -> str:
    """An improvement of a score and its bootstrap range, from the middle of a sentence on, as HTML."""
    return (
        f"{percent(abs(gain), digits=1)} {'lower' if gain >= 0 else 'higher'}, mean over the leads; by "
        f"paired block bootstrap the improvement is between {percent(low, digits=1, signed=True)} "
        f"and {percent(high, digits=1, signed=True)}. That the new model is better is "
        f"<b>{likelihood(certainty)}</b>: it is in {percent(certainty)} of the resamples."
    )


def quality(evaluation: EvaluationDocument) -> str:
    """What it is, and how good, in one sentence."""
    leads, unit = leads_of(evaluation), evaluation["unit"]
    rmse = dict(zip(leads, series(evaluation["leads"], leads, "rmse"), strict=True))
    shown = [f"{number(rmse[lead], unit)} at {lead}\u00a0h" for lead in KEY_LEADS if lead in rmse]
    held = evaluation["holdout"]
    return (
        f"{escape(evaluation['label'])} at {len(evaluation['stations'])} Korean stations, {hours(leads)} "
        f"ahead: RMSE {listed(shown)}, on {number(held['rows'], digits=0)} rows held out "
        f"from {kst(held['first'])} to {kst(held['last'])}."
    )


def comparison(evaluation: EvaluationDocument) -> str:
    """How good it is compared with the key baselines, and how well the interval holds."""
    parts = []
    for baseline in KEY_BASELINES:
        skill = mean(against(evaluation, baseline, "skill"))
        if skill is not None:
            side = "below" if skill >= 0 else "above"
            rows = ", on the rows of both" if baseline == KMA_FORECAST else ""
            parts.append(f"{percent(abs(skill))} {side} {named(baseline)}{rows}")
    text = f"Averaged over the leads, its RMSE is {listed(parts)}." if parts else ""
    return f"{text} {covering(evaluation)}".strip()


def covering(evaluation: EvaluationDocument) -> str:
    """Whether the 80 % interval holds what it promises."""
    leads = leads_of(evaluation)
    coverage = series(evaluation["leads"], leads, "coverage_80")
    average = mean(coverage)
    if average is None:
        return "How often the 80\u00a0% interval holds the observation is not known."
    low, high = COVERED
    off = [
        lead
        for lead, share in zip(leads, coverage, strict=True)
        if share is not None and not low <= share <= high
    ]
    band = f"{100 * low:.0f}–{100 * high:.0f}\u00a0%"
    where = f"; at {hours(off)} it is outside {band}" if off else f", and is within {band} at every lead"
    return f"Its 80\u00a0% interval holds {percent(average, digits=1)} of the observations{where}."


def losses(evaluation: EvaluationDocument) -> list[str]:
    """Where a baseline is better, one sentence each."""
    leads, sentences = leads_of(evaluation), []
    for baseline in baselines_of(evaluation):
        skills = against(evaluation, baseline, "skill")
        lost = {
            lead: skill for lead, skill in zip(leads, skills, strict=True) if skill is not None and skill < 0
        }
        if lost:
            name = named(baseline)
            worst = f"{'up to ' if len(lost) > 1 else ''}{percent(-min(lost.values()), digits=1)}"
            sentences.append(
                f"{name[0].upper()}{name[1:]} is better at {hours(lost)}: there the model's RMSE is "
                f"{worst} higher."
            )
    return sentences


def doubts(evaluation: EvaluationDocument) -> list[str]:
    """Reasons to doubt the figures, one sentence each."""
    sentences = []
    training, held = evaluation["training"], evaluation["holdout"]
    if to_kst(held["first"]) <= to_kst(training["last"]):
        sentences.append(
            "The held-out span begins before the training span ends: the figures count only if each forecast "
            "came from a model that had not seen its hours."
        )
    unseen = [season(code) for code in SEASONS if code not in evaluation["seasons"]]
    if unseen:
        days = (to_kst(held["last"]) - to_kst(held["first"])) / timedelta(days=1)
        sentences.append(
            f"The held-out span, {number(days, 'days', digits=0)}, has nothing of {listed(unseen)}: "
            "how good the model is in that time is not known."
        )
    silent = [name for name in evaluation["opponents"] if mean(against(evaluation, name, "skill")) is None]
    if silent:
        sentences.append(f"There are no figures to compare with {listed([named(name) for name in silent])}.")
    return sentences
