"""One alert per problem: opened after breaches in a row, sent once, repeated, resolved by good checks."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weather_mlops.lake import documents
from weather_mlops.monitoring import alert_state
from weather_mlops.monitoring.alert_messages import AlertLinks, paragraph
from weather_mlops.monitoring.alert_state import Alert, Event, Kind, Rules
from weather_mlops.monitoring.checks import Check, CheckSeverity, Section, Status
from weather_mlops.monitoring.report.translations import Translator

BEGIN = datetime(2026, 11, 25, tzinfo=UTC)
RULES = Rules()
OK, BAD, UNKNOWN = Status.OK, Status.BREACH, Status.UNKNOWN


def check(status: Status, name: str = "sensor_bias", subject="108", severity=CheckSeverity.WARNING) -> Check:
    return Check(name, subject, status, severity, 2.1, 1.0, "°C", "warmer than its neighbours")


def section(*checks: Check) -> Section:
    return Section("data_quality", checks=checks)


def events_of(*statuses: Status | None, rules: Rules = RULES, every: timedelta = timedelta(minutes=30)):
    """Return kinds of the events of each run, and the last state; None = a run without the check."""
    state, kinds = {}, []
    for number, status in enumerate(statuses):
        now = BEGIN + number * every
        state = alert_state.advance(state, [section(*([check(status)] if status else []))], rules, now)
        events = alert_state.due(state, rules, now)
        state = alert_state.after_notification(state, events, now)
        kinds.append([str(event.kind) for event in events])
    return kinds, state


def test_a_problem_opens_after_two_breaches_and_ends_after_three():
    kinds, state = events_of(OK, BAD, BAD, BAD, BAD, OK, OK, OK, OK)
    assert kinds == [[], [], ["opened"], [], [], [], [], ["resolved"], []]
    assert state == {}


def test_a_message_holds_no_key():
    bad = replace(check(BAD), detail='the response says {"authKey": "Geheimnis"}')
    event = Event(Kind.OPENED, Alert("data_quality", bad, BEGIN, BEGIN))

    assert '{"authKey": "***"}' in paragraph(event, AlertLinks("report", "runbook"), Translator("en"))


def test_an_alert_keeps_the_figure_furthest_from_its_limit():
    state = {}
    for number, value in enumerate((1.5, 4.0, 2.0, 0.5)):
        status = BAD if value > 1 else OK
        checked = section(replace(check(status), value=value))
        state = alert_state.advance(state, [checked], RULES, BEGIN + number * timedelta(minutes=30))

    (alert,) = state.values()
    assert (alert.check.value, alert.worst.value) == (0.5, 4.0)


def test_past_alerts_are_kept_90_days_and_not_more_than_300():
    def resolved(days):
        at = BEGIN - timedelta(days=days)
        return Alert("data_quality", check(OK), at, at, opened_at=at, resolved_at=at)

    ended = [Event(Kind.RESOLVED, resolved(1)), Event(Kind.STILL_OPEN, Alert("x", check(BAD), BEGIN, BEGIN))]
    assert alert_state.remember([resolved(91), resolved(89)], ended, BEGIN) == [resolved(89), resolved(1)]
    many = alert_state.remember([resolved(2)] * 400, ended, BEGIN)
    assert (len(many), many[-1]) == (300, resolved(1))


def test_one_bad_moment_alerts_nobody():
    kinds, state = events_of(BAD, OK, BAD, OK, BAD, OK)
    assert list(chain(*kinds)) == []
    assert state == {}


def test_a_figure_that_wavers_about_its_limit_alerts_once():
    kinds, _ = events_of(BAD, BAD, *[OK, OK, BAD] * 7)
    assert list(chain(*kinds)) == ["opened"]


def test_what_is_unknown_neither_opens_nor_closes():
    assert events_of(UNKNOWN, UNKNOWN, UNKNOWN)[1] == {}
    kinds, state = events_of(BAD, UNKNOWN, BAD, UNKNOWN, UNKNOWN, UNKNOWN, OK, OK, UNKNOWN, OK)
    assert kinds == [[], [], ["opened"], [], [], [], [], [], [], ["resolved"]]
    assert state == {}


def test_a_problem_that_stays_is_sent_again_after_twelve_hours():
    kinds, _ = events_of(*[BAD] * 52)
    assert [run for run, kinds_of_run in enumerate(kinds) if kinds_of_run] == [1, 25, 49]
    assert kinds[25] == ["still open"]


def test_an_unmeasured_problem_is_closed_after_a_week():
    kinds, state = events_of(BAD, BAD, *[None] * 9, every=timedelta(days=1))
    assert kinds[2:] == [["still open"]] * 6 + [["resolved"], [], []]
    assert state == {}
    assert events_of(BAD, *[None] * 9, every=timedelta(days=1))[1] == {}


def test_each_problem_has_its_own_alert_critical_ones_first():
    bad = [check(BAD), check(BAD, subject="159"), check(BAD, "s3_failing", "", CheckSeverity.CRITICAL)]
    state = {}
    for number in range(2):
        state = alert_state.advance(state, [section(*bad)], RULES, BEGIN + timedelta(minutes=number))
    events = alert_state.due(state, RULES, BEGIN)

    assert [event.alert.check.problem for event in events] == [
        "s3_failing",
        "sensor_bias:108",
        "sensor_bias:159",
    ]


def test_an_unsent_alert_is_sent_later_even_when_it_is_over():
    state = {}
    for number, status in enumerate([BAD, BAD, OK, OK, OK]):
        state = alert_state.advance(state, [section(check(status))], RULES, BEGIN + timedelta(hours=number))
    (event,) = alert_state.due(state, RULES, BEGIN + timedelta(hours=9))

    assert event.kind is Kind.OPENED_AND_RESOLVED
    assert (event.alert.since, event.alert.resolved_at) == (BEGIN, BEGIN + timedelta(hours=4))


def test_a_problem_back_before_its_end_was_sent_is_the_same_one():
    state = {}
    for number, status in enumerate([BAD, BAD, OK, OK, OK, BAD]):
        state = alert_state.advance(state, [section(check(status))], RULES, BEGIN + timedelta(hours=number))
    (event,) = alert_state.due(state, RULES, BEGIN + timedelta(hours=9))

    assert event.kind is Kind.OPENED
    assert event.alert.since == BEGIN


def test_a_clock_that_goes_back_reminds_nobody_and_loses_nothing():
    _, state = events_of(BAD, BAD)
    earlier = BEGIN - timedelta(days=3)
    state = alert_state.advance(state, [section(check(BAD))], RULES, earlier)

    assert alert_state.due(state, RULES, earlier) == []
    assert state["sensor_bias:108"].is_open


@given(st.lists(st.sampled_from([OK, BAD, UNKNOWN, None]), max_size=60))
def test_whatever_happens_openings_and_ends_alternate(statuses):
    kinds, state = events_of(*statuses, rules=Rules(remind_hours=1e6, forget_days=1e6))
    sent = [kind for kind in list(chain(*kinds)) if kind != "still open"]

    assert sent == ["opened", "resolved"] * (len(sent) // 2) + ["opened"] * (len(sent) % 2)
    assert bool(len(sent) % 2) == any(alert.is_open for alert in state.values())


@pytest.mark.parametrize("statuses", [[BAD], [BAD, BAD], [BAD, BAD, OK, UNKNOWN]])
def test_an_alert_is_read_as_it_was_stored(statuses):
    _, state = events_of(*statuses)
    (alert,) = state.values()
    assert documents.parse(json.dumps(alert.as_dict()).encode(), Alert, "") == alert


def test_an_alert_of_an_unwatched_station_ends_after_three_looks():
    def run(state, number, *checks):
        now = BEGIN + number * timedelta(minutes=30)
        state = alert_state.advance(state, [section(*checks)], RULES, now)
        events = alert_state.due(state, RULES, now)
        return alert_state.after_notification(state, events, now), [str(event.kind) for event in events]

    state, both = {}, (check(BAD), check(OK, subject="159"))
    for number in range(2):
        state, kinds = run(state, number, *both)
    assert kinds == ["opened"]

    for number in range(2, 5):
        state, kinds = run(state, number, check(OK, subject="159"))
    assert (kinds, state) == (["resolved"], {})


def test_an_alert_stays_while_nobody_measures_what_it_is_about():
    kinds, state = events_of(BAD, BAD, None, None, None, None)

    assert kinds == [[], ["opened"], [], [], [], []]
    assert len(state) == 1
