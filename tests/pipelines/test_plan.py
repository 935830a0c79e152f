"""What a change of the YAML will do, reported before it is merged."""

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from weather_mlops.errors import Misconfigured
from weather_mlops.pipelines import plan as planning
from weather_mlops.pipelines.changes import compare, read_folder

PROJECT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)  # 09:30 in Korea
DEFAULTS = """\
timezone: Asia/Seoul
start_date: 2000-01-01
default_args: {retries: 3, owner: us}
"""
SENT = """\
sent:
  schedule: "0 * * * *"
  tasks:
    - task_id: ask
      operator: airflow.providers.standard.operators.bash.BashOperator
      bash_command: echo 1
    - task_id: tell
      operator: airflow.providers.standard.operators.bash.BashOperator
      bash_command: echo 2
      dependencies: [ask]
"""
ADDED = """\
    - task_id: extra
      operator: airflow.providers.standard.operators.empty.EmptyOperator
      dependencies: [ask, tell]
"""
NIGHTLY = SENT.replace("sent:", "nightly:").replace("0 * * * *", "30 2 * * 1-5")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    write(tmp_path, defaults=DEFAULTS, a=SENT)
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    commit(tmp_path)
    return tmp_path


def write(project: Path, **files: str | None) -> None:
    (project / "pipelines").mkdir(exist_ok=True)
    for name, text in files.items():
        file = project / "pipelines" / f"{name}.yml"
        file.unlink() if text is None else file.write_text(text, "utf-8")


def git(project: Path, *command: str) -> str:
    identity = ["-c", "user.name=us", "-c", "user.email=us@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *identity, *command], cwd=project, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(project: Path) -> None:
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message=as it is")


def plan_text(project: Path, base: str | None = None) -> str:
    return planning.as_text(*planning.plan(project, "pipelines", base), NOW)


def rows(project: Path, base: str | None = None) -> dict[str, list[tuple[str, str, str]]]:
    comparison, _ = planning.plan(project, "pipelines", base)
    return {c.dag_id: [(r.what, r.before, r.after) for r in c.rows] for c in comparison.changes}


def test_unchanged_pipelines_are_listed(repository):
    assert rows(repository) == {}
    assert "unchanged: sent" in plan_text(repository)


def test_a_schedule_is_shown_in_words_with_its_next_runs_in_kst(repository):
    write(repository, a=SENT.replace("0 * * * *", "*/20 * * * *"))

    assert rows(repository) == {
        "sent": [("schedule", "every hour (Asia/Seoul)", "every 20 minutes (Asia/Seoul)")]
    }
    assert (
        "next runs, KST: 2026-01-01 09:40, 2026-01-01 10:00, 2026-01-01 10:20, "
        "2026-01-01 10:40, 2026-01-01 11:00" in plan_text(repository)
    )


def test_added_removed_and_rewired_tasks_are_named(repository):
    write(repository, a=SENT + ADDED)
    assert rows(repository)["sent"] == [("task extra", "–", "EmptyOperator, after ask, tell")]
    commit(repository)

    write(repository, a=SENT.replace("      dependencies: [ask]\n", "") + ADDED.replace("ask, tell", "ask"))
    assert rows(repository, "HEAD")["sent"] == [
        ("tell runs", "after ask", "first"),
        ("extra runs", "after ask, tell", "after ask"),
    ]

    write(repository, a=SENT.partition("    - task_id: tell")[0])
    assert rows(repository, "HEAD")["sent"] == [
        ("task tell", "BashOperator, after ask", "–"),
        ("task extra", "EmptyOperator, after ask, tell", "–"),
    ]


def test_arguments_are_compared_by_their_effective_values(repository):
    # Set at the task, but the same as by default: nothing changes.
    write(repository, a=SENT + "      retries: 3\n")
    assert rows(repository) == {}

    write(repository, a=SENT + "      retries: 5\n", defaults=DEFAULTS.replace("owner: us", "owner: them"))
    assert rows(repository)["sent"] == [("owner of all tasks", "us", "them"), ("retries of tell", "3", "5")]


def test_defaults_change_every_pipeline(repository):
    write(repository, b=NIGHTLY)
    commit(repository)
    write(repository, defaults=DEFAULTS.replace("retries: 3", "retries: 0"))

    changed = rows(repository, "HEAD")

    assert set(changed) == {"sent", "nightly"}
    assert changed["sent"] == [("retries of all tasks", "3", "0")]


def test_added_removed_and_renamed_files(repository):
    write(repository, b=NIGHTLY)
    comparison, _ = planning.plan(repository, "pipelines", None)
    (change,) = comparison.changes
    assert (change.dag_id, change.kind, change.file) == ("nightly", "added", "pipelines/b.yml")
    assert "runs at 02:30, Monday through Friday (Asia/Seoul)" in plan_text(repository)

    write(repository, b=None, a=None, c=SENT)
    assert rows(repository)["sent"] == [("file", "pipelines/a.yml", "pipelines/c.yml")]

    write(repository, c=None)
    assert "sent: removed (pipelines/a.yml)" in plan_text(repository)


def test_a_whole_folder_that_the_base_did_not_have_is_new(repository):
    shutil.move(repository / "pipelines", repository / "others")

    comparison, _ = planning.plan(repository, "others", None)

    assert [(change.dag_id, change.kind) for change in comparison.changes] == [("sent", "added")]


def test_a_branch_is_compared_with_where_it_left_main(repository):
    git(repository, "switch", "--quiet", "--create", "ours")
    write(repository, a=SENT.replace("echo 2", "echo 3"))
    commit(repository)
    git(repository, "switch", "--quiet", "main")
    write(repository, b=NIGHTLY)
    commit(repository)
    git(repository, "switch", "--quiet", "ours")

    assert rows(repository) == {"sent": [("bash_command of tell", "echo 2", "echo 3")]}


def test_a_broken_file_has_its_line_and_is_not_a_removal(repository):
    write(repository, a=SENT.replace("  tasks:", "  tasks: ["), b=NIGHTLY)

    text = plan_text(repository)

    assert "nightly: added" in text
    assert "removed" not in text
    assert "can't be compared, a file is broken: sent" in text
    assert "pipelines/a.yml:" in text.partition("broken now:")[2]
    assert planning.main(["--project", str(repository)]) == 1


def test_a_file_that_was_already_broken_is_reported_as_such(repository):
    write(repository, a=SENT.replace("  tasks:", "  tasks: ["))
    commit(repository)
    write(repository, a=SENT)

    text = plan_text(repository, "HEAD")

    assert "added" not in text
    assert "can't be compared, a file is broken: sent" in text
    assert "broken in HEAD" in text
    assert planning.main(["--project", str(repository), "--base", "HEAD"]) == 0


@pytest.mark.parametrize("base", ["nosuch", "--output=x", "main:pipelines/a.yml"])
def test_a_missing_base_is_named_with_the_fix(repository, base, capsys):
    with pytest.raises(Misconfigured, match=r"git has no revision .* BASE="):
        planning.plan(repository, "pipelines", base)

    assert planning.main(["--project", str(repository), f"--base={base}"]) == 2
    assert base in capsys.readouterr().err


def test_without_a_main_branch_a_base_is_asked_for(repository):
    git(repository, "branch", "--move", "main", "trunk")

    with pytest.raises(Misconfigured, match="BASE=HEAD"):
        planning.plan(repository, "pipelines", None)


def test_the_plan_changes_nothing_in_the_repository(repository):
    write(repository, a=SENT + ADDED)
    before = git(repository, "status", "--porcelain=v2", "--branch")

    plan_text(repository)

    assert git(repository, "status", "--porcelain=v2", "--branch") == before


def test_markdown_takes_what_people_write_literally(repository, capsys):
    write(repository, a=SENT.replace("echo 2", "a | b *c* <script>"))

    assert planning.main(["--project", str(repository), "--format=markdown"]) == 0

    text = capsys.readouterr().out
    assert r"| bash\_command of tell | echo 2 | a \| b \*c\* \<script\> |" in text
    assert "**sent** changed (`pipelines/a.yml`)" in text


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    shutil.copytree(PROJECT / "pipelines", tmp_path / "pipelines")
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    commit(tmp_path)
    return tmp_path


def replaced(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def test_fewer_stations_are_reported_with_their_consequences(shipped):
    replaced(shipped / "pipelines" / "defaults.yml", "stations: all", "stations: [108, 159]")

    text = plan_text(shipped)

    assert "stations of collect_weather_data: all → [108, 159]" in text
    assert "history: changed" not in text  # its stations are those that a person enters
    consequence = text.partition("stations all but 108, 159: no longer collected\n")[2]
    assert "tables: their rows stay, no new ones are added" in consequence
    assert "models: the next training leaves them out" in consequence
    assert "alerts: they are no longer monitored" in consequence
    assert "**stations all but 108, 159: no longer collected**" in planning.as_markdown(
        *planning.plan(shipped, "pipelines", None), NOW
    )


def test_stations_left_out_by_collection_alone_stay_expected(shipped):
    replaced(
        shipped / "pipelines" / "collection.yml",
        "lookback_hours: 3",
        "stations: [108]\n      lookback_hours: 3",
    )

    consequence = plan_text(shipped).partition("stations all but 108: no longer collected\n")[2]

    assert "models: the next training still uses their rows" in consequence
    assert "alerts: monitoring still expects them: see stations in defaults.yml, line" in consequence


def test_another_target_is_reported_with_its_consequences(shipped):
    replaced(
        shipped / "pipelines" / "defaults.yml",
        "targets: [air_temperature]",
        "targets: [air_temperature, dew_point]",
    )

    text = plan_text(shipped)

    assert (
        'target (mapped) of check_data_readiness: ["air_temperature"] → ["air_temperature", "dew_point"]'
        in text
    )
    assert "targets of make_forecast" in text
    assert "targets of model_performance" in text
    assert "models: the next run of model_training trains one for each" in text
    commit(shipped)
    replaced(shipped / "pipelines" / "defaults.yml", ", dew_point]", "]")
    assert "targets dew_point: no longer trained" in plan_text(shipped, "HEAD")


def test_the_shipped_pipelines_are_read_whole():
    folder = read_folder(PROJECT / "pipelines")

    comparison = compare(folder, folder)

    assert folder.broken == []
    assert {"data_collection", "model_training", "forecast", "history"} <= set(comparison.unchanged)
    assert comparison.changes == []
