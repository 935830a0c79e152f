"""Types of the JSON that a deployment reads: the evaluation, and the forecast that it repeats.

The documents hold more, for the card and for people; ``evaluation.py`` writes them.
"""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from typing_extensions import TypedDict

from weather_mlops.lake.documents import Figure, MomentText


class AgainstBaseline(TypedDict):
    """Skill of the model against another forecast: 1 − RMSE / its RMSE; None = not measured."""

    skill: Figure | None


class LeadFigures(TypedDict):
    """Of one lead: RMSE in the target's unit, coverage as a share, and the range of its resamples."""

    rmse: Figure | None
    coverage_80: Figure | None
    coverage_80_range: Annotated[list[Figure], Field(min_length=2, max_length=2)] | None
    opponents: dict[str, AgainstBaseline]


def _with_range(lead: object) -> object:
    """Fill in the range of an evaluation from before it was measured: the gate judged the coverage itself."""
    if not isinstance(lead, dict):
        return lead
    share = lead.get("coverage_80")
    return {"coverage_80_range": None if share is None else [share, share], **lead}


class StationFigures(TypedDict):
    """Of one station and lead."""

    skill_persistence: Figure | None


class AgainstChampion(TypedDict):
    """Improvement of RMSE on common rows, its range and certainty, as shares; all None without such rows."""

    version: str
    improvement: Figure | None
    low: Figure | None
    high: Figure | None
    certainty: Figure | None


def _measured_together(compared: AgainstChampion) -> AgainstChampion:
    figures = (compared["improvement"], compared["low"], compared["high"], compared["certainty"])
    if None in figures and any(figure is not None for figure in figures):
        raise ValueError("some figures of the comparison are missing")
    return compared


class Evaluation(TypedDict):
    """``evaluation.json``: figures by lead in hours, and by station id and lead."""

    unit: str
    champion: Annotated[AgainstChampion, AfterValidator(_measured_together)] | None
    champion_left_out: str | None
    leads: Annotated[dict[str, Annotated[LeadFigures, BeforeValidator(_with_range)]], Field(min_length=1)]
    stations: dict[str, dict[str, StationFigures]]


class Smoke(TypedDict):
    """``smoke.json``: the evaluation's newest forecast, p50 by station and lead, in the target's unit."""

    issued_at: MomentText
    p50: list[list[Figure | None]]
