"""When an hour is looked for: few looks, soon after the KMA has published it, whatever the KMA does."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weather_mlops.ingest.publication import HOURS_LEARNED, LONGEST_FACTOR, WaitPolicy, delays
from weather_mlops.kma.endpoints import kst
from weather_mlops.lake.object_store import StoredObject

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NOON = datetime(2026, 11, 23, 3, tzinfo=UTC)
PATIENCE = WaitPolicy(NOON, 40 * MINUTE, MINUTE)
spans = st.timedeltas(timedelta(0), 40 * MINUTE)


class Listing:
    """A bucket that lists the responses of hours, each kept so long after its hour."""

    def __init__(self, arrivals):
        self.entries = []
        for hour, delay in arrivals:
            begin, end = kst(hour - 2 * HOUR), kst(hour)
            key = f"raw/kma/kma_sfctm3/{begin[:4]}/{begin[4:6]}/{begin[6:8]}/{begin}_{end}_all_0123456789ab"
            self.entries += [
                StoredObject(f"{key}{suffix}", 1, hour + delay) for suffix in (".json", ".txt.gz")
            ]

    def list(self, prefix):
        return [entry for entry in self.entries if entry.key.startswith(prefix)]


def waited(published: timedelta, learned) -> tuple[int, timedelta]:
    """Looks at an hour until it is there, and how long after the hour the last one was."""
    now, looks = PATIENCE.first_look(learned), 1
    while now < NOON + published and not PATIENCE.is_over(now):
        now = PATIENCE.next_look(looks, now)
        looks += 1
    return looks, now - NOON


def test_the_first_look_is_when_the_last_hours_were_published():
    arrivals = [(NOON - back * HOUR, (14 + back % 3 if back <= 12 else 0) * MINUTE) for back in range(1, 25)]

    assert PATIENCE.first_look(delays(Listing(arrivals), NOON, PATIENCE.timeout)) == NOON + 14 * MINUTE


def test_a_new_system_looks_on_the_hour():
    assert PATIENCE.first_look([14 * MINUTE] * 2) == NOON
    assert PATIENCE.first_look([]) == NOON


def test_what_was_asked_for_later_or_again_teaches_nothing():
    arrivals = [
        (NOON - HOUR, 14 * MINUTE),
        (NOON - HOUR, 30 * MINUTE),  # the same hour once more
        (NOON - 2 * HOUR, 5 * HOUR),  # a gap
        (NOON - 3 * HOUR, 41 * MINUTE),
        (NOON - 60 * HOUR, 3 * MINUTE),  # of another day
        (NOON, MINUTE),
    ]

    assert delays(Listing(arrivals), NOON, PATIENCE.timeout) == [14 * MINUTE]


def test_looks_become_fewer_until_the_end_of_the_patience():
    now, times = NOON, [NOON]
    while not PATIENCE.is_over(now):
        now = PATIENCE.next_look(len(times), now)
        times.append(now)

    assert [(time - NOON) // MINUTE for time in times] == [0, 1, 3, 7, 11, 15, 19, 23, 27, 31, 35, 39, 40]


@given(st.lists(spans, max_size=48), spans)
def test_an_hour_is_read_soon_after_it_is_published(learned, published):
    looks, had = waited(published, learned)
    first = PATIENCE.first_look(learned) - NOON

    assert timedelta(0) <= first <= PATIENCE.timeout
    assert published <= had <= PATIENCE.timeout
    assert had - max(published, first) < LONGEST_FACTOR * MINUTE
    assert looks <= 13


@pytest.mark.parametrize("delay", [0, 9, 14, 20])
def test_two_looks_an_hour_are_enough_when_the_kma_is_as_always(delay):
    learned, waits = [], []
    for _ in range(72):
        waits.append(waited(delay * MINUTE, learned[-HOURS_LEARNED:]))
        learned.append(waits[-1][1])

    assert max(looks for looks, _ in waits) <= 8
    assert {looks for looks, _ in waits[3:]} <= {1, 2}
    assert max(had for _, had in waits[48:]) <= delay * MINUTE + MINUTE


@pytest.mark.parametrize(("before", "after", "hours"), [(10, 20, 36), (20, 10, 72)])
def test_a_kma_that_publishes_at_another_time_is_followed(before, after, hours):
    learned = [before * MINUTE] * HOURS_LEARNED
    for _ in range(hours):
        _, had = waited(after * MINUTE, learned[-HOURS_LEARNED:])
        learned.append(had)

    assert waited(after * MINUTE, learned[-HOURS_LEARNED:])[1] <= (after + 1) * MINUTE
