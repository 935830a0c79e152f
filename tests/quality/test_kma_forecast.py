"""The audit of the KMA's forecast: which rows are refused, which are only counted, and its Data Docs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from tests.kma_forecasts import row, table
from tests.quality import staged  # noqa: F401  imports Great Expectations without its warnings
from weather_mlops.ingest.kma_forecast.batch import EXPECTED, REJECTED
from weather_mlops.kma.forecast.issues import valid_times
from weather_mlops.quality.docs import index, names
from weather_mlops.quality.docs.calendar import Calendar
from weather_mlops.quality.docs.page import render
from weather_mlops.quality.kma_forecast import Audit, audit

SUITES = Path(__file__).resolve().parents[2] / "expectations"
ISSUE = datetime(2026, 11, 30, 17, tzinfo=UTC)
HOURS = len(valid_times(ISSUE))


def audited(*changes: dict, rejected=(), stations=(90, 108), expected=(90, 108), hours=12) -> Audit:
    """An issue of some hours whose rows are good, but for the changes: of a lead of 5 h at 108."""
    rows = [row(station, ISSUE, lead, air_temperature_c=10.0 + lead % 3) for station in stations
            for lead in range(1, hours + 1)]  # fmt: skip
    for change in changes:
        rows = [
            {**each, **change} if (each["station_id"], each["lead_hours"]) == (108, 5) else each
            for each in rows
        ]
    items = [
        {
            "issued_at": ISSUE,
            "cell": "60_127",
            "position": 1,
            "text": text,
            "reason": "no number",
            "raw_key": "k",
        }
        for text in rejected
    ]
    collected = table(rows)
    requested = [
        {"station_id": each, "issued_at": ISSUE, "origin": "own", "hours": HOURS, "reason": ""}
        for each in expected
    ]
    return audit(
        {
            "rows": collected.append_column("raw_key", pa.repeat("k", collected.num_rows)),
            "rejected": pa.Table.from_pylist(items, schema=REJECTED),
            "expected": pa.Table.from_pylist(requested, schema=EXPECTED),
        },
        ISSUE,
        suites_dir=SUITES,
        audited_at=ISSUE + timedelta(minutes=20),
        run="kma_forecast/test",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"air_temperature_c": 70.0}, "air_temperature_c_physical; air_temperature_step_impossible"),
        ({"air_temperature_c": 40.0}, "air_temperature_step_impossible"),
        ({"air_temperature_max_c": -99.0}, "air_temperature_max_c_physical"),
        ({"received_at": ISSUE - timedelta(hours=1)}, "received_before_issue"),
        ({"lead_hours": 200, "valid_at": ISSUE + timedelta(hours=200)}, "lead_impossible"),
        ({"station_id": 9999}, "station_unknown; not_asked_for"),
    ],
)
def test_a_row_that_cannot_be_is_refused_with_its_rule(change, rule):
    result = audited(change)

    (refused,) = result.quarantined.to_pylist()
    assert refused["rule"] == rule
    assert refused["issued_at"] == ISSUE
    assert result.accepted.num_rows == 23


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"relative_humidity_pct": 130.0}, "relative_humidity_pct_physical"),
        ({"sky_code": 9}, "sky_code_physical"),
        ({"air_temperature_c": 20.0}, "air_temperature_step_rare"),
        ({"air_temperature_c": None}, "air_temperature_missing"),
    ],
)
def test_what_is_only_odd_is_counted_and_published(change, rule):
    result = audited(change)

    assert result.accepted.num_rows == 24
    assert result.counts["warnings"][rule] == 1


def test_a_maximum_below_the_minimum_of_its_day_is_counted():
    rows = {"air_temperature_max_c": 3.0, "air_temperature_min_c": 5.0}

    assert audited(rows).counts["warnings"]["maximum_below_minimum"] == 1


def test_an_item_that_cannot_be_read_is_in_the_quarantine():
    (refused,) = audited(rejected=["{}"]).quarantined.to_pylist()

    assert refused["rule"] == "unreadable_row"
    assert refused["value"] == "cell 60_127: no number: {}"
    assert refused["station_id"] is None


def test_the_score_says_how_much_of_the_issue_is_there():
    result = audited(stations=(108,), hours=HOURS)

    assert result.score.completeness == pytest.approx(0.5)
    assert result.score.timeliness == pytest.approx(0.5)
    assert result.score.validity == 1
    assert result.counts["warnings"]["issue_mostly_missing"] == 1


def test_an_issue_of_which_nothing_came_is_audited_too():
    result = audited(stations=())

    assert (result.accepted.num_rows, result.fit_share, result.score.completeness) == (0, 1, 0)
    assert "<html" in render(result)


def test_its_page_stands_in_an_index_of_its_own():
    page = names.page_of(audited(), load=False)
    assert page.key.startswith("quality/docs/2026/12/01/forecast_02h_20261201T0220_")
    (parsed,) = names.pages([page.key])
    assert parsed == page
    other = "quality/docs/2026/12/01/02h_20261201T0220_0.9900_1.0000_data_collection_x.html"

    calendar = Calendar("style.css")
    calendar.take([page.key, other])
    assert "forecast_" not in index.render_calendar(calendar)
    assert page.name not in index.render_day("2026-12-01", [page.key, other])
    assert "forecasts.html" in index.render_day("2026-12-01", [page.key, other])
    assert page.name in index.render_forecasts("2026-12-01", [page.key, other])
    assert index.render_forecasts("2026-12-01", [other]) == ""
