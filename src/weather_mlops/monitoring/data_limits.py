"""What is still well of data, as the YAML may say it otherwise."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DataQualityLimits:
    """What is still well, and how it is looked at. Fields are the arguments of the YAML.

    The limits of bias were told by a simulated year of 97 stations (``benchmarks/monitoring_alarms.py``).

    Attributes:
        grace_hours: an hour's rows are expected so many hours after it: collection publishes within 40
            minutes of the hour, and late rows come with the run after the next.
        max_lag_hours: of the newest hour behind the clock: two runs of the collection in a row failed.
        min_completeness: share of the station-hours of 24 h. A network outage of one hour costs 4 %, one
            station down for a day 1 %.
        min_validity: share of the values of 24 h inside physical limits: 97 stations tell 40,000 a day, and a
            single broken sensor of one variable 24 that are outside.
        max_quarantined_share: of the rows of 24 h: a healthy day has none or a few of 2,300.
        max_open_gaps_share: of the station-hours of 31 d: what is missing for good stays in the register.
        min_quality_score: mean of the runs of 24 h; healthy ones score 0.97 and more, three parts of four.
        silent_hours: without any row, while others have some. The longest outage that mended itself, in the
            simulator as at Busan in November 2022, lasted 9 h; alerts on shorter ones would be of no use.
        stuck_hours: of a constant value. Nine station-years of real data have 7 h at the most (temperature,
            dew point, pressure, wind), saturated air apart.
        neighbours: that tell of a station, at most: more are farther away than they are of help.
        neighbours_within_km: no farther, 100 m of elevation counting as 10 km.
        min_neighbours: with two, nobody knows which one is off.
        bias_allowance: spreads of a day's median beside the neighbours that add nothing. Half of what is to
            be found is the usual choice: 2 °C are three spreads of most stations, two of those on mountains.
        bias_limit_days: spreads × days that are beyond doubt: 12 gave 0.33 false alarms a month in all of the
            network, and 10 gave 2; a bias of 2 °C is found after 124 h (median) and 104 h.
        bias_summed_days: days that are added up: a bias of 2 °C takes 5, at the worst stations 14.
        drift_window_days: compared with the reference.
        drift_every_h: drift is measured anew: a week's distribution changes little in a day, and the
            reference is a large part of all that is read.
        reference_years: earlier years that are read at most: five tell the season, and reading stays flat.
        min_null_years: of earlier years, for a threshold: each is compared with the others.
        trailing_days: the reference where there is no earlier year.
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
