"""Figures of the section ``model_performance``; errors are forecast minus observation, in the target's unit.

"Promised" figures are those of the champion's evaluation. Windows of 7d and 30d are whole days (KST): today
so far, and the 7 or 30 days before. Windows, days, residuals and stations include all issued forecasts, of
every model version; the promised figures are of the present champion only.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from typing_extensions import TypedDict

from weather_mlops.monitoring.figures import ReadCost, WindowName
from weather_mlops.monitoring.figures.data import NamedStation
from weather_mlops.verification.error_figures import ErrorFigures


class PromisedErrors(TypedDict, total=False):
    """RMSE and coverage (0 to 1) by the champion's evaluation; None = unknown."""

    promised_rmse: float | None
    promised_coverage_80: float | None


class ScoredErrors(ErrorFigures, total=False):
    """Errors and skill.

    Attributes:
        skill_persistence: skill over persistence, on the same rows.
        skill_damped_anomaly: skill over the damped anomaly, on the rows whose station the champion knows.
    """

    skill_persistence: float | None
    skill_damped_anomaly: float | None


class LeadErrors(ScoredErrors, PromisedErrors, total=False):
    """Errors of a lead, or of all leads, and the promised ones."""


LeadFigure = Literal[
    "rmse", "promised_rmse", "persistence_rmse", "bias", "coverage_80", "promised_coverage_80"
]
"""Figures of a lead that the report plots."""


class ErrorWindow(TypedDict, total=False):
    """Errors of a window.

    Attributes:
        n: pairs of forecast and observation.
        why: reason why there are no figures: ``not enough yet (3 pairs)``; None = there are.
        all: errors of all leads.
        leads: errors by lead in hours.
    """

    n: int
    why: str | None
    all: LeadErrors | None
    leads: Mapping[str, LeadErrors]


class IssuedHours(TypedDict, total=False):
    """Hours that should have a forecast, those without one, and their share; None if none should."""

    expected: int
    without: int
    share_without: float | None


class ChampionFigures(TypedDict, total=False):
    """The deployed model.

    Attributes:
        version: its version.
        since: when it was deployed.
        age_days: days since then.
        reason: reason of the decision.
        verified: whether its files are complete.
        verified_at: when they were last verified.
        kma_archive_days: days of the KMA's forecasts that it learned from; None = it forecasts from
            observations alone.
    """

    version: str
    since: str
    age_days: float
    reason: str
    verified: bool
    verified_at: str
    kma_archive_days: float | None


class InputFigures(TypedDict):
    """What the newest forecasts of a target were made from.

    Attributes:
        stations: stations with a forecast.
        with_kma: those whose forecast began with the KMA's at some lead.
        share_of_hours: share of the forecasts of all stations and leads that did.
    """

    stations: int
    with_kma: int
    share_of_hours: float


class DailyErrors(TypedDict):
    """Figures of each day (KST) of the last 30 that has a pair; coverage is 0 to 1."""

    days: list[str]
    n: list[int]
    rmse: list[float]
    bias: list[float]
    coverage_80: list[float]
    persistence_rmse: list[float]
    promised_rmse: list[float | None]


class ResidualFigures(TypedDict, total=False):
    """Mean error of the last 7 d.

    Attributes:
        bias: mean error.
        n_effective: effective number of hours, as their errors are correlated.
        standard_error: standard error of the mean.
        scaled_bias: mean error after the errors of each lead were divided by its promised RMSE.
        spread_ratio: root mean square of these errors: 1 = as promised.
        hours: hours with a pair.
    """

    bias: float
    n_effective: float
    standard_error: float
    scaled_bias: float | None
    spread_ratio: float | None
    hours: int


class StationErrors(NamedStation, ErrorFigures, total=False):
    """A station and its errors of the last 7 d."""


class TargetErrors(TypedDict, total=False):
    """What is computed from the sums of errors of a target.

    Attributes:
        hours: hours with and without a forecast, by window; None without a champion.
        newest_issued_at: when the newest forecast was issued.
        windows: errors by window.
        by_inputs: errors of the last 7 d by what the forecasts were made from, named as in their table. Days
            that were summed by an older version are left out.
        daily: errors by day.
        residuals: mean error of 7 d; None if there are too few pairs.
        stations: errors by station.
    """

    hours: Mapping[WindowName, IssuedHours] | None
    newest_issued_at: str | None
    windows: Mapping[WindowName, ErrorWindow] | None
    by_inputs: Mapping[str, ScoredErrors] | None
    daily: DailyErrors | None
    residuals: ResidualFigures | None
    stations: Sequence[StationErrors] | None


class TargetFigures(TargetErrors, total=False):
    """Figures of a target.

    Attributes:
        column: its column.
        unit: its unit.
        label: its name.
        champion: its deployed model; None = there is none.
        first_decision_at: first decision about a model of the target; only without a champion.
        inputs: what the newest forecasts were made from; None = they do not say.
    """

    column: str
    unit: str
    label: str
    champion: ChampionFigures | None
    first_decision_at: str | None
    inputs: InputFigures | None


class ModelPerformanceFigures(TypedDict, total=False):
    """Figures of the section: of each target, by its name, and what the measurement read."""

    measured_at: str
    targets: dict[str, TargetFigures]
    read: ReadCost
