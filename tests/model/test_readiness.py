"""Data that aren't enough to train on are refused with their figures, which are measured, not assumed."""

from datetime import timedelta

import pyarrow as pa
import pytest

from tests.lake.conftest import NOW, hours, observations
from weather_mlops.errors import Misconfigured
from weather_mlops.lake import quarantine
from weather_mlops.lake.publish import publish
from weather_mlops.lake.schemas import QUARANTINE_SCHEMA
from weather_mlops.model.readiness import DataRequirements, measure, shortfalls

COLUMN = "air_temperature_c"
LIMITS = DataRequirements(min_span_days=3)


def filled(table: pa.Table) -> pa.Table:
    """Rows with the target observed in each of them."""
    index = table.schema.get_field_index(COLUMN)
    return table.set_column(index, table.schema.field(index), pa.array([5.0] * table.num_rows))


def look(catalog, **more):
    given = {"stations": None, "history_days": 365, "now": NOW, "limits": LIMITS, **more}
    return measure(catalog, COLUMN, **given)


def shortfall_text(catalog, now=NOW, **limits) -> str:
    chosen = DataRequirements(**{"min_span_days": 3, **limits})
    return "; ".join(shortfalls(look(catalog, limits=chosen), chosen, now))


def test_four_days_of_two_stations_are_measured(catalog):
    published = publish(catalog, filled(observations([108, 159], hours(97))), run="a", score=0.98)
    figures = look(catalog)
    assert figures.snapshot_id == published.snapshot_id
    assert figures.stations == (108, 159)
    assert (figures.coverage, figures.span_days, figures.quality_score) == (1.0, 4.0, 0.98)
    assert shortfalls(figures, LIMITS, NOW) == []


def test_an_empty_table_is_reported(catalog):
    assert "no observations" in shortfall_text(catalog)


def test_a_column_that_is_never_observed_is_reported(catalog):
    rows = observations([108], hours(97))
    empty = rows.set_column(
        rows.schema.get_field_index(COLUMN), COLUMN, pa.array([None] * rows.num_rows, pa.float64())
    )
    publish(catalog, empty, run="a", score=1.0)
    assert "no observations" in shortfall_text(catalog)


def test_a_station_that_appears_late_is_left_out_and_named(catalog):
    publish(catalog, filled(observations([108], hours(97))), run="a", score=1.0)
    publish(catalog, filled(observations([159], hours(24))), run="b", score=1.0)
    figures = look(catalog)
    assert figures.stations == (108,)
    assert figures.left_out == {159: pytest.approx(24 / 72)}
    assert figures.coverage == 1.0


def test_an_old_month_of_one_station_stops_no_training(catalog):
    publish(catalog, filled(observations([108, 159], hours(97))), run="a", score=1.0)
    publish(catalog, filled(observations([184], hours(48, NOW - timedelta(days=300)))), run="b", score=1.0)
    figures = look(catalog)
    assert shortfalls(figures, LIMITS, NOW) == []
    assert figures.stations == (108, 159)
    assert figures.first == NOW - timedelta(hours=96)


def test_old_years_of_one_station_count_and_exclude_no_other(catalog):
    publish(catalog, filled(observations([108, 159], hours(97))), run="a", score=1.0)
    old = NOW - timedelta(days=300)
    publish(catalog, filled(observations([108], hours(400, old))), run="b", score=1.0)
    figures = look(catalog)
    assert figures.stations == (108, 159)
    assert figures.first == old - timedelta(hours=399)
    assert figures.span_days == pytest.approx((400 + 97) / 24, abs=0.1)


def test_missing_hours_lower_coverage_but_a_gap_of_days_does_not(catalog):
    newest, before = hours(40), hours(60, NOW - timedelta(days=20))
    publish(catalog, filled(observations([108], [*before, *newest])), run="a", score=1.0)
    assert look(catalog).coverage == 1.0
    assert "scattered over 21 days; 6 are allowed" in shortfall_text(catalog)
    assert shortfall_text(catalog, min_span_days=1) == ""


def test_each_shortfall_has_its_figures(catalog):
    publish(catalog, filled(observations([108], hours(97)[::2])), run="a", score=0.7)
    refused = [
        {"station_id": 108, "observed_at": hour, "rule": "r", "value": "v", "raw_key": "k", "line": 1}
        for hour in hours(10)
    ]
    quarantine.record_refused(
        catalog, pa.Table.from_pylist(refused, schema=QUARANTINE_SCHEMA), run="a", at=NOW
    )
    late = NOW + timedelta(hours=7)
    for limit, words in (
        ({"min_span_days": 60}, "span 4.0 days; 60 are needed"),
        ({"min_coverage": 0.9}, "50.0% of the station-hours of the newest 3 days"),
        ({"min_stations": 3}, "1 stations"),
        ({"max_age_hours": 6}, "7.0 h old; at most 6 h"),
        ({"max_quarantined_share": 0.05}, "% of the rows are in quarantine"),
        ({"min_quality_score": 0.9}, "0.700; 0.9 is needed"),
    ):
        lenient = {"min_coverage": 0, "max_age_hours": 99, "max_quarantined_share": 1, "min_quality_score": 0}
        assert shortfall_text(catalog, late, **lenient) == ""
        assert words in shortfall_text(catalog, late, **{**lenient, **limit})


def test_only_the_requested_stations_count(catalog):
    publish(catalog, filled(observations([108, 159], hours(97))), run="a", score=1.0)
    assert look(catalog, stations=[159, 184]).stations == (159,)


def test_an_unknown_limit_is_refused():
    with pytest.raises(Misconfigured, match="min_span: unknown; known are"):
        DataRequirements.of({"min_span": 3})
