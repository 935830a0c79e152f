"""``evaluation.json`` and ``smoke.json`` of a version: its figures on the holdout, and a forecast to repeat.

``model/evaluation.py`` computes the figures, and the model card shows all of them. The gates and monitoring
read only the parts of ``JudgedEvaluation`` and ``PromisedEvaluation``, which evaluations of every age have.

Figures by lead have the lead in hours as key ("1", "2" …). Errors are in the target's unit, shares are 0 to
1; None = not measured.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, NotRequired

from pydantic import AfterValidator, BeforeValidator, Field
from typing_extensions import TypedDict

from weather_mlops.documents import schema_version
from weather_mlops.lake.documents import Figure, MomentText

SCHEMA: Final = 1


class QuantileScores(TypedDict):
    """Errors of p50 (``bias``: forecast minus observed), pinball loss, and the interval from p10 to p90.

    ``crps``: continuous ranked probability score; None where only the interval is known.
    """

    n: int
    rmse: float | None
    mae: float | None
    bias: float | None
    coverage_80: float | None
    width_80: float | None
    pinball: float | None
    crps: float | None


class BaselineScores(TypedDict):
    """Errors of a baseline; ``skill`` is the model's: 1 − RMSE / RMSE of the baseline."""

    rmse: float | None
    mae: float | None
    bias: float | None
    skill: float | None


class PairedScores(TypedDict):
    """Improvement of RMSE over another forecast, with its bootstrap range and certainty; days compared."""

    improvement: float | None
    low: float | None
    high: float | None
    certainty: float | None
    days: int


class QuantileReliability(TypedDict):
    """Share of the observations below each quantile."""

    p10: float | None
    p50: float | None
    p90: float | None


class StationScores(QuantileScores):
    """Scores of one station and lead."""

    skill_persistence: float | None


class LeadScores(QuantileScores):
    """Scores of one lead; the range of its coverage that the sample allows; the baselines by name."""

    coverage_80_range: Sequence[float] | None
    opponents: Mapping[str, BaselineScores]


class ChampionScores(PairedScores):
    """Comparison with the champion: its version."""

    version: str


class KmaLeadScores(TypedDict):
    """Of one lead, on the rows of both: errors of the KMA's forecast, the model's RMSE, and its skill."""

    n: int
    rmse: float | None
    mae: float | None
    bias: float | None
    model_rmse: float | None
    skill: float | None


class KmaForecastScores(PairedScores):
    """Comparison with the KMA's forecast on the rows where one was known at the issue time.

    ``reason``: why there are no figures; None where there are some. ``rows``: station-hours with a common
    lead; ``first``, ``last``: their issue times. ``leads``: those with common rows.
    """

    reason: str | None
    rows: int
    first: str | None
    last: str | None
    leads: dict[str, KmaLeadScores]


class HoldoutSpan(TypedDict):
    """First and last issue time, and the station-hours that have an outcome."""

    first: str
    last: str
    rows: int


class WorstForecast(TypedDict):
    """One of the forecasts with the largest errors: an entry per lead in each list."""

    station_id: int
    issued_at: str
    leads: list[int]
    observed: list[float | None]
    p10: list[float | None]
    p50: list[float | None]
    p90: list[float | None]


class HoldoutFigures(TypedDict):
    """All that is measured on the holdout.

    Names of the baselines; ``seasons``, ``stations``: by code or station id, then by lead;
    ``importance``: shares of the trees' gain, by lead and feature.
    """

    opponents: list[str]
    holdout: HoldoutSpan
    champion: ChampionScores | None
    leads: dict[str, LeadScores]
    seasons: dict[str, dict[str, QuantileScores]]
    stations: dict[str, dict[str, StationScores]]
    reliability: dict[str, QuantileReliability]
    importance: Mapping[str, Mapping[str, float]]
    worst: list[WorstForecast]


class TrainingStatistics(TypedDict):
    """``training.json``: station-hours trained on, seconds, and peak memory of the process in MB."""

    rows: int
    seconds: float
    peak_rss_mb: int


class TrainingSpan(TrainingStatistics):
    """First and last hour trained on, and the station ids."""

    first: str
    last: str
    stations: list[int]


class ModelDescription(TypedDict):
    """What an evaluation says of a model without measuring it; ``recipe`` is its config hash."""

    target: str
    unit: str
    label: str
    version: str
    recipe: str
    horizon_hours: int
    libraries: dict[str, str]
    snapshot_id: int | None
    training: TrainingSpan


class EvaluationDocument(ModelDescription, HoldoutFigures):
    """``evaluation.json`` as it is written."""

    schema: int
    evaluated_at: str
    code_revision: str | None
    champion_left_out: str | None
    kma_forecast: KmaForecastScores


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
    """Comparison with the champion on common rows; all figures are None without such rows."""

    version: str
    improvement: Figure | None
    low: Figure | None
    high: Figure | None
    certainty: Figure | None


def _measured_together(compared: JudgedChampion) -> JudgedChampion:
    figures = (compared["improvement"], compared["low"], compared["high"], compared["certainty"])
    if None in figures and any(figure is not None for figure in figures):
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


class Smoke(TypedDict):
    """``smoke.json``: the evaluation's newest forecast, p50 by station and lead, in the target's unit."""

    issued_at: MomentText
    p50: list[list[Figure | None]]
