"""What an operator reads at night about the pipelines that are shipped, in English and Korean."""

import re
from pathlib import Path

import pytest

from weather_mlops import errors
from weather_mlops.pipelines import notes
from weather_mlops.pipelines.folder import pipeline_files
from weather_mlops.pipelines.graph import named
from weather_mlops.pipelines.parser import load

PROJECT = Path(__file__).resolve().parents[2]
FILES = {file.stem: file for file in pipeline_files(PROJECT / "pipelines")}
# Errors that only people can fix, by the task that may fail with them; each task also with COMMON.
PERMANENT = {
    "collect_weather_data": {
        "KeyRefused", "EndpointNotApproved", "QuotaExhausted", "FormatChanged", "ResponseMismatch"
    },
    "validate_data_quality": {"QualityTooLow"},
    "health_check": {"Unhealthy"},
    "collect_kma_forecast": {
        "KeyRefused", "EndpointNotApproved", "QuotaExhausted", "FormatChanged", "ResponseMismatch"
    },
    "validate_kma_forecast": {"QualityTooLow"},
    "check_kma_forecast": {"Unhealthy"},
    "fetch_history": {"KeyRefused", "EndpointNotApproved", "FormatChanged", "ResponseMismatch"},
    "publish_history": {"LoadIncomplete"},
    "fetch_kma_forecast_history": {"KeyRefused", "EndpointNotApproved", "FormatChanged"},
    "publish_kma_forecast_history": {"LoadIncomplete", "QualityTooLow"},
    "check_data_readiness": {"TrainingImpossible"},
    "prepare_training_data": {"TrainingImpossible", "SnapshotExpired"},
    "train_model": {"TrainingImpossible"},
    "evaluate_model": {"TrainingImpossible"},
    "deploy_model": {"TrainingImpossible", "ModelUnusable"},
    "make_forecast": {"ModelUnusable"},
    "rollback_model": {"ModelUnusable"},
    "send_alerts": {"OrchestratorRefused", "AlertTestFailed"},
    "cleanup": {"ModelUnusable"},
}  # fmt: skip
COMMON = {"StorageRefused", "ObjectDamaged", "TableNotRegistered", "Misconfigured"}
HANGUL = re.compile(r"[가-힣]")


def tasks(file: Path) -> set[str]:
    return {
        name
        for dag_id, dag in load(file).data.items()
        for name, _, _ in named(dag["tasks"], (dag_id, "tasks"), "task_id")
    }


def languages(text: str) -> tuple[str, str]:
    """English first, then Korean."""
    parts = text.split("\n\n")
    return (
        "\n\n".join(part for part in parts if not HANGUL.search(part)),
        "\n\n".join(part for part in parts if HANGUL.search(part)),
    )


def named_errors(text: str) -> set[str]:
    """Names of errors in a text."""
    return set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+|Unhealthy|Misconfigured)`", text))


ALL = [(stem, task) for stem, file in FILES.items() for task in sorted(tasks(file))]


@pytest.mark.parametrize("stem", sorted(FILES))
def test_each_pipeline_says_what_it_does_in_both_languages(stem):
    english, korean = languages(notes.read(FILES[stem]).pipeline)
    assert len(english) > 100
    assert len(korean) > 50


@pytest.mark.parametrize(("stem", "task"), ALL)
def test_each_task_explains_its_failures_in_both_languages(stem, task):
    english, korean = languages(notes.read(FILES[stem]).tasks[task])

    assert [part.split("**")[1] for part in english.split("\n\n")[1:]] == ["If it fails", "Do"]
    assert [part.split("**")[1] for part in korean.split("\n\n")[1:]] == ["실패하면", "할 일"]


@pytest.mark.parametrize(("stem", "task"), ALL)
def test_each_task_names_its_permanent_errors_in_both_languages(stem, task):
    texts = notes.read(FILES[stem])
    for pipeline, text in zip(languages(texts.pipeline), languages(texts.tasks[task]), strict=True):
        assert PERMANENT.get(task, set()) <= named_errors(text)
        assert named_errors(text) | named_errors(pipeline) >= COMMON | PERMANENT.get(task, set())


OF_NO_TASK = {"BackupUnusable", "RestoreRefused", "FileRefused"}  # of backups and of `make import`


def test_every_permanent_error_is_named_and_no_other():
    named_in_notes = set().union(
        *(named_errors(file.with_suffix(".md").read_text("utf-8")) for file in FILES.values())
    )
    kinds = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type)}
    permanent = {
        name
        for name, kind in kinds.items()
        if issubclass(kind, errors.Permanent) and kind is not errors.Permanent
    } - OF_NO_TASK
    assert named_in_notes >= permanent
    assert named_in_notes <= set(kinds)
    assert set().union(*PERMANENT.values(), COMMON) == permanent


def test_each_section_of_the_runbook_that_is_named_is_there():
    sections = set(
        re.findall(r"^### (\w+)$", (PROJECT / "docs" / "runbook.md").read_text("utf-8"), re.MULTILINE)
    )
    for file in FILES.values():
        for line in re.findall(r"(?:Runbook|런북):\s*([^.]+)\.", file.with_suffix(".md").read_text("utf-8")):
            assert {word.strip() for word in line.split(",")} <= sections
