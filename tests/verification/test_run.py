"""Verification of days from the tables: months, days that are caught up, late rows, the command."""

import logging
from datetime import date, timedelta

import pyarrow as pa
import pytest

from tests.kma_forecasts import HOUR, issue
from tests.lake.conftest import (  # noqa: F401  fixtures
    NOW,
    access,
    catalog,
    connect_catalog,
    proxy,
    server,
    store,
)
from tests.lake.conftest import forecasts as our_forecasts
from tests.lake.conftest import observations as observations_at
from weather_mlops import __main__ as commands
from weather_mlops.documents import verification_windows
from weather_mlops.documents.verification_windows import VerificationWindows
from weather_mlops.lake import documents, forecasts, kma_forecasts
from weather_mlops.lake.publish import publish as publish_observations
from weather_mlops.lake.verification import read
from weather_mlops.verification.days import COLUMN, midnight_kst
from weather_mlops.verification.run import verify_days, verify_recent

LAST = date(2024, 3, 2)
STATIONS = (90, 108)
NOTHING = "no forecast of ours is about these days"


def observe(catalog, day: date, hours=range(24), stations=STATIONS, value: float = 100.0) -> None:  # noqa: F811
    rows = observations_at(stations, [midnight_kst(day) + hour * HOUR for hour in hours])
    index = rows.schema.get_field_index(COLUMN)
    values = pa.array([value] * rows.num_rows, pa.float64())
    publish_observations(catalog, rows.set_column(index, rows.schema.field(index), values), run="observed")


def forecast(catalog, day: date, hour: int = -10, leads=range(1, 60)) -> None:  # noqa: F811
    """The KMA's values are station and lead."""
    issued = midnight_kst(day) + hour * HOUR
    kma_forecasts.publish(catalog, issue(issued, STATIONS, leads), run="issue", now=NOW)


def counts(catalog, compared: str = "own") -> dict[tuple[str, str], int]:  # noqa: F811
    """Number of rows that were compared, by day and forecast."""
    rows = read(
        catalog, first_day=date(2000, 1, 1), last_day=date(2100, 1, 1), grouped_by="all", compared=compared
    )
    return {(str(row["day"]), row["forecast"]): row["n"] for row in rows.to_pylist()}


def test_a_period_is_verified_month_by_month(catalog):  # noqa: F811
    for day in (LAST - timedelta(days=2), LAST - timedelta(days=1), LAST):
        observe(catalog, day)
        forecast(catalog, day, leads=range(1, 40))
    summary = verify_days(catalog, date(2024, 2, 28), LAST, run="one", now=NOW)

    assert summary["days_changed"] == ["2024-02-29", "2024-03-01", "2024-03-02"]
    assert [day for day, _ in counts(catalog)] == summary["days_changed"]
    assert summary["absent"].keys() == {"ours", "common"}
    again = verify_days(catalog, date(2024, 2, 28), LAST, run="two", now=NOW)
    assert again == {**summary, "days_changed": []}


def test_what_one_month_has_is_not_absent_in_the_period(catalog):  # noqa: F811
    issued = midnight_kst(date(2024, 2, 29)) + 3 * HOUR
    forecasts.publish(catalog, our_forecasts([issued], STATIONS, ["air_temperature"]), run="ours", now=NOW)
    forecast(catalog, LAST)
    for day in (date(2024, 2, 29), LAST):
        observe(catalog, day)
    summary = verify_days(catalog, date(2024, 2, 29), LAST, run="one", now=NOW)

    assert summary["absent"].keys() == {"common"}


def test_a_row_that_arrives_late_changes_its_day(catalog):  # noqa: F811
    forecast(catalog, LAST)
    observe(catalog, LAST, range(20))
    verify_recent(catalog, 2, run="one", now=NOW)
    before = counts(catalog)["2024-03-02", "kma_forecast"]
    observe(catalog, LAST, range(20, 24))
    summary = verify_recent(catalog, 2, run="two", now=NOW)

    assert summary["days_changed"] == ["2024-03-02"]
    assert counts(catalog)["2024-03-02", "kma_forecast"] > before


def test_all_forecasts_meet_on_common_rows(catalog):  # noqa: F811
    issued = midnight_kst(LAST) + 3 * HOUR
    forecasts.publish(catalog, our_forecasts([issued], STATIONS, ["air_temperature"]), run="ours", now=NOW)
    forecast(catalog, LAST)
    observe(catalog, LAST)
    summary = verify_recent(catalog, 1, run="one", now=NOW)

    assert summary["absent"] == {}
    of_each = dict.fromkeys(("kma_forecast", "ours", "persistence"), 6)
    assert counts(catalog, "common") == {("2024-03-02", name): n for name, n in of_each.items()}
    assert counts(catalog)["2024-03-02", "ours"] == 6


def test_a_new_system_catches_up_31_days_and_then_goes_on(catalog):  # noqa: F811
    for back in (40, 30, 5, 0):
        forecast(catalog, LAST - timedelta(days=back))
        observe(catalog, LAST - timedelta(days=back))
    summary = verify_recent(catalog, 3, run="one", now=NOW)

    assert (summary["first_day"], summary["last_day"]) == ("2024-02-01", "2024-03-02")
    assert {day for day, _ in counts(catalog)} == {"2024-02-01", "2024-02-26", "2024-03-02"}
    assert verify_recent(catalog, 3, run="two", now=NOW)["first_day"] == "2024-02-29"
    # After an outage of a week.
    observe(catalog, LAST + timedelta(days=7))
    assert verify_recent(catalog, 3, run="three", now=NOW)["first_day"] == "2024-03-02"


def test_forecasts_without_an_observation_give_the_reason(catalog):  # noqa: F811
    forecast(catalog, LAST)
    summary = verify_days(catalog, LAST, LAST, run="one", now=NOW)

    assert summary["reason"] == f"{NOTHING}; no forecast of the KMA is about an hour that was observed"
    assert counts(catalog) == {}


@pytest.fixture
def command(monkeypatch, capsys, catalog, store):  # noqa: F811
    """Runs the command on the test's catalog; gives its status and what it prints."""
    monkeypatch.setattr(commands, "_access", lambda: None)
    monkeypatch.setattr(commands, "open_catalog", lambda _: catalog)
    monkeypatch.setattr(commands, "ObjectStore", lambda _: store)
    logger = logging.getLogger("weather_mlops")
    monkeypatch.setattr(logger, "level", logger.level)
    return lambda first, last: (
        commands.main(["verify", "--from", first, "--to", last]), capsys.readouterr().out
    )  # fmt: skip


def test_the_command_verifies_old_days_and_says_what_is_absent(command, catalog, store):  # noqa: F811
    assert command("2024-03-01", "2024-03-02") == (
        1,
        f"nothing to compare: {NOTHING}; no forecast of the KMA is about these days\n",
    )
    forecast(catalog, LAST)
    observe(catalog, LAST)
    status, text = command("2024-03-01", "2024-03-02")

    assert status == 0
    assert text.startswith("verified: from=2024-03-01 to=2024-03-02 figures=")
    assert f"days_changed=1\nno figures, ours: {NOTHING}\n" in text
    published = documents.read(store, verification_windows.KEY, VerificationWindows)
    assert published["targets"]["air_temperature"]["windows"]["7"]["last_day"] == "2024-03-02"
