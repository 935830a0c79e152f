"""The suites of the KMA's forecast: rules as data, generated from the variables and the rules below.

``make expectations`` writes them next to those of the observations. A ``critical`` rule refuses the row, a
``warning`` is counted. A forecast is smooth: the limits of its steps are those of the observations' rules.
"""

from collections.abc import Mapping
from typing import Final

from weather_mlops.kma.forecast.rows import FORECAST_VARIABLES
from weather_mlops.quality.suites import between, not_null
from weather_mlops.variables import PhysicalRange

FORECASTS: Final = "kma_forecasts"
COMPLETENESS: Final = "kma_forecast_completeness"

LONGEST_LEAD: Final = PhysicalRange(
    0, 130, "the issue of 17:00 reaches the end of the fourth day, 127 hours ahead"
)
ESSENTIAL: Final = ("air_temperature_c", "air_temperature_max_c", "air_temperature_min_c")
"""What is compared and learned from: a row with an impossible value of them is refused; of other variables an
impossible value is counted only."""
# figure, rule, severity, limits
CONSISTENCY: Final = (
    ("air_temperature_step_k", "air_temperature_step_impossible", "critical",
     PhysicalRange(0, 20, "no front in Korea came near, and neither neighbour confirms it")),
    ("air_temperature_step_k", "air_temperature_step_rare", "warning",
     PhysicalRange(0, 5, "a step that neither neighbour confirms")),
    ("daily_range_k", "maximum_below_minimum", "warning",
     PhysicalRange(0, 40, "of one day and issue; the widest range observed is below 30")),
)  # fmt: skip
IDENTITY: Final = (
    ("station_known", "station_unknown", PhysicalRange(1, 1, "the list of open stations")),
    ("asked_for", "not_asked_for", PhysicalRange(1, 1, "the issues and stations of the request")),
    ("lead_hours", "lead_impossible", LONGEST_LEAD),
    ("received_after_h", "received_before_issue",
     PhysicalRange(0, 1_000_000, "nobody can have a forecast before it is issued: a clock is wrong")),
    ("conflicting_copies", "conflicting_copies", PhysicalRange(0, 0, "one row of an hour in an issue")),
)  # fmt: skip


def forecasts_suite() -> Mapping[str, object]:
    """Rules for each row, in Great Expectations' own format."""
    rules = [
        between(
            variable.name,
            f"{variable.name}_physical",
            "critical" if variable.name in ESSENTIAL else "warning",
            "validity",
            variable.physical,
        )
        for variable in FORECAST_VARIABLES
        if variable.physical is not None
    ]
    rules += [
        between(column, rule, severity, "consistency", limits)
        for column, rule, severity, limits in CONSISTENCY
    ]
    rules += [between(column, rule, "critical", "identity", limits) for column, rule, limits in IDENTITY]
    rules.append(
        not_null("air_temperature_c", "air_temperature_missing", "what is compared and learned from")
    )
    return {"name": FORECASTS, "expectations": rules, "meta": {}, "notes": "each staged row"}


def completeness_suite() -> Mapping[str, object]:
    """Rules for each station of each requested issue."""
    half = PhysicalRange(0.5, 1, "less than half of an issue's hours is no forecast to compare")
    rule = between("share", "issue_mostly_missing", "warning", "completeness", half)
    notes = "each station of each requested issue"
    return {"name": COMPLETENESS, "expectations": [rule], "meta": {}, "notes": notes}
