"""The audit: what refuses a row, what is only counted, and how the batch is scored."""

import gzip
import json
import os
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.quality.staged import GOOD, HOUR, NOON, STATIONS, SUITES, audit, expected, row, unreadable
from tests.suites import critical_suites
from weather_mlops.errors import QualityTooLow
from weather_mlops.kma import wire
from weather_mlops.lake.keys import key_list
from weather_mlops.quality import audit as audits
from weather_mlops.quality import suites

PROJECT = Path(__file__).resolve().parents[2]
OBSERVED = sorted((PROJECT.parent / "shared" / "kma" / "observed").glob("*.txt.gz"))


def test_good_rows_are_accepted_whole():
    result = audit(row(), row(159))

    assert result.accepted.num_rows == 2
    assert result.quarantined.num_rows == 0
    assert result.counts["warnings"] == {"station_mostly_missing": 2}
    assert result.accepted.column_names == [*wire.OBSERVATION_SCHEMA.names, "raw_key"]


# One row each, at a station of its own, all in one audit: its duration depends on the rules, not on the rows.
REFUSED = [
    ({"wind_direction_deg": 370}, "wind_direction_deg_physical"),
    ({"wind_speed_ms": 80.0}, "wind_speed_ms_physical"),
    ({"station_pressure_hpa": 700.0}, "station_pressure_hpa_physical"),
    ({"sea_level_pressure_hpa": 800.0}, "sea_level_pressure_hpa_physical"),
    ({"air_temperature_c": 55.0, "dew_point_c": None}, "air_temperature_c_physical"),
    ({"dew_point_c": -75.0, "relative_humidity_pct": None, "vapour_pressure_hpa": None},
     "dew_point_c_physical"),
    ({"relative_humidity_pct": 101.0, "dew_point_c": None}, "relative_humidity_pct_physical"),
    ({"vapour_pressure_hpa": 61.0, "dew_point_c": None}, "vapour_pressure_hpa_physical"),
    ({"precipitation_mm": 500.0}, "precipitation_mm_physical"),
    ({"dew_point_c": 11.5, "relative_humidity_pct": None, "vapour_pressure_hpa": None},
     "dew_point_above_air_temperature"),
    ({"relative_humidity_pct": 50.0}, "humidity_contradicts_dew_point"),
    ({"vapour_pressure_hpa": 20.0}, "vapour_pressure_contradicts_dew_point"),
    ({"station_id": 7}, "station_unknown; not_asked_for"),
    ({"observed_at": NOON + 5 * HOUR}, "not_asked_for"),
    ({"observed_at": NOON + timedelta(minutes=1)}, "not_asked_for; not_on_the_hour"),
]  # fmt: skip
COUNTED = [
    ({"air_temperature_c": 42.0, "dew_point_c": None}, "air_temperature_c_record"),
    ({"wind_speed_ms": 60.0}, "wind_speed_ms_record"),
    ({"soil_temperature_5cm_c": 99.0}, "soil_temperature_5cm_c_physical"),
    ({"dew_point_c": 10.5, "relative_humidity_pct": None, "vapour_pressure_hpa": None},
     "dew_point_at_most_air_temperature"),
    ({"relative_humidity_pct": 76.0}, "humidity_agrees_with_dew_point"),
    ({"vapour_pressure_hpa": 9.5}, "vapour_pressure_agrees_with_dew_point"),
    ({"air_temperature_c": None}, "air_temperature_missing"),
]  # fmt: skip
SPIKES = [
    (column, jump, rule, index)
    for column, jump, rule in [
        ("air_temperature_c", 25.0, "air_temperature_step_impossible"),
        ("sea_level_pressure_hpa", 30.0, "sea_level_pressure_step_impossible"),
        ("dew_point_c", -35.0, "dew_point_step_impossible"),
    ]
    for index in range(3)
]
DAY = expected(NOON - HOUR, NOON, NOON + HOUR, stations=STATIONS)


def rows_of(cases) -> list[dict]:
    """A row of each case, their lines numbered from 0; and a good one."""
    bad = [
        row(station, line=line, **values)
        for line, (station, (values, _)) in enumerate(zip(STATIONS, cases, strict=False))
    ]
    return [*bad, row(STATIONS[-1], line=len(cases))]


@pytest.fixture(scope="module")
def refused():
    return audit(*rows_of(REFUSED), requested=DAY)


@pytest.mark.parametrize(("line", "rule"), list(enumerate(rule for _, rule in REFUSED)))
def test_each_critical_rule_refuses_only_the_row_that_breaks_it(refused, line, rule):
    (record,) = [record for record in refused.quarantined.to_pylist() if record["line"] == line]
    assert record["rule"] == rule
    assert record["raw_key"] == "raw/k.txt.gz"
    assert refused.accepted["station_id"].to_pylist() == [STATIONS[-1]]


def test_critical_rules_alone_refuse_the_same_rows(refused):
    result = audit(*rows_of(REFUSED), requested=DAY, suites_dir=critical_suites())

    assert result.quarantined == refused.quarantined
    assert result.accepted == refused.accepted
    assert len(result.result.results) < len(refused.result.results) / 2


@pytest.fixture(scope="module")
def counted():
    """A row of each case, and three hours of a station, the last of which is a rare step."""
    free = {"dew_point_c": None, "relative_humidity_pct": None, "vapour_pressure_hpa": None}
    steps = [
        row(STATIONS[-2], NOON + hours * HOUR, **{**free, "air_temperature_c": temperature})
        for hours, temperature in ((-1, 10.0), (0, 10.0), (1, 16.0))
    ]
    return audit(*rows_of(COUNTED), *steps, requested=DAY)


@pytest.mark.parametrize("rule", [*(rule for _, rule in COUNTED), "air_temperature_step_rare"])
def test_each_warning_is_counted_and_costs_no_row(counted, rule):
    assert counted.counts["warnings"][rule] == 1
    assert counted.accepted.num_rows == len(COUNTED) + 4


@pytest.fixture(scope="module")
def spiked():
    """Three hours of each station, one of them a spike."""
    free = {"dew_point_c": None, "relative_humidity_pct": None, "vapour_pressure_hpa": None}
    rows = []
    for station, (column, jump, _, index) in zip(STATIONS, SPIKES, strict=False):
        level = {**free, column: GOOD[column]}
        rows += [row(station, hour, **level) for hour in (NOON - HOUR, NOON, NOON + HOUR)]
        rows[index - 3][column] += jump
    return audit(*rows, requested=DAY)


@pytest.mark.parametrize(
    ("station", "spike"),
    list(zip(STATIONS, SPIKES, strict=False)),
    ids=[f"{('oldest', 'middle', 'newest')[index]} {column}" for column, _, _, index in SPIKES],
)
def test_a_spike_refuses_only_its_own_hour(spiked, station, spike):
    _, _, rule, index = spike

    (record,) = [record for record in spiked.quarantined.to_pylist() if record["station_id"] == station]
    assert (record["observed_at"], record["rule"]) == ([NOON - HOUR, NOON, NOON + HOUR][index], rule)


def test_two_hours_that_contradict_each_other_are_both_accepted():
    free = {"dew_point_c": None, "relative_humidity_pct": None, "vapour_pressure_hpa": None}
    rows = [row(**free), row(at=NOON + HOUR, **{**free, "air_temperature_c": 38.0})]
    result = audit(*rows, suites_dir=critical_suites())

    assert result.quarantined.num_rows == 0


def test_statistics_cover_all_rules(counted):
    result = counted.result
    failed = sum(not rule.success for rule in result.results)

    assert result.statistics["evaluated_expectations"] == len(result.results) > 60
    assert result.statistics["unsuccessful_expectations"] == failed > len(COUNTED)
    assert not result.success


def test_a_step_over_a_gap_is_no_spike():
    free = {"dew_point_c": None, "relative_humidity_pct": None, "vapour_pressure_hpa": None}
    rows = [row(at=NOON - HOUR, **free), row(at=NOON + HOUR, **{**free, "air_temperature_c": 40.0})]

    assert audit(*rows, suites_dir=critical_suites()).quarantined.num_rows == 0


def test_equal_duplicates_count_once_conflicting_ones_are_refused():
    equal = [row(159), row(159, line=6)]
    conflicting = [row(108), row(108, line=6, wind_speed_ms=3.0)]
    result = audit(*equal, *conflicting, suites_dir=critical_suites())

    assert result.accepted["station_id"].to_pylist() == [159]
    assert result.counts["copies"] == 1
    assert result.quarantined["station_id"].to_pylist() == [108] * 2
    assert result.quarantined["rule"].to_pylist() == ["conflicting_copies"] * 2
    assert result.quarantined["value"].to_pylist() == ["wind_speed_ms=1.7", "wind_speed_ms=3.0"]


def test_an_unreadable_line_is_quarantined_with_its_text():
    result = audit(row(), rejected=unreadable("2026 x"), suites_dir=critical_suites())

    (record,) = result.quarantined.to_pylist()
    assert record["rule"] == "unreadable_row"
    assert "2026 x" in record["value"]
    assert record["station_id"] is None


def test_the_score_is_measured():
    requested = pa.concat_tables([expected(NOON - HOUR, NOON), expected(NOON - 9 * HOUR, origin="gap")])
    result = audit(row(), row(159), row(at=NOON - HOUR, soil_temperature_5cm_c=99.0), requested=requested)
    values = 3 * len(GOOD)

    assert result.score.completeness == 3 / 4
    assert result.score.timeliness == 1
    assert result.score.validity == pytest.approx((values - 1) / values)
    assert result.score.consistency == 1
    assert result.score.overall == round((3 / 4 + 1 + (values - 1) / values + 1) / 4, 4)


def test_what_was_not_observed_is_not_scored():
    score = audit().score

    assert (score.completeness, score.validity, score.consistency, score.timeliness) == (0, None, None, 0)
    assert score.overall == 0


def test_too_few_fit_rows_stop_the_run_naming_the_top_rules():
    rows = [row(), row(159, wind_speed_ms=99.0)]
    result = audit(*rows, rejected=unreadable("x"), suites_dir=critical_suites())

    audits.check_fit(result, 1 / 3)
    with pytest.raises(
        QualityTooLow, match=r"33\.3% of 3 rows .* (wind_speed_ms_physical|unreadable_row) \(1\)"
    ):
        audits.check_fit(result, 0.34)


values_of = st.sampled_from([-99.0, 0.0, 3.0, 12.0, 60.0, 2000.0])


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.sampled_from([108, 159, 7]), st.integers(-2, 2), values_of, values_of), max_size=12
    ),
    st.integers(0, 2),
)
def test_every_row_is_accepted_a_duplicate_or_quarantined(drawn, lines):
    rows = [
        row(station, NOON + hours * HOUR, line, wind_speed_ms=wind, air_temperature_c=temperature)
        for line, (station, hours, wind, temperature) in enumerate(drawn)
    ]
    result = audit(*rows, rejected=unreadable(*"ab"[:lines]), suites_dir=critical_suites())
    counts = result.counts

    assert counts["rows_arrived"] == len(rows) + lines
    assert counts["rows_arrived"] == counts["accepted"] + counts["copies"] + counts["quarantined"]
    assert max(Counter(key_list(result.accepted)).values(), default=1) == 1


@pytest.mark.parametrize(
    "suite", [suites.observations_suite(), suites.completeness_suite()], ids=["rows", "stations"]
)
def test_the_files_match_the_table_of_variables(suite):
    assert (SUITES / f"{suite['name']}.json").read_text("utf-8") == suites.text(suite)


def test_each_rule_has_a_reason():
    rules = json.loads((SUITES / "observations.json").read_text("utf-8"))["expectations"]

    assert all(rule["notes"] and rule["meta"]["rule"] and rule["severity"] for rule in rules)
    assert max(Counter(rule["meta"]["rule"] for rule in rules).values()) == 1


def test_it_works_in_a_fork_of_a_process_that_has_imported_it():
    audit(row(), suites_dir=critical_suites())
    child = os.fork()
    if child == 0:
        result = audit(row(), row(159, wind_speed_ms=99.0), suites_dir=critical_suites())
        os._exit(0 if result.quarantined.num_rows == 1 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.skipif(not OBSERVED, reason="NO REAL OBSERVATIONS: the rules are not tried on them")
@pytest.mark.parametrize("path", OBSERVED[::4], ids=lambda path: path.name)
def test_real_weather_is_not_refused(path):
    parsed = wire.parse(gzip.decompress(path.read_bytes()))
    requested = parsed.rows.select(["station_id", "observed_at"])
    keyed = parsed.rows.append_column("raw_key", pa.array(["k"] * parsed.rows.num_rows))
    result = audits.audit(
        keyed,
        unreadable(),
        requested.append_column("origin", pa.array(["window"] * requested.num_rows)),
        STATIONS,
        suites_dir=SUITES,
        audited_at=NOON,
        run="r",
    )

    assert result.quarantined.num_rows < 0.001 * parsed.rows.num_rows
    assert sum(result.counts["warnings"].values()) < 0.01 * parsed.rows.num_rows
    assert pc.count_distinct(result.accepted["observed_at"]).as_py() == result.accepted.num_rows
