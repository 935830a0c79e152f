"""Schedules in words, and their next runs."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from weather_mlops.pipelines.effective import pipelines
from weather_mlops.pipelines.parser import parse
from weather_mlops.pipelines.schedule import Schedule, schedule_of

NOW = datetime(2026, 2, 28, 14, 59, 59, tzinfo=UTC)  # a second before midnight in Korea
ASSET = "{__type__: airflow.sdk.Asset, name: rain, uri: 'x://rain'}"


def scheduled(text: str, zone: str = "Asia/Seoul") -> Schedule:
    document = parse(f"d:\n  timezone: {zone}\n  start_date: 2000-01-01\n  {text}\n", Path("a.yml"))
    assert document.findings == []
    return schedule_of(pipelines(document, None)["d"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('schedule: "0 * * * *"', "every hour (Asia/Seoul)"),
        ('schedule: "@daily"', "at 00:00 (Asia/Seoul)"),
        ('schedule: "15 30 2 * * *"', None),
        ("schedule: null", "only by hand"),
        ('schedule: "None"', "only by hand"),
        ('schedule: "@once"', "once, as soon as it is switched on"),
        ('schedule: "@continuous"', "again as soon as the run before has ended"),
        ("schedule: {__type__: datetime.timedelta, hours: 6}", "every 6 hours"),
        (f"schedule: [{ASSET}]", "when rain changed"),
        (f"schedule: [{ASSET}, 's3://snow']", "when rain and s3://snow changed"),
        (f"schedule: {{__or__: [{ASSET}, {ASSET}]}}", "when rain or rain changed"),
        (
            f"schedule: {{__type__: airflow.sdk.AssetAny, __args__: [{ASSET}, {ASSET}]}}",
            "when rain or rain changed",
        ),
        (
            f"schedule: {{__type__: airflow.sdk.AssetAll, __args__: [{ASSET}, {ASSET}]}}",
            "when rain and rain changed",
        ),
        (
            "schedule: {__type__: airflow.sdk.CronTriggerTimetable, __args__: ['5 4 * * *'], timezone: UTC}",
            "at 04:05 (UTC)",
        ),
        ('catchup: true\n  schedule: "@daily"', "at 00:00 (Asia/Seoul), and for all times since 2000-01-01"),
    ],
)
def test_words(text, words):
    description = scheduled(text).words

    assert description == words or words is None


def test_six_fields_have_the_seconds_last_as_in_airflow():
    schedule = scheduled('schedule: "30 2 * * * 15"')

    assert schedule.words == "at 02:30:15 (Asia/Seoul)"
    assert schedule.next_runs(NOW, 1) == [datetime(2026, 3, 1, 2, 30, 15, tzinfo=ZoneInfo("Asia/Seoul"))]


def test_runs_are_in_the_dag_s_zone_across_midnight_and_month():
    runs = scheduled('schedule: "0 0 * * *"').next_runs(NOW, 2)

    assert [run.isoformat() for run in runs] == ["2026-03-01T00:00:00+09:00", "2026-03-02T00:00:00+09:00"]


def test_a_clock_that_is_put_forward_skips_no_day():
    runs = scheduled('schedule: "30 2 * * *"', "Europe/Berlin").next_runs(
        datetime(2026, 3, 28, 12, tzinfo=UTC), 3
    )

    # 02:30 isn't on the clock of the 29th; Airflow runs it as much after midnight.
    assert [f"{run:%m-%d %H:%M}" for run in runs] == ["03-29 03:30", "03-30 02:30", "03-31 02:30"]


def test_a_clock_set_back_runs_an_hourly_dag_twice_in_that_hour():
    runs = scheduled('schedule: "0 * * * *"', "Europe/Berlin").next_runs(
        datetime(2026, 10, 24, 23, 30, tzinfo=UTC)
    )

    assert [f"{run:%H:%M%z}" for run in runs[:3]] == ["02:00+0200", "02:00+0100", "03:00+0100"]


def test_no_run_is_before_the_start_or_after_the_end():
    schedule = scheduled('schedule: "@daily"\n  end_date: 2026-03-02')
    assert len(schedule.next_runs(NOW)) == 2

    document = parse('d:\n  schedule: "@daily"\n  start_date: 2030-01-01\n', Path("a.yml"))
    schedule = schedule_of(pipelines(document, None)["d"])
    assert schedule.next_runs(NOW, 1)[0].isoformat() == "2030-01-01T00:00:00+00:00"
