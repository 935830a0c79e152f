"""``evaluation.json`` and ``smoke.json`` of a version: its figures on the holdout, and a forecast to repeat.

``model/evaluation.py`` computes the figures, and the model card shows all of them. The gates and monitoring
read only the parts that ``judged_evaluation.py`` describes, which evaluations of every age have.

Figures by lead have the lead in hours as key ("1", "2" …). Errors are in the target's unit, shares are 0 to
1; None = not measured.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NotRequired

from typing_extensions import TypedDict

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


QuantileReliability = dict[str, float | None]
"""Share of the observations below each quantile, by its name: p5, p10, …"""


class RankHistogram(TypedDict):
    """Share of the observations between neighbouring ``levels``, from 0 to the first to above the last.

    ``low``, ``high``: range that chance allows the share of a right forecast.
    """

    levels: list[float]
    shares: list[float]
    low: list[float]
    high: list[float]


class CommonRows(TypedDict):
    """RMSE of the KMA's forecast and of the model, on the rows that both have; None = there are none."""

    rmse_kma_forecast: float | None
    rmse_on_common_rows: float | None


class HourScores(CommonRows):
    """Of one lead and hour of the day: pairs, the model's RMSE, and that of each baseline by its name."""

    n: int
    rmse: float | None
    opponents: Mapping[str, float | None]


class SeasonScores(QuantileScores, CommonRows):
    """Scores of one season and lead."""


class StationScores(QuantileScores, CommonRows):
    """Scores of one station and lead."""

    skill_persistence: float | None


class LeadScores(QuantileScores):
    """Scores of one lead; the range of its coverage that the sample allows; the baselines by name.

    ``with_kma_forecast``: share of the pairs whose forecast began with the KMA's; not in older evaluations.
    """

    with_kma_forecast: NotRequired[float | None]
    coverage_80_range: Sequence[float] | None
    opponents: Mapping[str, BaselineScores]


class ChampionScores(PairedScores):
    """Comparison with the champion: its version, and the improvement of the CRPS in the same way.

    ``crps_…``: None where one of the two forecasts only an interval. ``by_inputs``: the same comparison of
    RMSE on the rows where the new model was made from these inputs, named as in the table of forecasts; not
    in older evaluations.
    """

    version: str
    crps_improvement: float | None
    crps_low: float | None
    crps_high: float | None
    crps_certainty: float | None
    by_inputs: NotRequired[dict[str, PairedScores]]


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

    Names of the baselines; ``seasons``, ``stations``: by code or station id, then by lead; ``hours``: by
    lead, then by the hour of the day (KST) of the valid time; ``ranks``, ``hours``: at a few leads;
    ``importance``: shares of the trees' gain, by lead and feature.
    """

    opponents: list[str]
    holdout: HoldoutSpan
    champion: ChampionScores | None
    leads: dict[str, LeadScores]
    seasons: dict[str, dict[str, SeasonScores]]
    stations: dict[str, dict[str, StationScores]]
    hours: dict[str, dict[str, HourScores]]
    reliability: dict[str, QuantileReliability]
    ranks: dict[str, RankHistogram]
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

    schema: int
    evaluated_at: str
    code_revision: str | None
    champion_left_out: str | None
    kma_forecast: KmaForecastScores


class Smoke(TypedDict):
    """``smoke.json``: the evaluation's newest forecast, p50 by station and lead, in the target's unit."""

    issued_at: MomentText
    p50: list[list[Figure | None]]
