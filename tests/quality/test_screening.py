"""A screened audit says what Great Expectations says of the whole table."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.quality import staged  # noqa: F401  imports Great Expectations without its warnings
from weather_mlops.quality import suites
from weather_mlops.quality.audit import SUMMARY, WITH_ROWS, new_context, validate
from weather_mlops.quality.screening import screen
from weather_mlops.variables import PhysicalRange

LIMITS = PhysicalRange(-5, 5, "of the test")


def suite(*more: dict):
    from great_expectations.core import ExpectationSuite

    rules = [
        suites.between("a", "a_critical", "critical", "validity", LIMITS),
        suites.between("a", "a_record", "warning", "record", PhysicalRange(-1, 1, "of the test")),
        suites.between("b", "b_critical", "critical", "validity", LIMITS),
        suites.not_null("b", "b_missing", "of the test"),
        *more,
    ]
    return ExpectationSuite(name="rows", expectations=rules)


def whole(frame: pd.DataFrame, rules, result_format: dict):
    asset = new_context().data_sources.add_pandas("whole").add_dataframe_asset("rows")
    batch = asset.add_batch_definition_whole_dataframe("run").get_batch(batch_parameters={"dataframe": frame})
    return batch.validate(rules, result_format=result_format)


def by_rule(result) -> dict:
    """Verdict and figures of each rule; as text, because a NaN equals nothing."""
    return {
        entry.expectation_config.meta["rule"]: (entry.success, repr(sorted(entry.result.items())))
        for entry in result.results
    }


def frame_of(a: list[float], b: list[float]) -> pd.DataFrame:
    frame = pd.DataFrame({"a": np.array(a, np.float64), "b": np.array(b, np.float64)})
    frame.insert(0, "row", np.arange(len(frame)))
    return frame


VALUES = st.sampled_from([0.0, 0.5, 3.0, -4.9, 7.0, -1e9, float("inf"), float("nan")])


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(VALUES, VALUES), max_size=60))
def test_screening_changes_nothing_in_the_results(values):
    frame = frame_of([a for a, _ in values], [b for _, b in values])
    result, broken = validate(new_context(), frame, suite())

    expected = by_rule(whole(frame, suite(), SUMMARY))
    assert list(by_rule(result).items()) == list(expected.items())
    refused = {
        int(index["row"])
        for entry in whole(frame, suite(), WITH_ROWS).results
        if entry.expectation_config.severity == "critical"
        for index in entry.result.get("unexpected_index_list") or ()
    }
    assert set(broken) == refused


def test_great_expectations_sees_only_rows_that_break_a_rule():
    values = [0.0] * 1000
    values[7], values[300] = 9.0, 2.0
    screening = screen(frame_of(values, [0.0] * 1000), suite().expectations)

    assert screening.rows["row"].tolist() == [7, 300]
    assert not screening.others


def test_of_a_warning_only_some_rows_are_shown_but_all_counted():
    frame = frame_of([2.0] * 500, [0.0] * 500)
    result, broken = validate(new_context(), frame, suite())

    assert len(screen(frame, suite().expectations).rows) == 20
    assert by_rule(result) == by_rule(whole(frame, suite(), SUMMARY))
    assert not broken


@pytest.mark.parametrize(
    "rule",
    [
        {
            "type": "expect_column_mean_to_be_between",
            "kwargs": {"column": "a", "min_value": 2, "max_value": 3},
        },
        {
            "type": "expect_column_values_to_be_between",
            "kwargs": {"column": "a", "min_value": 0.5, "max_value": 3, "mostly": 0.9},
        },
        {
            "type": "expect_column_values_to_be_between",
            "kwargs": {"column": "a", "min_value": 0, "max_value": 3, "strict_min": True},
        },
        {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "a", "value_set": [0.0]}},
    ],
    ids=lambda rule: rule["type"],
)
def test_a_rule_about_more_than_a_value_sees_all_rows(rule):
    added = {**rule, "meta": {"rule": "added", "category": "validity"}, "severity": "warning"}
    frame = frame_of([0.0] * 30 + [1.0] * 30, [0.0] * 60)
    result, _ = validate(new_context(), frame, suite(added))

    assert by_rule(result)["added"] == by_rule(whole(frame, suite(added), SUMMARY))["added"]
    assert len(result.results) == 5
