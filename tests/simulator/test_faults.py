"""Faults, and the calls that they hit."""

from itertools import pairwise

import pytest

from simulator import clock, faults, wire
from simulator.faults import Fault, spoil


@pytest.fixture(scope="module")
def page(source):
    hour = clock.parse_tm("202405101200")
    return wire.observations(source.rows(hour, hour, (), 1e9))


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("500", [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("500:call=5", [5]),
        ("500:call=5-7", [5, 6, 7]),
        ("500:call=8-", [8, 9]),
        ("500:rate=0", []),
    ],
)
def test_a_fault_hits_the_calls_it_names(text, hit):
    assert [call for call in range(1, 10) if Fault.parse(text).hits(call, seed=0)] == hit


def test_a_rate_hits_its_share_and_always_the_same_calls():
    fault = Fault.parse("hang:rate=0.3")
    hit = [fault.hits(call, seed=1) for call in range(1, 1001)]
    assert 250 < sum(hit) < 350
    assert hit == [fault.hits(call, seed=1) for call in range(1, 1001)]
    assert hit != [fault.hits(call, seed=2) for call in range(1, 1001)]


@pytest.mark.parametrize("text", ["nonsense", "hang:rate=2", "hang:call=x", "hang:every=3"])
def test_an_invalid_fault_is_refused_with_what_is_allowed(text):
    with pytest.raises(ValueError, match=r"choose from|write hang:rate"):
        Fault.parse(text)


def test_shifted_columns_have_other_numbers_of_tokens(page):
    def counts(name):
        return {len(row.split()) for row in spoil(page, [name], 1, 0).rows}

    assert counts("shifted-columns") == {45}
    assert counts("inserted-columns") == {47}
    assert counts("moved-columns") == {46}


def test_duplicated_rows_are_equal_and_conflicting_ones_differ(page):
    def pairs(name):
        rows = spoil(page, [name], 1, 0).rows
        return [(a, b) for a, b in pairwise(rows) if a[:16] == b[:16]]

    twice = pairs("duplicated-rows")
    assert twice
    assert all(a == b for a, b in twice)
    conflicts = pairs("conflicting-rows")
    assert conflicts
    for a, b in conflicts:
        differing = [at for at in range(46) if a.split()[at] != b.split()[at]]
        assert differing == [wire.NAMES.index("TA")]


def test_garbage_is_on_separate_lines(page):
    rows = spoil(page, ["garbage"], 1, 0).rows
    assert len(rows) == len(page.rows) + 3
    assert [row for row in rows if row in set(page.rows)] == list(page.rows)
    assert spoil(page, ["garbage"], 1, 0) == spoil(page, ["garbage"], 1, 0)
    assert spoil(page, ["garbage"], 1, 0) != spoil(page, ["garbage"], 2, 0)


def test_the_same_station_is_missing_in_each_call(page):
    def absent(call):
        left = {row[12:16] for row in spoil(page, ["station-missing"], call, 0).rows}
        return {row[12:16] for row in page.rows} - left

    assert len(absent(1)) == 1
    assert absent(1) == absent(2)


def test_the_error_bodies_are_the_real_ones(kma):
    samples = kma / "samples"
    assert faults.CANNED["wrong-key"].body == (samples / "apihub_error_401.json").read_bytes()
    assert faults.CANNED["unapproved"].body == (samples / "apihub_error_403_unapproved.json").read_bytes()
    quota = samples / "apihub_error_quota_UNVERIFIED_from_test.json"
    assert faults.CANNED["quota"].body == quota.read_bytes()
