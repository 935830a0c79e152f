"""Today's code takes up the tables that the version before the rewrite wrote, and goes on with its runs."""

import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from tests.lake.conftest import access, catalog, connect_catalog, server, store  # noqa: F401  fixtures
from tests.quality import staged  # noqa: F401  imports Great Expectations without its warnings
from tests.stored.former import objects, packed
from tests.suites import critical_suites

# The readers, in one place.
from weather_mlops.lake import forecasts, gaps
from weather_mlops.lake.catalog import ensure_tables
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.publish import publish, publish_run
from weather_mlops.lake.query import connect
from weather_mlops.lake.recovery import take_up
from weather_mlops.lake.s3_access import S3Access
from weather_mlops.lake.schemas import OBSERVATIONS_SCHEMA
from weather_mlops.lake.staging import Staging
from weather_mlops.model import forecasting
from weather_mlops.monitoring import validation_results
from weather_mlops.quality.audit import audit_staged

NOW = datetime(2026, 11, 30, 23, 50, tzinfo=UTC)
HOUR = datetime(2026, 11, 30, 23, tzinfo=UTC)
TARGET = "air_temperature"
COLLECTION = "data_collection/scheduled__2026-11-30T23:00:00+00:00"
TRAINING = "model_training/manual__2026-11-30T23:35:33.666138+00:00"


@pytest.fixture
def access(server) -> S3Access:  # noqa: F811  the fixture
    """The bucket's name stands in the tables' metadata."""
    former = S3Access("former", f"http://127.0.0.1:{server}", "somebody", "Geheimnis")
    bucket = ObjectStore(former)
    bucket.ensure_bucket()
    bucket.delete(*(entry.key for entry in bucket.list("")))
    return former


@pytest.fixture
def filled(store):  # noqa: F811  the fixture
    for key, body in {**objects(), **packed("tables.zip")}.items():
        store.put(key, body)
    return store


@pytest.fixture
def tables(filled, catalog):  # noqa: F811  the fixture
    take_up(catalog, filled)
    ensure_tables(catalog)
    return catalog


def test_all_tables_are_taken_up_with_their_rows(tables, access):
    with connect(tables, access) as database:
        counts = {
            table: database.execute(f"select count(*) from {table}").fetchone()[0]
            for table in ("observations", "quarantine", "gaps", "forecasts")
        }
        (temperature,) = database.execute(
            "select air_temperature_c from observations where station_id = 108 order by observed_at desc"
        ).fetchone()

    assert counts == {"observations": 22, "quarantine": 1, "gaps": 2, "forecasts": 4}
    assert temperature == pytest.approx(4.2)


def test_forecasts_are_read_with_their_quantiles(tables, filled):
    rows = forecasts.read(tables, first_valid=HOUR, last_valid=HOUR + timedelta(hours=2)).to_pylist()

    assert [(row["station_id"], row["lead_hours"]) for row in rows] == [
        (108, 1),
        (108, 2),
        (112, 1),
        (112, 2),
    ]
    assert quantiles_of(rows) == published(filled)


def test_open_gaps_are_known(tables):
    assert gaps.count_open(tables) == 2


def test_a_run_audited_before_an_upgrade_is_published(tables, filled):
    result = publish_run(tables, Staging(filled, COLLECTION), NOW).as_dict()

    assert (result["inserted"], result["corrected"], result["equal"]) == (2, 0, 22)
    assert gaps.count_open(tables) == 0


def test_a_run_collected_before_an_upgrade_is_audited(tables, filled):
    staging = Staging(filled, COLLECTION)
    audited = audit_staged(staging, suites_dir=critical_suites(), audited_at=NOW)

    assert (audited.accepted.num_rows, audited.fit_share) == (24, 1)
    assert publish_run(tables, staging, NOW).as_dict()["inserted"] == 2


def test_the_champion_makes_a_forecast(filled, catalog):  # noqa: F811  the fixture
    filled.delete(*(key for key in packed("tables.zip")))
    ensure_tables(catalog)
    publish(catalog, observations(filled), run="before")
    summary = forecasting.make(catalog, filled, [TARGET], max_input_age_hours=2, run="next", now=NOW)
    before = published(filled, objects()["forecasts/latest.json"])

    assert (summary["rows"], summary["stations_skipped"]) == (4, [])
    rows = forecasts.read(catalog, first_valid=HOUR, last_valid=HOUR + timedelta(hours=2)).to_pylist()
    assert quantiles_of(rows) == pytest.approx(before, abs=6e-4)


def test_corrections_counted_before_stay_counted(filled, catalog):  # noqa: F811  the fixture
    filled.delete(*(key for key in packed("tables.zip")))
    ensure_tables(catalog)
    counted = validation_results.corrections(catalog, filled, NOW)

    assert validation_results.corrected_since(counted, NOW - timedelta(days=1)) == 2
    assert counted["counted_since"] == "2026-11-30T23:41:39.628000+00:00"


def observations(bucket) -> pa.Table:
    """The hours that the training staged, as rows of the table."""
    rows = Staging(bucket, TRAINING).read_table(f"{TARGET}/observations")
    columns = [
        rows[field.name].cast(field.type)
        if field.name in rows.schema.names
        else pa.array(["raw/former"] * len(rows))
        if field.name == "raw_key"
        else pa.nulls(len(rows), field.type)
        for field in OBSERVATIONS_SCHEMA
    ]
    return pa.table(columns, schema=OBSERVATIONS_SCHEMA)


def published(bucket, body: bytes | None = None) -> list[float]:
    stations = json.loads(body or bucket.get("forecasts/latest.json"))["targets"][TARGET]["stations"]
    return [
        value
        for station in stations.values()
        for quantiles in zip(station["p10"], station["p50"], station["p90"], strict=True)
        for value in quantiles
    ]


def quantiles_of(rows) -> list[float]:
    return [row[name] for row in rows for name in ("p10", "p50", "p90")]
