"""Which issues a run requests."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weather_mlops.errors import Misconfigured
from weather_mlops.ingest.kma_forecast.plan import issue_of_run, plan
from weather_mlops.kma.forecast.issues import is_issue

NOON = datetime(2026, 11, 30, 17, tzinfo=UTC)  # 02:00 KST
STEP = timedelta(hours=3)
NOW = NOON + timedelta(minutes=20)
STATIONS = (90, 108)


def planned(own=NOON, newest=NOON - STEP, due=(), now=NOW, **more):
    return plan(own, station_ids=STATIONS, newest_collected=newest, due=due, now=now, **more)


@pytest.mark.parametrize(
    ("minutes", "scheduled", "issue"),
    [(0, True, 0), (15, True, 0), (179, True, 0), (10, False, -3), (15, False, 0)],
)
def test_a_run_by_hand_takes_an_issue_that_is_out(minutes, scheduled, issue):
    moment = NOON + timedelta(minutes=minutes)

    assert issue_of_run(moment, scheduled=scheduled) == NOON + timedelta(hours=issue)


def test_the_first_run_of_all_requests_its_own_issue_alone():
    assert planned(newest=None).others == ()


def test_issues_since_the_last_run_are_requested_newest_first():
    requested = planned(newest=NOON - 4 * STEP).others

    assert [request.issued_at for request in requested] == [NOON - STEP, NOON - 2 * STEP, NOON - 3 * STEP]
    assert {request.origin for request in requested} == {"missed"}


def test_gaps_are_requested_at_their_stations_only():
    due = [(108, NOON - 2 * STEP), (999, NOON - 2 * STEP), (90, NOON - 30 * STEP), (90, NOON)]
    (request,) = planned(due=due).others

    assert (request.issued_at, request.station_ids, request.origin) == (NOON - 2 * STEP, (108,), "gap")


def test_issues_for_corrections_come_first():
    others = planned(lookback_issues=1, due=[(90, NOON - STEP), (90, NOON - 2 * STEP)]).others

    assert [(request.origin, request.station_ids) for request in others] == [
        ("lookback", STATIONS),
        ("gap", (90,)),
    ]


@pytest.mark.parametrize("issues", [-1, 17])
def test_more_corrections_than_can_be_had_are_refused(issues):
    with pytest.raises(Misconfigured, match="lookback_issues"):
        planned(lookback_issues=issues)


@given(
    steps=st.integers(0, 400),
    behind=st.none() | st.integers(-5, 400),
    due=st.lists(st.tuples(st.sampled_from([90, 108, 999]), st.integers(-5, 60))),
    lookback=st.integers(0, 16),
)
def test_each_issue_is_planned_once_and_none_is_forgotten(steps, behind, due, lookback):
    own = NOON + steps * STEP
    newest = None if behind is None else own - behind * STEP
    now = own + timedelta(minutes=20)
    gaps = [(station, own - back * STEP) for station, back in due]
    plan_of_run = planned(own, newest, gaps, now, lookback_issues=lookback)

    issues = [request.issued_at for request in (plan_of_run.own, *plan_of_run.others, *plan_of_run.too_old)]
    assert len(issues) == len(set(issues))
    assert all(is_issue(issue) and issue <= own for issue in issues)
    assert all(now - request.issued_at <= timedelta(hours=49) for request in plan_of_run.others)
    if newest is not None:
        oldest = max(newest + STEP, now - timedelta(days=31))
        since = [own - back * STEP for back in range(500) if own - back * STEP >= oldest]
        assert set(since) <= set(issues)
