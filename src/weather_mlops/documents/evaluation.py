"""``evaluation.json`` and ``smoke.json`` of a version: its figures on the holdout, and a forecast to repeat.

``model/evaluation.py`` computes the figures, and the model card shows all of them. The gates and monitoring
read only the parts that ``judged_evaluation.py`` describes, which evaluations of every age have.

Figures by lead have the lead in hours as key ("1", "2" …). Errors are in the target's unit, shares are 0 to
1; None = not measured.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Final, NotRequired

from pydantic import AfterValidator, Field
from typing_extensions import TypedDict

from weather_mlops.documents import schema_version
from weather_mlops.lake.documents import Figure, MomentText

SCHEMA: Final = 1
Count = Annotated[int, Field(ge=0, le=10**15)]
Lead = Annotated[int, Field(ge=1, le=9999)]
"""Hours ahead."""
LeadText = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,3}$")]
StationText = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,5}$")]
HourText = Annotated[str, Field(pattern=r"^(1?[0-9]|2[0-3])$")]


class QuantileScores(TypedDict):
    """Errors of p50 (``bias``: forecast minus observed), pinball loss, and the interval from p10 to p90.

    ``crps``: continuous ranked probability score; None where only the interval is known.
    """

    n: Count
    rmse: Figure | None
    mae: Figure | None
    bias: Figure | None
    coverage_80: Figure | None
    width_80: Figure | None
    pinball: Figure | None
    crps: Figure | None


class BaselineScores(TypedDict):
    """Errors of a baseline; ``skill`` is the model's: 1 − RMSE / RMSE of the baseline."""

    rmse: Figure | None
    mae: Figure | None
    bias: Figure | None
    skill: Figure | None


class PairedScores(TypedDict):
    """Improvement of RMSE over another forecast, with its bootstrap range and certainty; days compared."""

    improvement: Figure | None
    low: Figure | None
    high: Figure | None
    certainty: Figure | None
    days: Count


QuantileReliability = dict[str, Figure | None]
"""Share of the observations below each quantile, by its name: p5, p10, …"""


class RankHistogram(TypedDict):
    """Share of the observations between neighbouring ``levels``, from 0 to the first to above the last.

    ``low``, ``high``: range that chance allows the share of a right forecast.
    """

    levels: list[Figure]
    shares: list[Figure]
    low: list[Figure]
    high: list[Figure]


class CommonRows(TypedDict):
    """RMSE of the KMA's forecast and of the model, on the rows that both have; None = there are none."""

    rmse_kma_forecast: Figure | None
    rmse_on_common_rows: Figure | None


class HourScores(CommonRows):
    """Of one lead and hour of the day: pairs, the model's RMSE, and that of each baseline by its name."""

    n: Count
    rmse: Figure | None
    opponents: Mapping[str, Figure | None]


class SeasonScores(QuantileScores, CommonRows):
    """Scores of one season and lead."""


class StationScores(QuantileScores, CommonRows):
    """Scores of one station and lead."""

    skill_persistence: Figure | None


class LeadScores(QuantileScores):
    """Scores of one lead; the range of its coverage that the sample allows; the baselines by name.

    ``with_kma_forecast``: share of the pairs whose forecast began with the KMA's; not in older evaluations.
    """

    with_kma_forecast: NotRequired[Figure | None]
    coverage_80_range: Sequence[Figure] | None
    opponents: Mapping[str, BaselineScores]


class ChampionScores(PairedScores):
    """Comparison with the champion: its version, and the improvement of the CRPS in the same way.

    ``crps_…``: None where one of the two forecasts only an interval. ``by_inputs``: the same comparison of
    RMSE on the rows where the new model was made from these inputs, named as in the table of forecasts; not
    in older evaluations.
    """

    version: str
    crps_improvement: Figure | None
    crps_low: Figure | None
    crps_high: Figure | None
    crps_certainty: Figure | None
    by_inputs: NotRequired[dict[str, PairedScores]]


class KmaLeadScores(TypedDict):
    """Of one lead, on the rows of both: errors of the KMA's forecast, the model's RMSE, and its skill."""

    n: Count
    rmse: Figure | None
    mae: Figure | None
    bias: Figure | None
    model_rmse: Figure | None
    skill: Figure | None


class KmaForecastScores(PairedScores):
    """Comparison with the KMA's forecast on the rows where one was known at the issue time.

    ``reason``: why there are no figures; None where there are some. ``rows``: station-hours with a common
    lead; ``first``, ``last``: their issue times. ``leads``: those with common rows.
    """

    reason: str | None
    rows: Count
    first: MomentText | None
    last: MomentText | None
    leads: dict[LeadText, KmaLeadScores]


class HoldoutSpan(TypedDict):
    """First and last issue time, and the station-hours that have an outcome."""

    first: MomentText
    last: MomentText
    rows: Count


class WorstForecast(TypedDict):
    """One of the forecasts with the largest errors: an entry per lead in each list."""

    station_id: int
    issued_at: MomentText
    leads: list[Lead]
    observed: list[Figure | None]
    p10: list[Figure | None]
    p50: list[Figure | None]
    p90: list[Figure | None]


def _in_steps(histogram: RankHistogram) -> RankHistogram:
    levels = [0.0, *histogram["levels"], 1.0]
    if any(high <= low for low, high in pairwise(levels)):
        raise ValueError("the levels don't ascend between 0 and 1")
    if {len(histogram["shares"]), len(histogram["low"]), len(histogram["high"])} != {len(levels) - 1}:
        raise ValueError("there is not one share for each step between two levels")
    return histogram


def _of_each_lead(case: WorstForecast) -> WorstForecast:
    lengths = {len(case["observed"]), len(case["p10"]), len(case["p50"]), len(case["p90"])}
    if not case["leads"] or lengths != {len(case["leads"])}:
        raise ValueError("there is not one value for each lead")
    return case


class HoldoutFigures(TypedDict):
    """All that is measured on the holdout.

    Names of the baselines; ``seasons``, ``stations``: by code or station id, then by lead; ``hours``: by
    lead, then by the hour of the day (KST) of the valid time; ``ranks``, ``hours``: at a few leads;
    ``importance``: shares of the trees' gain, by lead and feature.
    """

    opponents: list[str]
    holdout: HoldoutSpan
    champion: ChampionScores | None
    leads: Annotated[dict[LeadText, LeadScores], Field(min_length=1)]
    seasons: dict[str, dict[LeadText, SeasonScores]]
    stations: dict[StationText, dict[LeadText, StationScores]]
    hours: dict[LeadText, dict[HourText, HourScores]]
    reliability: dict[LeadText, QuantileReliability]
    ranks: dict[LeadText, Annotated[RankHistogram, AfterValidator(_in_steps)]]
    importance: Mapping[LeadText, Mapping[str, Figure]]
    worst: list[Annotated[WorstForecast, AfterValidator(_of_each_lead)]]


class TrainingStatistics(TypedDict):
    """``training.json``: station-hours trained on, seconds, and peak memory of the process in MB."""

    rows: Count
    seconds: Figure
    peak_rss_mb: Count


class TrainingSpan(TrainingStatistics):
    """First and last hour trained on, and the station ids."""

    first: MomentText
    last: MomentText
    stations: list[int]


class ModelDescription(TypedDict):
    """What an evaluation says of a model without measuring it; ``recipe`` is its config hash.

    ``inputs``: what it forecasts from, in words; ``snapshot_id``, ``kma_snapshot_id``: of the observations
    and of the KMA's forecasts. Older evaluations lack ``inputs`` and ``kma_snapshot_id``.
    """

    target: str
    unit: str
    label: str
    version: str
    recipe: str
    horizon_hours: int
    inputs: NotRequired[str]
    libraries: dict[str, str]
    snapshot_id: int | None
    kma_snapshot_id: NotRequired[int | None]
    training: TrainingSpan


class EvaluationDocument(ModelDescription, HoldoutFigures):
    """``evaluation.json`` as it is written."""

    schema: Annotated[int, schema_version.up_to(SCHEMA)]
    evaluated_at: MomentText
    code_revision: str | None
    champion_left_out: str | None
    kma_forecast: KmaForecastScores


class Smoke(TypedDict):
    """``smoke.json``: the evaluation's newest forecast, p50 by station and lead, in the target's unit."""

    issued_at: MomentText
    p50: list[list[Figure | None]]
