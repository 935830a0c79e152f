"""The parts of ``evaluation.json`` that gates and monitoring read: evaluations of every age have them."""

from typing import Annotated, NotRequired

from pydantic import AfterValidator, BeforeValidator, Field
from typing_extensions import TypedDict

from weather_mlops.documents import schema_version
from weather_mlops.documents.evaluation import SCHEMA
from weather_mlops.lake.documents import Figure


class JudgedBaseline(TypedDict):
    """Skill of the model against another forecast."""

    skill: Figure | None


class JudgedLead(TypedDict):
    """Of one lead: its RMSE, coverage, the range of its resamples, and the baselines by name."""

    rmse: Figure | None
    coverage_80: Figure | None
    coverage_80_range: Annotated[list[Figure], Field(min_length=2, max_length=2)] | None
    opponents: dict[str, JudgedBaseline]


def _with_range(lead: object) -> object:
    """Fill in the range of an evaluation from before it was measured: the gate judged the coverage itself."""
    if not isinstance(lead, dict):
        return lead
    share = lead.get("coverage_80")
    return {"coverage_80_range": None if share is None else [share, share], **lead}


class JudgedStation(TypedDict):
    """Of one station and lead."""

    skill_persistence: Figure | None


class JudgedChampion(TypedDict):
    """Comparison with the champion on common rows; all figures are None without such rows.

    Older ones have no ``crps_…``; without nine quantiles of both models it is None.
    """

    version: str
    improvement: Figure | None
    low: Figure | None
    high: Figure | None
    certainty: Figure | None
    crps_improvement: NotRequired[Figure | None]
    crps_low: NotRequired[Figure | None]
    crps_high: NotRequired[Figure | None]
    crps_certainty: NotRequired[Figure | None]


def _measured_together(compared: JudgedChampion) -> JudgedChampion:
    figures = (compared["improvement"], compared["low"], compared["high"], compared["certainty"])
    of_crps = (
        compared.get("crps_improvement"),
        compared.get("crps_low"),
        compared.get("crps_high"),
        compared.get("crps_certainty"),
    )
    for each in (figures, of_crps):
        if None in each and any(figure is not None for figure in each):
            raise ValueError("some figures of the comparison are missing")
    return compared


class JudgedKmaForecast(TypedDict):
    """Comparison with the KMA's forecast: the leads with common rows, or why there are none."""

    reason: str | None
    low: Figure | None
    high: Figure | None
    certainty: Figure | None
    days: int
    leads: dict[str, JudgedBaseline]


class JudgedEvaluation(TypedDict):
    """The part of ``evaluation.json`` that a deployment reads; older ones have no ``kma_forecast``."""

    schema: NotRequired[Annotated[int, schema_version.up_to(SCHEMA)]]
    unit: str
    champion: Annotated[JudgedChampion, AfterValidator(_measured_together)] | None
    champion_left_out: str | None
    leads: Annotated[dict[str, Annotated[JudgedLead, BeforeValidator(_with_range)]], Field(min_length=1)]
    stations: dict[str, dict[str, JudgedStation]]
    kma_forecast: NotRequired[JudgedKmaForecast]


class PromisedLead(TypedDict):
    """Error and coverage of one lead, which monitoring compares the forecasts with."""

    rmse: Figure | None
    coverage_80: Figure | None


class PromisedEvaluation(TypedDict):
    """The part of ``evaluation.json`` that monitoring reads."""

    leads: dict[str, PromisedLead]
