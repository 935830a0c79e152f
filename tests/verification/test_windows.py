"""What was right over the last 7, 30 and 365 days: pooled from the table, and published for the pages."""

from datetime import date, timedelta
from math import sqrt

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lake.conftest import NOW, access, catalog, connect_catalog, server, store  # noqa: F401  fixtures
from weather_mlops.documents.verification_windows import KEY, VerificationWindows
from weather_mlops.lake import documents, verification
from weather_mlops.lake.verification_columns import VERIFICATION_SCHEMA
from weather_mlops.verification import windows
from weather_mlops.verification.pooling import pooled
from weather_mlops.verification.windows import windows_of

LAST = date(2026, 11, 26)
DAY = timedelta(days=1)
OURS, KMA, PERSISTENCE = "ours", "kma_forecast", "persistence"
RMSE = {OURS: 1.0, KMA: 2.0, PERSISTENCE: 4.0}
MEMBERS = {"all": (0,), "lead_hours": (1, 24), "hour_kst": (0, 15), "station_id": (90, 108)}


def row(day=LAST, **given) -> dict:
    return {
        "day": day,
        "variable": "air_temperature_c",
        "forecast": OURS,
        "compared": "common",
        "grouped_by": "all",
        "member": 0,
        "n": 10,
        "rmse": 1.0,
        "mae": 0.8,
        "bias": -0.5,
        "within_1": 0.5,
        "within_2": 0.75,
        **given,
    }


def table(rows) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=VERIFICATION_SCHEMA)


def days(backs, *, forecasts=(OURS, KMA, PERSISTENCE), **given) -> pa.Table:
    """Figures of some days before the last one, of all groups."""
    return table(
        row(
            LAST - back * DAY,
            **{
                "forecast": forecast,
                "grouped_by": group,
                "member": member,
                "rmse": RMSE[forecast],
                "coverage_80": 0.75 if forecast == OURS else None,
                **given,
            },
        )
        for back in backs
        for forecast in forecasts
        for group, members in MEMBERS.items()
        for member in members
    )


def test_each_window_holds_its_days_and_no_others():
    rows = pa.concat_tables([days([0, 6], n=1), days([7, 29], n=10), days([30, 364], n=100), days([365])])
    each = windows_of(rows, LAST)["windows"]

    assert {name: (one["days"], one["overall"][OURS]["n"]) for name, one in each.items()} == {
        "7": (2, 2),
        "30": (4, 22),
        "365": (6, 222),
    }
    assert (each["7"]["first_day"], each["7"]["last_day"]) == ("2026-11-20", "2026-11-26")


def test_the_three_forecasts_are_pooled_by_lead_hour_and_station():
    window = windows_of(days(range(3)), LAST)["windows"]["7"]

    for groups, members in (("leads", {"1", "24"}), ("hours", {"0", "15"}), ("stations", {"90", "108"})):
        assert window[groups].keys() == members
        for errors in window[groups].values():
            assert {name: one["rmse"] for name, one in errors.items()} == RMSE
            assert errors[OURS]["n"] == 30
    assert window["calibration"]["24"] == {"coverage_50": None, "coverage_80": 0.75, "coverage_90": None}


def test_extremes_of_the_days_are_apart_from_the_hours():
    rows = pa.concat_tables(
        [
            days([0]),
            table(
                row(variable=variable, grouped_by=group, member=member, n=1, rmse=rmse)
                for variable, rmse in (("air_temperature_max_c", 1.5), ("air_temperature_min_c", 2.5))
                for group, member in (("all", 0), ("station_id", 108))
            ),
        ]
    )
    window = windows_of(rows, LAST)["windows"]["7"]

    assert window["maximum"]["overall"][OURS]["rmse"] == 1.5
    assert window["minimum"]["stations"]["108"][OURS]["rmse"] == 2.5
    assert window["overall"][OURS]["rmse"] == 1.0


def test_persistence_of_fewer_days_is_left_out_and_counted():
    rows = pa.concat_tables([days([0, 1]), days([10, 11, 12], forecasts=[OURS, KMA])])
    each = windows_of(rows, LAST)["windows"]

    assert PERSISTENCE in each["7"]["overall"]
    assert each["7"]["days_without_persistence"] == 0
    assert each["30"]["overall"].keys() == {OURS, KMA}
    assert each["30"]["days_without_persistence"] == 3


def test_without_common_rows_each_forecast_is_shown_alone():
    rows = pa.concat_tables([days([0], forecasts=[KMA], compared="own"), days([10])])
    each = windows_of(rows, LAST)["windows"]

    assert (each["7"]["compared"], each["7"]["overall"].keys()) == ("own", {KMA})
    assert each["30"]["compared"] == "common"


def test_the_last_30_days_have_a_figure_of_each_day():
    rows = pa.concat_tables([days([0]), days([1], compared="own"), days([29], rmse=3.0), days([30])])
    daily = windows_of(rows, LAST)["daily"]

    assert len(daily) == 30
    assert daily[-1] == {"day": "2026-11-26", "n": 10, OURS: 1.0, KMA: 2.0}
    assert daily[-2] == {"day": "2026-11-25", "n": 0, OURS: None, KMA: None}
    assert daily[0] == {"day": "2026-10-28", "n": 10, OURS: 3.0, KMA: 3.0}


def test_an_empty_table_gives_no_windows():
    assert windows_of(table([]), LAST)["windows"] == {}


figures = st.tuples(
    st.integers(1, 500), st.floats(0, 20), st.floats(-20, 20), st.floats(0, 1), st.none() | st.floats(0, 1)
)


@given(st.lists(figures, min_size=1, max_size=20))
def test_pooled_days_are_as_if_all_pairs_were_one_day(given_days):
    rows = table(
        row(LAST - back * DAY, n=n, rmse=rmse, bias=bias, within_1=share, coverage_80=coverage)
        for back, (n, rmse, bias, share, coverage) in enumerate(given_days)
    )
    (one,) = pooled(rows, ["forecast"]).to_pylist()
    total = sum(n for n, *_ in given_days)
    known = [(n, coverage) for n, *_, coverage in given_days if coverage is not None]

    assert one["n"] == total
    assert one["rmse"] == pytest.approx(sqrt(sum(n * r * r for n, r, *_ in given_days) / total), abs=1e-4)
    assert one["bias"] == pytest.approx(sum(n * bias for n, _, bias, *_ in given_days) / total, abs=1e-4)
    if known:
        share = sum(n * coverage for n, coverage in known) / sum(n for n, _ in known)
        assert one["coverage_80"] == pytest.approx(share, abs=1e-4)
    else:
        assert one["coverage_80"] is None


@pytest.mark.integration
class TestPublish:
    def test_the_newest_verified_day_ends_the_windows(self, catalog, store):  # noqa: F811
        verification.publish(catalog, days([0, 3]), run="one", now=NOW)
        windows.publish(catalog, store, NOW)
        published = documents.read(store, KEY, VerificationWindows)
        each = published["targets"]["air_temperature"]

        assert each["unit"] == "°C"
        assert each["windows"]["30"]["last_day"] == "2026-11-26"
        assert each["windows"]["30"]["overall"][OURS]["n"] == 20

    def test_rows_of_one_forecast_alone_are_read_from_the_table(self, catalog, store):  # noqa: F811
        verification.publish(catalog, days([0], forecasts=[KMA], compared="own"), run="one", now=NOW)
        windows.publish(catalog, store, NOW)
        published = documents.read(store, KEY, VerificationWindows)

        assert published["targets"]["air_temperature"]["windows"]["7"]["overall"].keys() == {KMA}

    def test_a_new_system_publishes_that_there_is_nothing_yet(self, catalog, store):  # noqa: F811
        windows.publish(catalog, store, NOW)

        assert documents.read(store, KEY, VerificationWindows)["targets"] == {}
