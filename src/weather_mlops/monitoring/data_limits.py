"""Limits of the section ``data_quality``, with the values that hold unless the YAML sets others."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DataQualityLimits:
    """Limits of the checks, and settings of the measurements. The fields are arguments in the YAML.

    The limits of bias were chosen on a simulated year of 97 stations (``benchmarks/monitoring_alarms.py``).

    Attributes:
        grace_hours: hours after which the rows of an hour are expected: collection publishes within 40
            minutes of the hour, and late rows arrive with the run after the next.
        max_lag_hours: largest age of the newest hour: beyond it, two runs of the collection in a row failed.
        min_completeness: smallest share of the station-hours of 24 h that are present. A network outage of
            one hour costs 4 %, one station down for a day 1 %.
        min_validity: smallest share of the values of 24 h inside physical limits: 97 stations report 40,000
            values a day, and a broken sensor of one variable has up to 24 of them outside.
        max_quarantined_share: largest share of the rows of 24 h in quarantine: a healthy day has none or a
            few of 2,300.
        max_open_gaps_share: largest share of the station-hours of 31 d that are open gaps: hours that never
            arrive stay in the gap register.
        min_quality_score: smallest mean score of the runs of 24 h; healthy runs score at least 0.97, a run
            with 0 for one of the four parts at most 0.75.
        silent_hours: hours without any row from a station, while other stations have rows, before it counts
            as silent. The longest outage that ended by itself, in the simulator as at Busan in November 2022,
            lasted 9 h; alerts on shorter ones would not be useful.
        stuck_hours: hours of a constant value before a sensor counts as stuck. Nine station-years of real
            data have at most 7 h (temperature, dew point, pressure, wind), except in saturated air.
        neighbours: number of neighbours that a station is compared with, at most: further ones are too far
            away to help.
        neighbours_within_km: largest distance of a neighbour; 100 m of elevation count as 10 km.
        min_neighbours: smallest number of neighbours for a comparison: with only two, it is unclear which of
            the stations is wrong.
        bias_allowance: deviation of a day's median from the neighbours that is ignored, in spreads. The
            common choice is half of the bias to detect: 2 °C are three spreads of most stations, two of those
            on mountains.
        bias_limit_days: accumulated deviation that counts as a bias, in spreads × days: 12 gave 0.33 false
            alarms a month in the whole network, and 10 gave 2; a bias of 2 °C is detected after 124 h
            (median) and 104 h.
        bias_summed_days: days over which the deviation is accumulated: a bias of 2 °C takes 5, at the worst
            stations 14.
        drift_window_days: length of the window that is compared with the reference.
        drift_every_h: hours between two measurements of drift: a week's distribution changes little in a day,
            and the reference is a large part of all data that is read.
        reference_years: earlier years that are read, at most: five are enough for the season, and bound the
            reading time.
        min_null_years: smallest number of earlier years for a threshold: each is compared with the others.
        trailing_days: length of the reference if there is no earlier year.
    """

    grace_hours: float = 2
    max_lag_hours: float = 3
    min_completeness: float = 0.9
    min_validity: float = 0.999
    max_quarantined_share: float = 0.02
    max_open_gaps_share: float = 0.05
    min_quality_score: float = 0.9
    silent_hours: float = 10
    stuck_hours: int = 10
    neighbours: int = 8
    neighbours_within_km: float = 150
    min_neighbours: int = 3
    bias_allowance: float = 1.0
    bias_limit_days: float = 12
    bias_summed_days: int = 14
    drift_window_days: int = 7
    drift_every_h: float = 24
    reference_years: int = 5
    min_null_years: int = 3
    trailing_days: int = 30
