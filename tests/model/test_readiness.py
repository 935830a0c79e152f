"""Data that can't carry a model are told with their figures; what is there is measured, not assumed."""

from datetime import timedelta

import pyarrow as pa
import pytest

from tests.lake.conftest import NOW, hours, observations
from weather_mlops.errors import Misconfigured
from weather_mlops.lake import quarantine
from weather_mlops.lake.publish import publish
from weather_mlops.lake.schemas import QUARANTINE_SCHEMA
from weather_mlops.model.readiness import Limits, measure, shortfalls

COLUMN = "air_temperature_c"
LIMITS = Limits(min_span_days=3)


def filled(table: pa.Table) -> pa.Table:
    """The same with the target observed in every row."""
    place = table.schema.get_field_index(COLUMN)
    return table.set_column(place, table.schema.field(place), pa.array([5.0] * table.num_rows))


def look(catalog, **more):
    given = {"stations": None, "history_days": 365, "now": NOW, "min_station_coverage": 0.5, **more}
    return measure(catalog, COLUMN, **given)


def told(catalog, now=NOW, **limits) -> str:
    return "; ".join(shortfalls(look(catalog), Limits(**{"min_span_days": 3, **limits}), now))


def test_four_days_of_two_stations_are_measured(catalog):
    published = publish(catalog, filled(observations([108, 159], hours(97))), run="a", score=0.98)
    found = look(catalog)
    assert found.snapshot_id == published.snapshot_id
    assert found.stations == (108, 159)
    assert (found.coverage, found.span_days, found.quality_score) == (1.0, 4.0, 0.98)
    assert shortfalls(found, LIMITS, NOW) == []


def test_an_empty_table_is_told(catalog):
    assert "no observations" in told(catalog)


def test_a_column_that_is_never_observed_is_told(catalog):
    rows = observations([108], hours(97))
    empty = rows.set_column(
        rows.schema.get_field_index(COLUMN), COLUMN, pa.array([None] * rows.num_rows, pa.float64())
    )
    publish(catalog, empty, run="a", score=1.0)
    assert "no observations" in told(catalog)


def test_a_station_that_appears_late_is_left_out_and_named(catalog):
    publish(catalog, filled(observations([108], hours(97))), run="a", score=1.0)
    publish(catalog, filled(observations([159], hours(24))), run="b", score=1.0)
    found = look(catalog)
    assert found.stations == (108,)
    assert found.left_out == {159: pytest.approx(24 / 97)}
    assert found.coverage == 1.0


def test_each_limit_tells_its_figures(catalog):
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
        ({"min_coverage": 0.9}, "50.5% of the station-hours"),
        ({"min_stations": 3}, "1 stations"),
        ({"max_age_hours": 6}, "7.0 h old; at most 6 h"),
        ({"max_quarantined_share": 0.05}, "% of the rows are in quarantine"),
        ({"min_quality_score": 0.9}, "0.700; 0.9 is needed"),
    ):
        lenient = {"min_coverage": 0, "max_age_hours": 99, "max_quarantined_share": 1, "min_quality_score": 0}
        assert told(catalog, late, **lenient) == ""
        assert words in told(catalog, late, **{**lenient, **limit})


def test_only_the_stations_asked_for_count(catalog):
    publish(catalog, filled(observations([108, 159], hours(97))), run="a", score=1.0)
    assert look(catalog, stations=[159, 184]).stations == (159,)


def test_an_unknown_limit_is_refused():
    with pytest.raises(Misconfigured, match="min_span: unknown; known are"):
        Limits.of({"min_span": 3})
