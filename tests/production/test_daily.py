from datetime import UTC, datetime, time, timedelta

import pytest

from production.daily import due_after, is_late, run
from weather_mlops.errors import StorageUnavailable

AT = time(3, 30)
START = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)  # 10:00 in Korea


class End(Exception):
    """Raised by the last backup of a test, since the service never ends."""


class Clock:
    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


def backups(newest: datetime | None, number: int, failures: tuple[int, ...] = ()) -> list[datetime]:
    clock, times = Clock(), []

    def back_up(now: datetime) -> None:
        times.append(now)
        if len(times) == number:
            raise End
        if len(times) in failures:
            raise StorageUnavailable("S3 sleeps")

    with pytest.raises(End):
        run(back_up, newest, AT, now=clock.now, sleep=clock.sleep)
    return times


def test_a_backup_is_due_once_a_day_at_a_time_in_korea():
    before_midnight = datetime(2026, 11, 27, 14, 59, tzinfo=UTC)
    assert due_after(START, AT) == datetime(2026, 11, 27, 18, 30, tzinfo=UTC)
    assert due_after(before_midnight, AT) == datetime(2026, 11, 27, 18, 30, tzinfo=UTC)
    assert due_after(datetime(2026, 11, 27, 18, 30, tzinfo=UTC), AT) == datetime(
        2026, 11, 28, 18, 30, tzinfo=UTC
    )


def test_a_new_system_is_backed_up_at_once_and_then_every_night():
    night = datetime(2026, 11, 27, 18, 30, tzinfo=UTC)
    assert backups(None, 3) == [START, night, night + timedelta(days=1)]


def test_after_a_restart_a_backup_waits_unless_a_day_has_passed():
    assert backups(START - timedelta(hours=7), 1) == [datetime(2026, 11, 27, 18, 30, tzinfo=UTC)]
    assert backups(START - timedelta(hours=25), 1) == [START]


def test_a_failed_backup_is_logged_and_retried_soon(caplog):
    night = datetime(2026, 11, 27, 18, 30, tzinfo=UTC)
    assert backups(None, 3, failures=(1,)) == [START, START + timedelta(minutes=15), night]
    assert "no backup: StorageUnavailable: S3 sleeps" in caplog.text


def test_the_service_is_unhealthy_when_the_backup_is_a_day_old():
    assert is_late(None, START)
    assert not is_late(START - timedelta(hours=25), START)
    assert is_late(START - timedelta(hours=27), START)
