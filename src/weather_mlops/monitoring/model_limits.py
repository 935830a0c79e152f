"""Limits of the section ``model_performance``, with the values that hold unless the YAML sets others."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelPerformanceLimits:
    """Limits of the checks, and settings of the measurements. The fields are arguments in the YAML.

    Attributes:
        min_pairs: smallest number of forecast–observation pairs for a figure: fewer are a few hours of one or
            two stations.
        min_hours: smallest number of hours with pairs, within judged_days, for a check: the errors of a
            single weather situation say more about that situation than about the model.
        judged_days: whole days (KST) before today over which bias, skill and coverage are checked; today
            counts too. There is no limit on RMSE: a healthy model's weekly RMSE varies from 1.1 to 3.2 °C
            with the weather.
        max_scaled_bias: largest absolute mean error, after the errors of each lead were divided by its
            promised RMSE. The largest of any week of a year of three stations was 0.67; with inputs shifted
            by 2 °C the smallest was 0.88.
        min_skill: smallest skill over the damped anomaly, on the same rows: the worst such week had -0.05,
            the median 0.2.
        min_coverage: smallest share of the observations within p10 to p90, where 0.8 is promised: weeks had
            0.67 to 0.92.
        max_coverage: largest share of the observations within p10 to p90: above it, intervals are too wide to
            be useful.
        max_share_without: largest share of the hours of 24 h without a forecast: 0.1 allows two failed runs.
        min_share_with_kma: smallest share (0 to 1) of the stations whose newest forecast began with the
            KMA's, where the champion can: below 0.01, no station's did; 0 disables the check.
        max_age_days: largest age of the champion: training runs daily, and a newer model that isn't worse
            replaces it; an older champion means that none did.
        grace_hours: hours after which the forecast of an hour is expected.
    """

    min_pairs: int = 100
    min_hours: int = 72
    judged_days: int = 7
    max_scaled_bias: float = 0.8
    min_skill: float = -0.1
    min_coverage: float = 0.6
    max_coverage: float = 0.95
    max_share_without: float = 0.1
    min_share_with_kma: float = 0.01
    max_age_days: float = 45
    grace_hours: float = 2
