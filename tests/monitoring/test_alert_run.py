"""A run of the alerts: what it sends and stores, also when S3 or the channel is down or it is killed."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.lake.conftest import Killed
from weather_mlops.errors import ChannelUnavailable
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.monitoring import alert_run
from weather_mlops.monitoring.alert_messages import SHOWN, AlertLinks
from weather_mlops.monitoring.alert_run import KEY, AlertStateStore, State, run_alerts
from weather_mlops.monitoring.alert_state import Rules
from weather_mlops.monitoring.checks import Check, CheckSeverity, Section, Status

BEGIN = datetime(2026, 11, 25, tzinfo=UTC)
LINKS = AlertLinks("http://airflow/weather/pages/reports/monitoring/latest.html", "docs/runbook.md")


class Channel:
    """Takes messages, unless it is down."""

    def __init__(self) -> None:
        self.sent = []
        self.down = False

    def __call__(self, message) -> None:
        if self.down:
            raise ChannelUnavailable("connection alerts: a service did not answer")
        self.sent.append(message)

    @property
    def titles(self) -> list[str]:
        return [message.title for message in self.sent]


class System:
    """Runs of monitoring, one after the other."""

    def __init__(self, store, folder) -> None:
        self.state_store = AlertStateStore(store, folder / "alerts.json")
        self.channel = Channel()
        self.number = 0
        self.language = "en"

    def run(self, *bad: str, good: tuple[str, ...] = (), run: str | None = None, channel=True):
        self.number += run is None
        checks = [
            Check(name, "", status, CheckSeverity.CRITICAL, 5.2, 3.0, "h", "last response at 03:00 KST")
            for status, names in ((Status.BREACH, bad), (Status.OK, good))
            for name in names
        ]
        return run_alerts(
            self.state_store,
            [Section("system_health", checks=checks)],
            Rules(),
            send=self.channel if channel else None,
            unconfigured="there is no connection alerts: add it in Admin → Connections",
            links=LINKS,
            language=self.language,
            run=run or f"run {self.number}",
            now=BEGIN + self.number * timedelta(minutes=30),
        )


@pytest.fixture
def system(store, tmp_path) -> System:
    return System(store, tmp_path)


def test_a_message_has_the_problem_start_limit_and_remedy(system):
    assert system.run("kma_silent").summary == "nothing to send"
    outcome = system.run("kma_silent")

    (message,) = system.channel.sent
    assert message.title == "[weather] CRITICAL kma_silent: opened"
    assert message.kind == "failure"
    assert "since 2026-11-25 09:30 KST" in message.body
    assert "Since the last response of the KMA's API: 5.2" in message.body
    assert "limit 3" in message.body
    assert "last response at 03:00 KST" in message.body
    assert "docs/runbook.md#kma_silent" in message.body
    assert LINKS.report in message.body
    assert outcome.as_dict() == {
        "alerts": "sent, problems: 1", "alerts_open": ["kma_silent"], "alerts_told": ["kma_silent: opened"],
    }  # fmt: skip


def test_a_message_can_be_korean(system):
    system.language = "ko"
    system.run("kma_silent")
    system.run("kma_silent")

    (message,) = system.channel.sent
    assert "kma_silent: 발생" in message.title
    assert "기상청 API 마지막 응답 이후: 5.2" in message.body
    assert "2026-11-25 09:30 KST부터" in message.body


def test_a_resolved_alert_is_remembered_with_its_times(system):
    system.run("kma_silent")
    system.run("kma_silent")
    for _ in range(3):
        system.run(good=("kma_silent",))
    system.run("disk_full")

    state = system.state_store.read()
    assert [(one.check.problem, one.worst.status, one.since) for one in state.past] == [
        ("kma_silent", Status.BREACH, BEGIN + timedelta(minutes=30))
    ]
    assert state.past[0].resolved_at == BEGIN + timedelta(minutes=150)
    assert list(state.alerts) == ["disk_full"]
    assert state.runbook == LINKS.runbook


def test_a_state_that_an_older_version_wrote_is_read(system, store):
    system.run("kma_silent")
    document = json.loads(store.get(KEY))
    older = {name: value for name, value in document.items() if name not in {"past", "runbook"}}
    older["alerts"] = [{name: one[name] for name in one if name != "worst"} for one in older["alerts"]]

    state = State.from_json(json.dumps(older).encode(), "")
    assert list(state.alerts) == ["kma_silent"]
    assert (state.past, state.alerts["kma_silent"].worst) == ((), None)


def test_several_problems_are_one_message_and_so_is_their_end(system):
    for _ in range(3):
        system.run("kma_silent", "disk_full")
    for _ in range(3):
        system.run("disk_full", good=("kma_silent",))
    for _ in range(4):
        system.run(good=("kma_silent", "disk_full"))

    assert system.channel.titles == [
        "[weather] 2 opened",
        "[weather] CRITICAL kma_silent: resolved",
        "[weather] CRITICAL disk_full: resolved",
    ]
    assert [message.kind for message in system.channel.sent] == ["failure", "success", "success"]
    assert "from 2026-11-25 09:30 to 2026-11-25 12:00 KST" in system.channel.sent[1].body
    assert system.state_store.read().alerts == {}


def test_a_message_stays_short_enough_for_a_chat(system):
    many = [f"problem_{number}" for number in range(97)]
    system.run(*many)
    system.run(*many)

    (message,) = system.channel.sent
    assert f"and {97 - SHOWN} more" in message.body
    assert len(message.body) < 4000


def test_a_channel_that_is_down_loses_no_alert(system):
    system.channel.down = True
    system.run("kma_silent")
    outcome = system.run("kma_silent")
    assert outcome.sent is False
    assert outcome.summary.startswith("not delivered, the next run tries again: connection alerts")
    assert system.run("kma_silent").sent is False
    system.channel.down = False
    system.run("kma_silent")

    assert system.channel.titles == ["[weather] CRITICAL kma_silent: opened"]
    assert "since 2026-11-25 09:30 KST" in system.channel.sent[0].body


def test_problems_during_a_channel_outage_are_sent_afterwards(system):
    system.channel.down = True
    for _ in range(2):
        system.run("kma_silent")
    for _ in range(3):
        system.run(good=("kma_silent",))
    system.channel.down = False
    system.run(good=("kma_silent",))
    system.run(good=("kma_silent",))

    assert system.channel.titles == ["[weather] CRITICAL kma_silent: opened and resolved"]


def test_without_a_channel_open_problems_wait_for_one(system, caplog):
    system.run("kma_silent", channel=False)
    outcome = system.run("kma_silent", channel=False)

    assert outcome.summary.startswith("sent nothing: there is no connection alerts")
    assert "CRITICAL kma_silent: opened" in caplog.text
    system.run("kma_silent")
    assert system.channel.titles == ["[weather] CRITICAL kma_silent: opened"]


def test_a_run_that_is_done_again_counts_its_checks_once(system):
    system.run("kma_silent", run="the same")
    system.run("kma_silent", run="the same")
    assert system.channel.sent == []


@pytest.mark.parametrize(("at", "messages"), [(1, 1), (2, 2)], ids=["before sending", "after sending"])
def test_killed_after_sending_it_sends_twice_rather_than_never(system, killer, at, messages):
    system.run("kma_silent")
    killer.seen, killer.at = 0, at
    with pytest.raises(Killed):
        system.run("kma_silent", run="killed")
    killer.at = None
    system.run("kma_silent", run="killed")

    assert len(system.channel.sent) == messages
    assert {message.title for message in system.channel.sent} == {"[weather] CRITICAL kma_silent: opened"}


def test_an_s3_outage_is_reported_once_from_the_local_state(system, store):
    gone = ObjectStore(replace(store.access, endpoint_url="http://127.0.0.1:9"))
    system.run(good=("s3_failing",))
    system.state_store = replace(system.state_store, store=gone)
    for _ in range(4):
        system.run("s3_failing")
    assert system.channel.titles == ["[weather] CRITICAL s3_failing: opened"]
    system.state_store = replace(system.state_store, store=store)
    for _ in range(4):
        system.run(good=("s3_failing",))

    assert system.channel.titles[1:] == ["[weather] CRITICAL s3_failing: resolved"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"schema": 99}', b'{"schema": 1, "alerts": [{}]}'])
def test_an_unreadable_state_is_logged_and_started_again(system, store, caplog, body):
    system.run("kma_silent")
    store.put(KEY, body)
    system.state_store.spare.write_bytes(body)
    for _ in range(2):
        system.run("kma_silent")

    assert system.channel.titles == ["[weather] CRITICAL kma_silent: opened"]
    assert "state ignored" in caplog.text
    assert json.loads(store.get(KEY))["schema"] == alert_run.SCHEMA


def test_the_state_is_read_as_it_was_stored(system):
    system.run("kma_silent", "disk_full")
    state = system.state_store.read()
    assert State.from_json(state.as_json(), "") == state
    assert set(state.alerts) == {"kma_silent", "disk_full"}
