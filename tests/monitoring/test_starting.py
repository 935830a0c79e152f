"""A system in its first hours: first steps that have not run yet are no problem, for a limited time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.monitoring import reported
from tests.monitoring.reported import NOW, held
from weather_mlops.monitoring.checks import Check, CheckSeverity, Missing, Section, Status
from weather_mlops.monitoring.report.content import Earlier, EarlierReport, Report
from weather_mlops.monitoring.report.reasons import reasons
from weather_mlops.monitoring.report.translations import Translator
from weather_mlops.monitoring.report.verdict import ReportVerdict, complete

HOUR = timedelta(hours=1)


def waiting(name: str, step: str, subject: str = "") -> Check:
    detail = "not enough yet"
    return Check(name, subject, Status.UNKNOWN, CheckSeverity.CRITICAL, None, None, "", detail, awaits=step)


NO_ROWS = waiting("observations_stale", "first_collection")
NO_RESPONSE = waiting("kma_silent", "first_collection")
NO_MODEL = waiting("champion_damaged", "first_model", "air_temperature")
NO_REASON = waiting("champion_damaged", "", "air_temperature")
SKILL = Check("model_skill_low", "", Status.UNKNOWN, CheckSeverity.WARNING, None, None, "", "not enough yet")


def report(*checks: Check, hours: float, earlier: Earlier | None = None) -> Report:
    """Of a healthy system that began hours ago, with more checks in the sections that they are of."""
    health, data, *_ = reported.healthy(3)
    airflow = {**health.figures["airflow"], "first_run_at": (NOW - hours * HOUR).isoformat()}
    model = [check for check in checks if check.name.startswith("champion")]
    others = [check for check in checks if check not in model]
    sections = [
        replace(health, figures={**health.figures, "airflow": airflow}, checks=[*health.checks, *others]),
        data,
        Section("model_performance", {"targets": {}}, [*(model or [held("champion_damaged", 0, 0)]), SKILL]),
    ]
    return Report("k", NOW, "run", complete(sections), earlier or Earlier())


@pytest.mark.parametrize(
    ("checks", "hours", "verdict"),
    [
        ([], 0.5, ReportVerdict.WELL),
        ([NO_ROWS, NO_RESPONSE], 0.5, ReportVerdict.STARTING),
        ([NO_ROWS, NO_RESPONSE], 2.9, ReportVerdict.STARTING),
        ([NO_ROWS, NO_RESPONSE], 3.1, ReportVerdict.WATCH),
        ([NO_MODEL], 0.5, ReportVerdict.STARTING),
        ([NO_MODEL], 25, ReportVerdict.STARTING),
        ([NO_MODEL], 27, ReportVerdict.WATCH),
        ([NO_MODEL, NO_ROWS], 5, ReportVerdict.WATCH),
        ([NO_REASON], 0.5, ReportVerdict.WATCH),
        ([NO_MODEL, held("dag_late", 42, 15, "min")], 0.5, ReportVerdict.WATCH),
        ([NO_MODEL, held("kma_silent", 5, 3, "h", critical=True)], 0.5, ReportVerdict.ACT),
    ],
)
def test_a_system_is_starting_only_while_a_first_step_is_due(checks, hours, verdict):
    assert report(*checks, hours=hours).verdict is verdict


@pytest.mark.parametrize(
    "trace",
    [
        Earlier(history=[EarlierReport(NOW - 40 * HOUR, "k0", ReportVerdict.STARTING, 0)]),
        Earlier(at=NOW - 40 * HOUR),
    ],
    ids=["an old report", "the report before"],
)
def test_a_new_airflow_database_does_not_make_a_system_young(trace):
    assert report(NO_MODEL, hours=0.5).verdict is ReportVerdict.STARTING
    assert report(NO_MODEL, hours=0.5, earlier=trace).verdict is ReportVerdict.WATCH


@pytest.mark.parametrize("where", [1, 2], ids=["first audit", "first decision"])
def test_what_was_done_on_s3_tells_the_age_too(where):
    young = report(NO_MODEL, hours=0.5)
    sections, long_ago = list(young.sections), (NOW - 40 * HOUR).isoformat()
    more = {"first_audit_at": long_ago} if where == 1 else {"targets": {"t": {"first_decision_at": long_ago}}}
    sections[where] = replace(sections[where], figures={**sections[where].figures, **more})

    assert replace(young, sections=sections).verdict is ReportVerdict.WATCH


def test_a_section_that_was_not_stored_is_no_first_step():
    young = report(NO_MODEL, hours=0.5)
    sections = [*young.sections[:2], Section("model_performance", missing=[Missing("model_performance", "")])]

    assert replace(young, sections=sections).verdict is ReportVerdict.WATCH


def test_the_starting_verdict_names_steps_and_deadline():
    young = report(NO_ROWS, NO_MODEL, hours=0.5)
    airflow = young.sections[0].figures["airflow"]
    airflow["dags"]["data_collection"]["last_state"] = "running"
    airflow["dags"]["model_training"]["due_at"] = (NOW + 17 * HOUR).isoformat()

    def texts(language: str) -> list[str]:
        lines = reasons(young.sections, Translator(language), young.start)
        return [reason.text.replace("\u00a0", " ") for reason in lines][:3]

    first, model = texts("en")[1:]

    assert texts("en")[0] == "The system began at 2026-11-26 08:00 KST."
    assert first == (
        "Still to come: the first collection (data_collection runs now). Not measured until then: Age of the "
        "newest observations. The verdict becomes Watch if it is not done by 2026-11-26 11:00 KST."
    )
    assert model.startswith(
        "Still to come: the first model that passes every gate (model_training, next run 2026-11-27 01:30 "
        "KST)"
    )
    assert model.endswith("The verdict becomes Watch if it is not done by 2026-11-27 10:00 KST.")
    assert "아직 남은 일: 첫 자료 수집(data_collection 실행 중)" in texts("ko")[1]
    airflow["dags"]["model_training"]["paused"] = True
    assert "model_training is paused: unpause it in Airflow" in texts("en")[2]


def test_what_never_came_is_named_as_not_measured():
    old = report(NO_MODEL, hours=27)

    texts = [reason.text for reason in reasons(old.sections, Translator("en"), old.start)]
    assert texts == ["Model: nothing could be compared with a limit."]
