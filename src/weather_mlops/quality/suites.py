"""The suites: rules as data, in expectations/*.json, generated from the variables and the rules below.

``python -m weather_mlops.quality.suites`` (``make expectations``) regenerates them. Each rule has a severity:
a ``critical`` rule refuses the row, a ``warning`` is counted. Limits of the derived figures were measured on
71,000 real rows of three stations, 2018 to 2020: a warning affects less than one row in a hundred, a critical
rule only damaged rows.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from weather_mlops.errors import Misconfigured
from weather_mlops.settings import project_folder
from weather_mlops.variables import VARIABLES, PhysicalRange

CONFLICT: Final = "conflicting_copies"
OBSERVATIONS: Final = "observations"
COMPLETENESS: Final = "completeness"

ROUNDING: Final = "the wire rounds to 0.1 K, 1 % and 0.1 hPa"
# Figure, rule, severity, limits. The figures with _step_ are the spike rule: see prepare.isolated_steps.
CONSISTENCY: Final = (
    (
        "dew_point_excess_k",
        "dew_point_above_air_temperature",
        "critical",
        PhysicalRange(-99, 1.0, "impossible"),
    ),
    ("dew_point_excess_k", "dew_point_at_most_air_temperature", "warning", PhysicalRange(-99, 0.1, ROUNDING)),
    ("humidity_residual_pct", "humidity_contradicts_dew_point", "critical",
     PhysicalRange(-15, 15, "ten times what rounding and the choice of formula explain")),
    ("humidity_residual_pct", "humidity_agrees_with_dew_point", "warning", PhysicalRange(-3, 3, ROUNDING)),
    ("vapour_pressure_residual_hpa", "vapour_pressure_contradicts_dew_point", "critical",
     PhysicalRange(-5, 5, "ten times what rounding and the choice of formula explain")),
    ("vapour_pressure_residual_hpa", "vapour_pressure_agrees_with_dew_point", "warning",
     PhysicalRange(-0.5, 0.5, ROUNDING)),
    ("air_temperature_step_k", "air_temperature_step_impossible", "critical",
     PhysicalRange(0, 20, "no front or foehn in Korea came near, and the next hour doesn't confirm it")),
    ("air_temperature_step_k", "air_temperature_step_rare", "warning",
     PhysicalRange(0, 5, "one hour in some thousands")),
    ("dew_point_step_k", "dew_point_step_impossible", "critical",
     PhysicalRange(0, 30, "beyond any change of air mass, and the next hour doesn't confirm it")),
    ("dew_point_step_k", "dew_point_step_rare", "warning", PhysicalRange(0, 8, "one hour in some thousands")),
    ("sea_level_pressure_step_hpa", "sea_level_pressure_step_impossible", "critical",
     PhysicalRange(0, 25, "twice the steepest typhoons, and the next hour doesn't confirm it")),
    ("sea_level_pressure_step_hpa", "sea_level_pressure_step_rare", "warning",
     PhysicalRange(0, 5, "outside typhoons")),
)  # fmt: skip
IDENTITY: Final = (
    ("station_known", "station_unknown", PhysicalRange(1, 1, "the list of open stations")),
    ("asked_for", "not_asked_for", PhysicalRange(1, 1, "the hours and stations of the request")),
    ("minute", "not_on_the_hour", PhysicalRange(0, 0, "observations are hourly")),
    ("conflicting_copies", CONFLICT, PhysicalRange(0, 0, "two rows of one hour can't both be right")),
)


def observations_suite() -> dict[str, Any]:
    """Rules for each row, in Great Expectations' own format."""
    rules = []
    for variable in VARIABLES:
        if variable.physical:
            severity = "critical" if variable.essential else "warning"
            rules.append(
                between(variable.name, f"{variable.name}_physical", severity, "validity", variable.physical)
            )
        if variable.record:
            rules.append(
                between(variable.name, f"{variable.name}_record", "warning", "record", variable.record)
            )
    rules += [
        between(column, rule, severity, "consistency", limits)
        for column, rule, severity, limits in CONSISTENCY
    ]
    rules += [between(column, rule, "critical", "identity", limits) for column, rule, limits in IDENTITY]
    rules.append(not_null("air_temperature_c", "air_temperature_missing", "what the forecast is made of"))
    return {"name": OBSERVATIONS, "expectations": rules, "meta": {}, "notes": "each staged row"}


def completeness_suite() -> dict[str, Any]:
    """Rules for each station of the window."""
    half = PhysicalRange(0.5, 1, "a station that misses most of its hours is out of order")
    rule = between("share", "station_mostly_missing", "warning", "completeness", half)
    return {"name": COMPLETENESS, "expectations": [rule], "meta": {}, "notes": "each station of the window"}


def between(column: str, rule: str, severity: str, category: str, limits: PhysicalRange) -> dict[str, Any]:
    """A closed range for a column."""
    kwargs = {"column": column, "min_value": float(limits.low), "max_value": float(limits.high)}
    return _rule("expect_column_values_to_be_between", kwargs, rule, severity, category, limits.source)


def not_null(column: str, rule: str, notes: str) -> dict[str, Any]:
    """A column that should be observed."""
    kind = "expect_column_values_to_not_be_null"
    return _rule(kind, {"column": column}, rule, "warning", "presence", notes)


def _rule(  # noqa: PLR0913, PLR0917  the parts of a rule
    kind: str, kwargs: Mapping[str, Any], rule: str, severity: str, category: str, notes: str
) -> dict[str, Any]:
    meta = {"rule": rule, "category": category}
    return {"type": kind, "kwargs": dict(kwargs), "meta": meta, "notes": notes, "severity": severity}


def load(folder: Path, name: str) -> Any:
    """Load a suite of Great Expectations.

    Raises:
        Misconfigured: the file is missing, or is no suite.
    """
    from great_expectations.core import ExpectationSuite
    from great_expectations.exceptions import GreatExpectationsError

    file = folder / f"{name}.json"
    try:
        content = json.loads(file.read_text("utf-8"))
        suite = ExpectationSuite(**content)
        rules = len(content["expectations"])
    except OSError as error:
        raise Misconfigured(
            f"{file}: {error.strerror}. Restore it, or write the shipped files by make expectations."
        ) from error
    except (
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        RecursionError,
        GreatExpectationsError,
    ) as error:
        raise Misconfigured(
            f"{file}: not a suite of Great Expectations: {error}. Correct it, or write the shipped file by "
            "make expectations."
        ) from error
    # Great Expectations drops an unknown rule with only a line in the log.
    if unknown := rules - len(suite.expectations):
        raise Misconfigured(
            f"{file}: Great Expectations doesn't know {unknown} of {rules} rules, or their "
            "arguments (see the log). Correct them, or write the shipped file by make expectations."
        )
    return suite


def text(suite: Mapping[str, Any]) -> str:
    """The content of a suite's file."""
    return json.dumps(suite, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Regenerate the files."""
    from weather_mlops.quality import kma_forecast_suites  # noqa: PLC0415  it builds on this module

    folder = project_folder("expectations")
    of_forecasts = (kma_forecast_suites.forecasts_suite(), kma_forecast_suites.completeness_suite())
    for suite in (observations_suite(), completeness_suite(), *of_forecasts):
        (folder / f"{suite['name']}.json").write_text(text(suite), "utf-8")


if __name__ == "__main__":
    main()
