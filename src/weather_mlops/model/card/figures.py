"""The figures of an evaluation, by lead and by baseline."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Final, Literal

from weather_mlops.documents.evaluation import (
    BaselineScores,
    CommonRows,
    EvaluationDocument,
    KmaLeadScores,
    QuantileScores,
)
from weather_mlops.model.baselines import KMA_FORECAST

KEY_LEADS: Final = (1, 6, 24, 48)  # hours
TABLE_LEADS: Final = (1, 3, 6, 12, 24, 36, 48)  # hours; a table across the page has room for these
# The baselines that say most: the simplest one, the two that are hard to beat, and what the KMA gives away.
KEY_BASELINES: Final = ("persistence", "damped_anomaly", "ridge", KMA_FORECAST)
# Share of observations inside the 80 % interval that counts as well covered.
COVERED: Final = (0.77, 0.83)

ScoreName = Literal["rmse", "mae", "bias", "coverage_80", "width_80", "pinball", "crps"]
BaselineScoreName = Literal["rmse", "mae", "bias", "skill"]


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


def skill_over_kma(one: CommonRows) -> float | None:
    """Skill over the KMA's forecast; None where there are no common rows, or it has no error at all."""
    ours, kma = one["rmse_on_common_rows"], one["rmse_kma_forecast"]
    return None if ours is None or not kma else 1 - ours / kma


def share_with_kma(evaluation: EvaluationDocument) -> float | None:
    """Share of the held-out forecasts that began with the KMA's, of all leads; None = not recorded."""
    pairs, with_kma = 0, 0.0
    for one in evaluation["leads"].values():
        share = one.get("with_kma_forecast")
        if share is not None:
            pairs, with_kma = pairs + one["n"], with_kma + share * one["n"]
    return with_kma / pairs if pairs else None


def mean(values: Sequence[float | None]) -> float | None:
    """Mean of the known figures; None where there is none."""
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def hundredfold(shares: Sequence[float | None]) -> list[float | None]:
    """Shares as percent."""
    return [None if share is None else 100 * share for share in shares]


def _of_baseline(
    evaluation: EvaluationDocument, lead: int, baseline: str
) -> BaselineScores | KmaLeadScores | None:
    if baseline == KMA_FORECAST:
        return evaluation["kma_forecast"]["leads"].get(str(lead))
    return evaluation["leads"][str(lead)]["opponents"].get(baseline)
