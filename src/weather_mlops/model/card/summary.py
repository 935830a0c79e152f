"""An evaluation in words: how good the model is, compared with what, and reasons to doubt the figures."""

from datetime import timedelta

from weather_mlops.documents.evaluation import EvaluationDocument
from weather_mlops.model.baselines import KMA_FORECAST
from weather_mlops.model.card.cells import skill
from weather_mlops.model.card.figures import (
    COVERED,
    KEY_BASELINES,
    KEY_LEADS,
    against,
    baselines_of,
    leads_of,
    mean,
    series,
    skill_at,
)
from weather_mlops.model.card.translations import SEASONS, CardTranslator
from weather_mlops.model.card.views import SummaryView
from weather_mlops.pages.components import Table, TableRow
from weather_mlops.pages.figures import NBSP, kst, number, percent, to_kst


def view(evaluation: EvaluationDocument, words: CardTranslator) -> SummaryView:
    """The summary."""
    worse = losses(evaluation, words)
    compared = any(mean(against(evaluation, name, "skill")) is not None for name in baselines_of(evaluation))
    verdict = worse or [words("card_no_better" if compared else "card_no_baseline")]
    return SummaryView(
        f"{quality(evaluation, words)} {comparison(evaluation, words)}",
        verdict,
        "good" if compared and not worse else "warn",
        doubts(evaluation, words),
        _glance(evaluation, words),
    )


def quality(evaluation: EvaluationDocument, words: CardTranslator) -> str:
    """What it is, and how good, in one sentence."""
    leads, unit = leads_of(evaluation), evaluation["unit"]
    rmse = dict(zip(leads, series(evaluation["leads"], leads, "rmse"), strict=True))
    errors = [
        words("card_error_at", rmse=number(rmse[lead], unit), lead=lead) for lead in KEY_LEADS if lead in rmse
    ]
    held = evaluation["holdout"]
    return words(
        "card_quality",
        label=words.target(evaluation),
        stations=len(evaluation["stations"]),
        leads=words.leads(leads),
        errors=words.listed(errors),
        rows=number(held["rows"], digits=0),
        first=kst(held["first"]),
        last=kst(held["last"]),
    )


def comparison(evaluation: EvaluationDocument, words: CardTranslator) -> str:
    """How good it is compared with the key baselines, and how well the interval holds."""
    parts = []
    for baseline in KEY_BASELINES:
        share = mean(against(evaluation, baseline, "skill"))
        if share is not None:
            side = "card_below" if share >= 0 else "card_above"
            part = words(side, share=percent(abs(share)), baseline=words.baseline(baseline))
            parts.append(words("card_of_both", part=part) if baseline == KMA_FORECAST else part)
    text = words("card_averaged", parts=words.listed(parts)) if parts else ""
    return f"{text} {covering(evaluation, words)}".strip()


def covering(evaluation: EvaluationDocument, words: CardTranslator) -> str:
    """Whether the 80 % interval holds what it promises."""
    leads = leads_of(evaluation)
    coverage = series(evaluation["leads"], leads, "coverage_80")
    average = mean(coverage)
    if average is None:
        return words("card_covering_unknown")
    low, high = COVERED
    off = [
        lead
        for lead, share in zip(leads, coverage, strict=True)
        if share is not None and not low <= share <= high
    ]
    key = "card_covering_but" if off else "card_covering"
    return words(key, share=percent(average, digits=1), band=covered_band(), leads=words.leads(off))


def covered_band() -> str:
    """The coverage that is good enough, as text."""
    low, high = COVERED
    return f"{100 * low:.0f}–{100 * high:.0f}{NBSP}%"


def losses(evaluation: EvaluationDocument, words: CardTranslator) -> list[str]:
    """Where a baseline is better, one sentence each."""
    leads, sentences = leads_of(evaluation), []
    for baseline in baselines_of(evaluation):
        skills = against(evaluation, baseline, "skill")
        lost = {
            lead: share for lead, share in zip(leads, skills, strict=True) if share is not None and share < 0
        }
        if lost:
            name = words.baseline(baseline)
            sentences.append(
                words(
                    "card_losses" if len(lost) > 1 else "card_loss",
                    Baseline=name[:1].upper() + name[1:],
                    leads=words.leads(lost),
                    worst=percent(-min(lost.values()), digits=1),
                )
            )
    return sentences


def doubts(evaluation: EvaluationDocument, words: CardTranslator) -> list[str]:
    """Reasons to doubt the figures, one sentence each."""
    sentences = []
    training, held = evaluation["training"], evaluation["holdout"]
    if to_kst(held["first"]) <= to_kst(training["last"]):
        sentences.append(words("card_doubt_overlap"))
    unseen = [words.season(code) for code in SEASONS if code not in evaluation["seasons"]]
    if unseen:
        days = number((to_kst(held["last"]) - to_kst(held["first"])) / timedelta(days=1), digits=0)
        text = words("card_doubt_seasons", days=words("card_days", n=days), seasons=words.listed(unseen))
        sentences.append(text)
    silent = [name for name in evaluation["opponents"] if mean(against(evaluation, name, "skill")) is None]
    if silent:
        names = words.listed([words.baseline(name) for name in silent])
        sentences.append(words("card_doubt_silent", baselines=names))
    return sentences


def _glance(e: EvaluationDocument, words: CardTranslator) -> Table:
    rivals = [name for name in KEY_BASELINES if name in baselines_of(e)]
    rows = []
    for lead in (lead for lead in KEY_LEADS if str(lead) in e["leads"]):
        one = e["leads"][str(lead)]
        rows.append(
            TableRow(
                words.lead(lead),
                [
                    number(one["rmse"], e["unit"]),
                    number(one["crps"], e["unit"]),
                    percent(one["coverage_80"], digits=1),
                    *(skill(skill_at(e, lead, name)) for name in rivals),
                ],
            )
        )
    return Table(
        words("card_glance_with_kma" if KMA_FORECAST in rivals else "card_glance"),
        [
            words("card_lead_column"),
            "RMSE",
            "CRPS",
            words("card_coverage_of_80"),
            *(words("card_skill_over", baseline=words.baseline(name)) for name in rivals),
        ],
        rows,
        words("card_no_figure"),
    )
