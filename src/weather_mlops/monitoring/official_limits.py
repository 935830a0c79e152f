"""Limits of the section ``official_forecast``, with the values that hold unless the YAML sets others."""

from dataclasses import dataclass


@dataclass(frozen=True)
class OfficialForecastLimits:
    """Limits of the checks, and settings of the measurements. The fields are arguments in the YAML.

    The limits of the bias were chosen on two real years of Ulsan, and on stations with weather like it
    (``benchmarks/official_bias.py``).

    Attributes:
        max_age_hours: largest age of the newest issue: there is one each 3 hours, published at most 40
            minutes later; 7 hours mean that two issues in a row are missing.
        min_station_share: smallest share of the stations that have the newest issue whole.
        hours_share: share of an issue's hours that a station must have for the issue to be whole.
        max_missing_share: largest share of the issues of stations of 50 hours that are missing: an issue that
            was never published is 6 %.
        compared_days: days before today, over which our forecast is compared with the KMA's; today counts
            too.
        min_pairs: smallest number of rows for a figure of a lead: fewer are a few hours of one station.
        bias_limit_spreads: largest change of the bias, in spreads of a day's bias: 0.9 gave no alarm in the
            two years but the move's, after 40 days; of 100 computed stations with weather like it, 18 have a
            false one in a year, and about 30 with 0.8, which finds the move after 26 days.
        bias_recent_days: days whose bias is compared: fewer are a weather situation. A change that is older
            counts as normal, so that its alert is resolved.
        bias_before_days: days before these, of which the deviation from the year before counts as normal.
        bias_season_days: days before and after the same date of the year before, of which the bias is the
            reference: it follows the season by as much as a station's move changes it.
        bias_min_days: smallest number of days in either reference.
        bias_least_spread_c: lower limit of the spread of a day's bias, °C: the forecast has whole degrees.
        bias_common_stations: from this number of stations on, a day's median over all of them is subtracted:
            weather and new models of the KMA change many stations, a move changes one.
        bias_every_h: hours between two measurements of the bias: it has one figure a day.
        max_moved_km: largest distance of a station from its coordinates in stations.csv; 10 m of elevation
            count as 1 km. A survey changes less, a move more.
    """

    max_age_hours: float = 7
    min_station_share: float = 0.9
    hours_share: float = 0.95
    max_missing_share: float = 0.1
    compared_days: int = 30
    min_pairs: int = 100
    bias_limit_spreads: float = 0.9
    bias_recent_days: int = 60
    bias_before_days: int = 300
    bias_season_days: int = 45
    bias_min_days: int = 45
    bias_least_spread_c: float = 0.4
    bias_common_stations: int = 20
    bias_every_h: float = 12
    max_moved_km: float = 1
