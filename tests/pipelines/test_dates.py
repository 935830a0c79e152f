"""Dates of a pipeline: which forms are accepted, which time they mean, and which of several applies."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from weather_mlops.pipelines import dates
from weather_mlops.pipelines.effective import pipelines
from weather_mlops.pipelines.findings import FindingSeverity
from weather_mlops.pipelines.parser import load, parse
from weather_mlops.pipelines.schedule import schedule_of
from weather_mlops.pipelines.validation import check_document, validate_file

SEOUL = ZoneInfo("Asia/Seoul")
PATH = Path("rain.yml")
TASK = "{task_id: a, operator: airflow.providers.standard.operators.empty.EmptyOperator}"


def rain(tmp_path, dates_, shared="timezone: Asia/Seoul\nstart_date: 2000-01-01\n"):
    file, defaults = tmp_path / "rain.yml", tmp_path / "defaults.yml"
    file.write_text(f"rain:\n  schedule: '0 7 * * *'\n{dates_}  tasks: [{TASK}]\n")
    defaults.write_text(shared)
    assert not [f for f in validate_file(file, load(defaults).data) if f.severity is FindingSeverity.ERROR]
    return schedule_of(pipelines(load(file), load(defaults))["rain"])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-01-01", datetime(2025, 12, 31, 15, tzinfo=UTC)),
        ("'2026-01-01 09:00'", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-01-01T00:00:00+08:00", datetime(2025, 12, 31, 16, tzinfo=UTC)),
        ("'2026-01-01T00:00:00+00:00'", datetime(2026, 1, 1, tzinfo=UTC)),
        ("'2026-01-01T12:30Z'", datetime(2026, 1, 1, 12, 30, tzinfo=UTC)),
        ("'2026-01-01T00:00:00.000-0500'", datetime(2026, 1, 1, 5, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("place", ["start_date: {}", "default_args: {{start_date: {}}}"])
def test_a_date_means_the_same_time_wherever_it_is_given(tmp_path, written, meant, place):
    schedule = rain(tmp_path, f"  {place.format(written)}\n")

    assert schedule.start == meant
    assert schedule.start.tzinfo == SEOUL


def test_a_date_nearer_to_the_pipeline_takes_precedence(tmp_path):
    own = rain(tmp_path, "  default_args: {start_date: 2026-02-02, end_date: 2026-03-03}\n")
    both = rain(tmp_path, "  start_date: 2026-02-05\n  default_args: {start_date: 2026-02-02}\n")
    shared = rain(tmp_path, "", "timezone: Asia/Seoul\ndefault_args: {start_date: 2026-04-04}\n")

    assert (own.start, own.end) == (datetime(2026, 2, 2, tzinfo=SEOUL), datetime(2026, 3, 3, tzinfo=SEOUL))
    assert both.start == datetime(2026, 2, 5, tzinfo=SEOUL)
    assert shared.start == datetime(2026, 4, 4, tzinfo=SEOUL)


@pytest.mark.parametrize(
    "written",
    [
        *("20260131", "2026-W05-1", "'2026-01-31T09'", "'2026-01-31x09:00'", "'2026-1-31'", "0001-01-01"),
        *("'2026-01-31 09:00 KST'", "'2026-02-30'", "'9999-12-31'", "7 days"),
    ],
)
@pytest.mark.parametrize("place", ["start_date: {}", "default_args: {{end_date: {}}}"])
def test_every_other_form_is_refused(tmp_path, written, place):
    file = tmp_path / "rain.yml"
    file.write_text(f"rain:\n  schedule: null\n  {place.format(written)}\n  tasks: [{TASK}]\n")

    (finding,) = validate_file(file, {})

    assert (finding.line, finding.severity) == (3, FindingSeverity.ERROR)
    assert "2026-01-31" in finding.fix


def test_start_and_end_are_compared_with_their_offsets():
    text = "rain:\n  schedule: null\n  start_date: '2026-01-01T09:00+09:00'\n  end_date: '2026-01-01T{}'\n"

    def rules(end):
        return [
            finding.rule
            for finding in check_document(parse(text.format(end) + f"  tasks: [{TASK}]\n", PATH), {})
        ]

    assert rules("01:00+00:00") == []
    assert rules("10:00+14:00") == ["contradiction"]


def test_a_default_date_that_leaves_runs_empty_is_reported():
    own_dates = "start_date: 2026-01-01\n  default_args: {start_date: 2026-02-01}"
    text = f"rain:\n  schedule: null\n  {own_dates}\n  tasks: [{TASK}]\n"

    (finding,) = check_document(parse(text, PATH), {})

    assert (finding.line, finding.severity) == (4, FindingSeverity.WARNING)
    assert "has no effect" in finding.message


def test_a_time_skipped_by_daylight_saving_is_in_that_night():
    parsed = dates.parse_time("2026-03-08 02:30", ZoneInfo("America/New_York"))

    assert parsed.astimezone(UTC) == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)
