"""Hours appear late, are corrected, or never appear, by the clock and the seed."""

from itertools import pairwise

import numpy as np
import pytest

from simulator import clock
from simulator.publication import CORRECTED_RATE, LATE_RATE, publication_of
from simulator.simulated import SimulatedWeather

HOUR = clock.parse_tm("202405101200")
IDS = np.arange(90, 187)
LONG_AFTER = HOUR + 1000


@pytest.fixture(scope="module")
def slow(stations) -> SimulatedWeather:
    return SimulatedWeather(0, stations, publish_delay_s=900)


def test_an_hour_is_empty_until_the_publish_delay_is_over(slow):
    assert slow.rows(HOUR, HOUR, (), HOUR + 0.24) == []
    assert len(slow.rows(HOUR, HOUR, (), HOUR + 0.26)) > 80


def test_the_newest_hour_is_the_newest_published_one(slow):
    assert slow.newest(HOUR + 0.24) == HOUR - 1
    assert slow.newest(HOUR + 0.26) == HOUR


def test_a_window_ends_with_the_newest_published_hour(slow):
    stamps = {line[:12] for line in slow.rows(HOUR - 2, HOUR + 5, (), HOUR + 0.5)}
    assert stamps == {clock.format_tm(hour).encode() for hour in range(HOUR - 2, HOUR + 1)}


def test_late_rows_come_hours_later_and_then_stay(slow):
    begin, now = HOUR - 120, HOUR + 0.3
    per_hour = [
        (set(slow.rows(hour, hour, (), hour + 0.3)), set(slow.rows(hour, hour, (), LONG_AFTER)))
        for hour in range(begin, HOUR)
    ]
    keys = [({row[:16] for row in early}, {row[:16] for row in final}) for early, final in per_hour]
    assert all(early <= final for early, final in keys)
    late = sum(len(final - early) for early, final in keys)
    assert 0.3 < late / (120 * 97 * LATE_RATE) < 3
    assert slow.rows(begin, begin, (), now) == slow.rows(begin, begin, (), LONG_AFTER)


def test_corrections_replace_a_temperature_some_hours_later(slow):
    changed = 0
    for hour in range(HOUR - 240, HOUR):
        at_first = {line[:16]: line for line in slow.rows(hour, hour, (), hour + 0.3)}
        at_last = {line[:16]: line for line in slow.rows(hour, hour, (), LONG_AFTER)}
        for key, line in at_first.items():
            if line != at_last[key]:
                changed += 1
                row, final = line.split(), at_last[key].split()
                differing = {at for at in range(46) if row[at] != final[at]}
                assert 11 in differing
                assert differing <= {11, 12, 13, 14}
                assert float(row[12]) <= float(row[11])
    assert 0.3 < changed / (240 * 97 * CORRECTED_RATE) < 3


def test_outages_are_rare_and_last_hours():
    first = clock.day_of(HOUR)
    down = np.concatenate(
        [np.isinf(publication_of(0, day, IDS).lateness_h) for day in range(first, first + 400)]
    )
    assert 0.0005 < down.mean() < 0.01
    assert down.all(axis=1).sum() >= 1  # the whole network, for an hour
    runs = [
        len(run)
        for station in down.T
        for run in "".join(".x"[int(gone)] for gone in station).split(".")
        if run
    ]
    assert max(runs) > 4
    assert max(runs) < 24


def test_an_outage_continues_over_midnight():
    days = [np.isinf(publication_of(0, day, IDS).lateness_h) for day in range(19000, 19120)]
    assert any((one[-1] & other[0]).any() for one, other in pairwise(days))
