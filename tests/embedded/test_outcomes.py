"""The printed text of a run that ended, and its entry in summary.json."""

import json

import pytest

from embedded.airflow_api import Run, Task, without_frames
from embedded.components import Ports, System
from embedded.launcher import Launcher
from embedded.outcomes import error_of, lines, summary
from embedded.progress import Progress, time_left
from embedded.watching import GONE_LOOKS, Every, ImportErrors, Watch

RUN = Run("model_training", "manual__1", "success", 61.5)


def task(task_id, state, label="", index=-1, tries=1):
    return Task(task_id, index, label, state, 1.0, tries)


class Airflow:
    """Airflow's API with the tasks of one run and their XComs."""

    def __init__(self, tasks, xcoms=None):
        self.tasks, self.xcoms = tasks, xcoms or {}

    def instances(self, _run):
        return self.tasks

    def xcom(self, _run, task, key="return_value"):
        return self.xcoms.get((task.task_id, task.map_index, key))


def test_a_run_of_skipped_tasks_is_skipped_with_the_reason(tmp_path):
    reason = "air_temperature: no model was deployed yet"
    api = Airflow([task("make_forecast", "skipped")], {("make_forecast", -1, "skipped"): reason})
    skipped = summary(api, Run("forecast", "1", "success", 6.1), tmp_path)

    assert (skipped["state"], skipped["reason"]) == ("skipped", reason)
    assert lines("forecast", skipped) == f"forecast skipped: {reason}"
    assert json.loads(json.dumps(skipped)) == skipped


@pytest.mark.parametrize(
    "returned",
    [
        {"verdict": "good"},
        {"quality_score": "high"},
        {"station_hours": 5},
        {"raw_keys": 3},
        {"raw_keys": None},
    ],
)
def test_results_of_a_user_s_pipeline_do_not_end_the_system(tmp_path, capsys, returned):
    launcher = Launcher(System(tmp_path, Ports()))
    run = Run("mine", "manual__1", "success", 1.0)
    api = Airflow([task("a", "success")], {("a", -1, "return_value"): returned})

    assert launcher.print_result(api, run)["state"] == "success"
    assert capsys.readouterr().out.startswith("mine success; its results can't be shown (")


def test_skipped_without_a_word_is_no_success_either(tmp_path):
    for tasks in ([task("a", "skipped"), task("b", "skipped")], [], [task("a", None)]):
        skipped = summary(Airflow(tasks), RUN, tmp_path)

        assert skipped["state"] == "skipped"
        assert lines("mine", skipped).startswith("mine skipped: no task of it did anything")


def test_each_target_of_a_training_has_a_line(tmp_path):
    api = Airflow(
        [
            task("check_data_readiness", "success", "air_temperature", 0),
            task("check_data_readiness", "skipped", "wind_speed", 1),
            task("check_data_readiness", "success", "dew_point", 2),
            task("train_model", "success", "air_temperature", 0),
            task("deploy_model", "success", "air_temperature", 0),
            task("deploy_model", "success", "dew_point", 1),
        ],
        {
            ("check_data_readiness", 1, "skipped"): "wind_speed: not trained: they span 4.5 days",
            ("deploy_model", 0, "return_value"): {
                "target": "air_temperature", "deployed": True, "decision": "every gate passed",
            },
            ("deploy_model", 1, "return_value"): {
                "target": "dew_point", "deployed": False, "decision": "not deployed: coverage: 97.1%",
            },
        },
    )  # fmt: skip
    training = summary(api, RUN, tmp_path)

    assert lines("model_training", training).splitlines() == [
        "model_training success, 61.5 s",
        "    wind_speed: skipped: not trained: they span 4.5 days",
        "    air_temperature: deployed: every gate passed",
        "    dew_point: not deployed: coverage: 97.1%",
    ]
    assert [each["state"] for each in training["outcomes"]] == ["skipped", "deployed", "refused"]
    assert training["tasks"]["check_data_readiness"] == {"state": "success", "seconds": 3.0}


def log_of(tmp_path, name, *entries, attempt=1):
    folder = tmp_path / "dag_id=model_training" / "run_id=manual__1" / name
    folder.mkdir(parents=True)
    text = "".join(f"{json.dumps(entry) if isinstance(entry, dict) else entry}\n" for entry in entries)
    (folder / f"attempt={attempt}.log").write_text(text)


def error(kind, text):
    return {"level": "error", "event": "Task failed", "error_detail": [
        {"exc_type": kind, "exc_value": text, "is_cause": False}, {"exc_type": "KeyError", "exc_value": "x"},
    ]}  # fmt: skip


def test_a_failed_run_names_the_task_its_error_and_its_log(tmp_path):
    log_of(tmp_path, "task_id=train_model/map_index=1", {"event": "begun"}, "not json", "[1]",
           error("AirflowFailException", "TrainingImpossible: 12 rows\n known"), attempt=2)  # fmt: skip
    api = Airflow(
        [
            task("train_model", "failed", "wind_speed", 1, tries=2),
            task("evaluate_model", "failed"),
            task("deploy_model", "upstream_failed"),
        ]
    )
    failed = summary(api, Run("model_training", "manual__1", "failed", 3.0), tmp_path)
    shown = lines("model_training", failed).splitlines()

    assert shown[:2] == [
        "model_training failed, 3.0 s",
        "    train_model [wind_speed] failed: TrainingImpossible: 12 rows known",
    ]
    assert shown[2].strip().startswith("log: ")
    assert shown[2].endswith("attempt=2.log")
    assert shown[3] == "    evaluate_model failed: it has no log: it never started, or was killed at once"
    assert len(shown) == 4
    assert failed["tasks"]["deploy_model"]["state"] == "upstream_failed"


def test_the_reported_error_is_the_last_one_and_no_warning():
    first, last = error("KmaUnavailable", "no answer"), error("StorageUnavailable", "S3: 503")
    warning = {**error("ValueError", "harmless"), "level": "warning"}

    text = "\n".join(map(json.dumps, (first, last, warning)))
    assert error_of(text) == "StorageUnavailable: S3: 503"
    assert "killed" in error_of(json.dumps({"event": "begun", "level": "info"}))
    assert len(error_of(json.dumps(error("ValueError", "long " * 1000)))) < 1100


def test_a_load_says_in_its_line_what_is_missing(tmp_path):
    api = Airflow(
        [task("publish_history", "success")],
        {("publish_history", -1, "return_value"): {
            "inserted": 738, "station_hours": 744, "station_hours_missing": 6}},
    )  # fmt: skip
    load = summary(api, Run("history", "1", "success", 7.1), tmp_path)

    assert lines("history", load) == (
        "history success, 7.1 s, 6 of 744 station-hours are missing: each is in the table gaps, "
        "with its reason"
    )
    load["results"]["station_hours_missing"] = 0
    assert "all 744 station-hours are in the table" in lines("history", load)


def test_a_training_says_how_far_it_is_and_what_time_is_left(tmp_path):
    def trained(target, lead, left):
        return {"event": f"trained: target={target} lead={lead}/24 rows=9 rounds=1 ridge=0.50 seconds=61 "
                f"seconds_left={left}"}  # fmt: skip

    log_of(
        tmp_path,
        "task_id=train_model/map_index=0",
        *(trained("air_temperature", lead, 200) for lead in (1, 2, 7)),
    )
    log_of(tmp_path, "task_id=train_model/map_index=1", trained("wind_speed", 24, 0))
    progress = Progress(tmp_path, "model_training", "manual__1")

    assert list(progress.news()) == [
        "training air_temperature, lead 7 of 24, about 3 min left",
        "training wind_speed, lead 24 of 24, done",
    ]
    assert list(progress.news()) == []


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "done"), (3, "about 10 s left"), (44, "about 40 s left"), (90, "about 2 min left"),
     (3000, "about 50 min left"), (7200, "about 2.0 h left")],
)  # fmt: skip
def test_the_time_left_is_rounded_to_a_suitable_unit(seconds, text):
    assert time_left(seconds) == text


def test_a_load_describes_its_stages_in_words(tmp_path):
    stage = "history: stage=fetch months={}/12 rows=12960 rows_per_s=3400 calls_left=19990 time_left_s=130"
    log_of(tmp_path, "task_id=fetch_history/map_index=0", *({"event": stage.format(n)} for n in (1, 2)),
           {"event": "history: stage=mine rows=many"}, {"event": "history: not had: 2020-01-01"})  # fmt: skip

    assert list(Progress(tmp_path, "model_training", "manual__1").news()) == [
        "fetch_history[0]: month 2 of 12, 12,960 rows, 3,400 rows/s, 19,990 calls left, about 2 min left",
        "fetch_history[0]: stage=mine rows=many",
        "fetch_history[0]: not had: 2020-01-01",
    ]


def test_import_errors_are_reported_when_they_start_and_end():
    class Reads:
        def __init__(self):
            self.errors = {}

        def import_errors(self):
            return self.errors

    api = Reads()
    errors = ImportErrors(api, Every(0))

    assert list(errors.news()) == []
    api.errors = {"pipelines/mine.yml": "pipelines/mine.yml:3: error: no\n  fix: yes"}
    (text,) = errors.news()
    assert text.startswith("import error of pipelines/mine.yml, which doesn't run now:\n")
    assert text.endswith("    pipelines/mine.yml:3: error: no\n      fix: yes")
    assert list(errors.news()) == []
    api.errors = {"pipelines/mine.yml": "another"}
    assert list(errors.news()) == ["import error of pipelines/mine.yml, which doesn't run now:\n    another"]

    broken, api.errors = api.errors, {}
    for _ in range(GONE_LOOKS - 1):
        assert list(errors.news()) == []
    api.errors = broken  # Airflow had dropped it for a moment
    assert list(errors.news()) == []
    api.errors = {}
    news = [text for _ in range(2 * GONE_LOOKS) for text in errors.news()]
    assert news == ["import error of pipelines/mine.yml: gone"]


def test_of_a_traceback_only_the_error_at_its_end_is_shown():
    frames = 'Traceback (most recent call last):\n  File "a.py", line 1, in b\n    c()\n      ^^\n'
    chained = f"{frames}KeyError: 'x'\n\nDuring handling of the above exception, another ...:\n\n{frames}"

    assert without_frames(
        f"{frames}yaml_dags.BrokenPipeline: p.yml:3: error: no\n    fix: yes\np.yml:4: error"
    ) == ("p.yml:3: error: no\n    fix: yes\np.yml:4: error")
    assert without_frames(f"{chained}ValueError: why") == "ValueError: why"
    assert without_frames("no traceback at all") == "no traceback at all"


def test_an_ended_run_is_reported_once_and_earlier_ones_never(tmp_path):
    class Runs:
        def __init__(self):
            self.newest = [Run("a", "old", "success", 1.0)]

        def runs(self):
            return self.newest

    api = Runs()
    watch = Watch(api, tmp_path)
    assert list(watch.ended()) == []

    api.newest = [Run("b", "2", "running", None), Run("a", "1", "failed", 1.0), *api.newest]
    assert [run.run_id for run in watch.ended()] == ["1"]
    api.newest = [Run("b", "2", "success", 3.0), *api.newest[1:]]
    interrupted = watch.ended()
    assert next(interrupted).run_id == "2"
    interrupted.close()  # as if Airflow didn't answer while the run was printed
    assert [run.run_id for run in watch.ended()] == ["2"]
    assert list(watch.ended()) == []
