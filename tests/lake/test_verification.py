"""The table of verification: days are replaced as a whole, and only where their figures changed."""

from datetime import date, timedelta
from math import nan

import pyarrow as pa
import pytest

from weather_mlops.lake import maintenance
from weather_mlops.lake.query import connect
from weather_mlops.lake.recovery import take_up
from weather_mlops.lake.verification import newest_verified, publish, read
from weather_mlops.lake.verification_columns import COVERAGES, VERIFICATION_SCHEMA

from .conftest import NOW, empty_tables, lose

DAY = date(2024, 2, 28)
ALWAYS = {"first_day": date(2000, 1, 1), "last_day": date(2100, 1, 1)}


def figures(days, *, rmse: float = 1.5, members=(1, 2), **others) -> pa.Table:
    """Figures by lead of both forecasts; what is named is different."""
    rows = [
        {
            "day": day,
            "variable": "air_temperature_c",
            "forecast": forecast,
            "compared": "common",
            "grouped_by": "lead_hours",
            "member": member,
            "n": 24,
            "rmse": rmse,
            "mae": 1.0,
            "bias": -0.5,
            "within_1": 0.5,
            "within_2": 0.75,
            **others,
        }
        for day in days
        for forecast in ("kma_forecast", "ours")
        for member in members
    ]
    return pa.Table.from_pylist(rows, schema=VERIFICATION_SCHEMA)


def days(number: int, first: date = DAY) -> list[date]:
    return [first + timedelta(days=each) for each in range(number)]


def snapshots(catalog) -> int:
    return len(catalog.load_table("weather.verification").metadata.snapshots)


@pytest.mark.every_catalog
def test_figures_are_read_as_they_were_published(catalog):
    rows = figures(days(3))
    published = publish(catalog, rows.take([11, *range(11)]), run="one", now=NOW)

    assert (published.rows, published.changed) == (12, tuple(days(3)))
    assert read(catalog, **ALWAYS).equals(rows)
    assert newest_verified(catalog) == date(2024, 3, 1)


def test_days_with_the_same_figures_make_no_commit(catalog):
    publish(catalog, figures(days(3)), run="one", now=NOW)
    before = snapshots(catalog)
    again = publish(catalog, figures(days(3), rmse=1.5 + 1e-12), run="two", now=NOW)

    assert (again.rows, again.changed) == (12, ())
    assert snapshots(catalog) == before


def test_a_day_is_replaced_whole_and_the_others_stay(catalog):
    publish(catalog, figures(days(3)), run="one", now=NOW)
    published = publish(catalog, figures(days(2), members=[2], rmse=1.75), run="two", now=NOW)

    assert published.changed == tuple(days(2))
    expected = pa.concat_tables([figures(days(2), members=[2], rmse=1.75), figures(days(3)[2:])])
    assert read(catalog, **ALWAYS).equals(expected)
    assert newest_verified(catalog) == days(3)[2]


def test_a_verified_day_without_figures_loses_its_rows(catalog):
    publish(catalog, figures(days(2)), run="one", now=NOW)
    publish(catalog, VERIFICATION_SCHEMA.empty_table(), run="two", now=NOW, days=[DAY])

    assert read(catalog, **ALWAYS).equals(figures(days(2)[1:]))
    assert publish(catalog, figures([]), run="three", now=NOW, days=[DAY]).changed == ()


def test_figures_are_selected_by_day_and_names(catalog):
    other = figures([DAY], variable="air_temperature_max_c", compared="own", grouped_by="all", members=[0])
    publish(catalog, pa.concat_tables([figures(days(3)), other]), run="one", now=NOW)
    chosen = read(catalog, first_day=DAY, last_day=DAY + timedelta(days=1), forecast="ours")

    assert set(chosen["day"].to_pylist()) == set(days(2))
    assert set(chosen["forecast"].to_pylist()) == {"ours"}
    own = read(catalog, **ALWAYS, variable="air_temperature_max_c", compared="own", grouped_by="all")
    assert own.num_rows == 2
    assert read(catalog, **ALWAYS, compared="own").num_rows == 0


@pytest.mark.prepared(tables=empty_tables)
def test_a_day_of_an_older_version_gets_shares_when_it_is_verified(catalog):
    with catalog.load_table("weather.verification").update_schema() as update:
        for name in COVERAGES:
            update.delete_column(name)
    old = figures(days(2)).drop_columns(COVERAGES)
    catalog.load_table("weather.verification").append(old)
    published = publish(catalog, figures([DAY], coverage_80=0.75), run="one", now=NOW)

    assert published.changed == (DAY,)
    assert read(catalog, **ALWAYS)["coverage_80"].to_pylist() == [0.75] * 4 + [None] * 4


@pytest.mark.prepared(tables=empty_tables)
@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"n": 0}, "n is not at least 1"),
        ({"bias": nan}, "bias is not finite"),
        ({"coverage_80": nan}, "coverage_80 is not finite"),
        ({"forecast": "theirs"}, "forecast is none of ours, kma_forecast, persistence"),
        ({"grouped_by": "lead"}, "grouped_by is none of"),
        ({"forecast": "ours"}, "more than once"),
    ],
)
def test_invalid_figures_are_named_and_not_published(catalog, wrong, fault):
    with pytest.raises(ValueError, match=rf"day=2024-02-28.*member=1: .*{fault}"):
        publish(catalog, figures([DAY], **wrong), run="one", now=NOW)
    assert snapshots(catalog) == 0


def test_figures_of_a_day_that_was_not_verified_are_refused(catalog):
    with pytest.raises(ValueError, match="2024-02-29, which is not one"):
        publish(catalog, figures(days(2)), run="one", now=NOW, days=[DAY])


def test_a_commit_an_hour_leaves_few_files_of_figures(catalog, monkeypatch):
    for name in ("FILES_DUE", "MONTH_FILES"):
        monkeypatch.setattr(maintenance, name, 4)
    for day in days(9, date(2024, 3, 1)):
        publish(catalog, figures([day]), run=day.isoformat(), now=NOW)

    assert len(list(catalog.load_table("weather.verification").scan().plan_files())) < 4
    assert read(catalog, **ALWAYS).equals(figures(days(9, date(2024, 3, 1))))
    assert newest_verified(catalog) == date(2024, 3, 9)


def test_figures_survive_the_loss_of_the_catalog(catalog, store):
    publish(catalog, figures(days(3)), run="one", now=NOW)
    lose(catalog)
    take_up(catalog, store)

    assert read(catalog, **ALWAYS).equals(figures(days(3)))


def test_sql_of_a_day_opens_no_figures_of_other_months(catalog, access, proxy):
    for month in range(1, 5):
        publish(catalog, figures([date(2024, month, 10)]), run=f"month-{month}", now=NOW)
    far = type(access)(**{**vars(access), "endpoint_url": proxy.url})
    connection = connect(catalog, far)
    proxy.requests.clear()
    stored = connection.sql(
        "select sum(n) from verification where day between date '2024-03-01' and date '2024-03-31'"
    ).fetchall()

    assert stored == [(96,)]
    assert len({path.split("?")[0] for method, path in proxy.requests if ".parquet" in path}) == 1
