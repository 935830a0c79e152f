"""Sections reach the report also without S3; a section that was not stored is missing, with the reason."""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.monitoring.orchestrator import PASSWORD
from weather_mlops.errors import Misconfigured
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.staging import Staging
from weather_mlops.monitoring.alert_run import State
from weather_mlops.monitoring.alert_state import Alert, Rules, advance
from weather_mlops.monitoring.checks import SECTIONS, Check, CheckSeverity, Missing, Section, Status
from weather_mlops.monitoring.retraining import retrain
from weather_mlops.monitoring.section_builder import Rule
from weather_mlops.monitoring.section_store import SectionStore, publish

NOW = datetime(2026, 11, 25, 3, 30, tzinfo=UTC)
HEALTH = Section(
    "system_health",
    {"storage": {"write_ms": 5.0}},
    [Check("s3_failing", "", Status.BREACH, CheckSeverity.CRITICAL, None, None, "", "write failed")],
    [Missing("airflow", "no connection")],
)


@pytest.fixture
def section_store(store, tmp_path) -> SectionStore:
    return SectionStore(store, "monitoring/manual__1", tmp_path / "spare")


@pytest.fixture
def without_s3(section_store) -> SectionStore:
    return replace(
        section_store,
        store=ObjectStore(replace(section_store.store.access, endpoint_url="http://127.0.0.1:9")),
    )


@pytest.mark.parametrize("which", ["section_store", "without_s3"])
def test_a_check_that_is_no_number_leaves_the_others_intact(request, which):
    """A limit as large as 1e20 in the YAML switches a check off."""
    section_store = request.getfixturevalue(which)
    rule, others = (
        Rule("dag_slow", "×"),
        Rule("kma_silent", "h").above(5.0, 3.0, "last response at 03:00 KST"),
    )
    checks = [
        rule.above(2.0, 1e20, "switched off"),
        rule.above(math.inf, 3.0, "no median"),
        rule.below(math.nan, 3.0, "no run"),
        rule.above(1e16, 3.0, "long ago"),
        rule.unknown("no run", math.inf),
        others,
    ]
    section_store.write(Section("system_health", checks=checks))

    section, *_ = section_store.read({})
    assert [check.status for check in section.checks] == [
        Status.OK, Status.BREACH, Status.UNKNOWN, Status.BREACH, Status.UNKNOWN, Status.BREACH
    ]  # fmt: skip
    assert section.checks[-1] == others
    state = State(advance({}, [section], Rules(), NOW), "manual__1", NOW)
    assert State.from_json(state.as_json(), "alerts.json") == state


@pytest.mark.parametrize("which", ["section_store", "without_s3"])
def test_a_section_arrives_as_it_was_measured(request, which):
    section_store = request.getfixturevalue(which)
    summary = section_store.write(HEALTH)
    sections = section_store.read({})

    assert sections[0] == HEALTH
    assert summary == {
        "system_health_checks": 1,
        "system_health_breaches": ["s3_failing"],
        "system_health_missing": ["airflow"],
    }


def test_a_section_never_stored_is_missing_with_the_reason(section_store):
    section_store.write(HEALTH)
    _, quality, model = section_store.read(
        {"data_quality": "the task ended as failed: StorageUnavailable: 503"}
    )

    assert [section.name for section in (quality, model)] == list(SECTIONS[1:3])
    assert quality.missing == [Missing("data_quality", "the task ended as failed: StorageUnavailable: 503")]
    assert "see its log" in model.missing[0].why


@pytest.mark.parametrize("notes", [{}, {**HEALTH.as_dict(), "checks": [{"status": "odd"}]}, {"name": 1}])
def test_an_invalid_section_is_missing_and_the_others_are_read(section_store, store, notes):
    section_store.write(replace(HEALTH, name="data_quality"))
    Staging(store, section_store.run).write("system_health", {}, notes)
    health, quality, _ = section_store.read({})

    assert [gap.what for gap in health.missing] == ["system_health"]
    assert quality.figures == HEALTH.figures


def test_local_sections_of_another_run_are_ignored(without_s3):
    replace(without_s3, run="monitoring/yesterday").write(HEALTH)
    assert without_s3.read({})[0].missing


def test_the_report_is_on_s3_and_as_latest(section_store, store):
    summary = publish(
        section_store,
        [HEALTH, *section_store.read({})[1:]],
        now=NOW,
        language="en",
        runbook="docs/runbook.md",
    )

    assert summary["report_key"] == "reports/monitoring/2026/11/25/1230.html"
    assert all(b"s3_failing" in store.get(summary[key]) for key in ("latest_key", "report_key"))
    assert store.exists(summary["report_json_key"])
    assert "system_health: airflow" in summary["missing"]
    json.dumps(summary)


def test_without_s3_the_report_is_local_and_its_path_is_named(without_s3):
    without_s3.write(HEALTH)
    for _ in range(2):
        summary = publish(without_s3, without_s3.read({}), now=NOW, language="ko", runbook="docs/runbook.md")

    page = (without_s3.spare / "spare-reports" / "reports/monitoring/2026/11/25/1230.html").read_text()
    assert summary["report_file"].endswith("1230.html")
    assert "report_key" not in summary
    assert "s3_failing" in page
    assert "127.0.0.1:9" in summary["report_not_stored"]


def breach(section: str) -> Alert:
    check = Check("model_worse", "air_temperature", Status.BREACH, CheckSeverity.WARNING, 2.0, 1.0, "°C", "")
    return Alert(section, check, since=NOW, measured_at=NOW, bad=2, opened_at=NOW)


def test_a_breach_of_the_model_starts_its_training_once_a_day(orchestrator):
    breaches = [breach("model_performance")]
    assert "started (monitoring__2026-11-25)" in retrain(orchestrator.api, breaches, NOW)
    assert "already started today" in retrain(orchestrator.api, breaches, NOW)
    tomorrow = NOW.replace(hour=15)  # 00:30 in Korea
    assert "monitoring__2026-11-26" in retrain(orchestrator.api, breaches, tomorrow)

    assert [run["dag_id"] for run in orchestrator.started] == ["model_training"] * 2
    assert "model_worse:air_temperature" in orchestrator.started[0]["note"]


def test_other_problems_start_no_training_and_a_dead_api_shows(orchestrator):
    assert "no alert of model_performance" in retrain(orchestrator.api, [breach("data_quality")], NOW)
    orchestrator.broken = 503
    outcome = retrain(orchestrator.api, [breach("model_performance")], NOW)
    assert "not started: Airflow's API" in outcome
    assert PASSWORD not in outcome

    def unconfigured():
        raise Misconfigured("there is no connection airflow_api_default")

    assert "no connection" in retrain(unconfigured, [breach("model_performance")], NOW)
