"""The params of a load, and its progress on the terminal."""

import json
import os
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from embedded.__main__ import once
from embedded.airflow_api import Run
from embedded.components import Ports, System
from embedded.launcher import Launcher
from embedded.progress import Progress, run_folder
from embedded.runs import CITIES, first_load, history_of, in_order, is_collected, requested_load
from embedded.services import ServiceError
from weather_mlops.errors import Misconfigured


def test_a_new_system_begins_with_ninety_days_of_ten_cities():
    load = first_load({})

    assert (date.fromisoformat(load["to"]) - date.fromisoformat(load["from"])).days == 89
    assert load["stations"].split(",") == [str(station) for station in sorted(CITIES)]


def test_count_and_span_can_be_chosen_and_be_zero():
    load = first_load({"WEATHER_FIRST_DAYS": "3", "WEATHER_FIRST_STATIONS": "12"})

    assert (date.fromisoformat(load["to"]) - date.fromisoformat(load["from"])).days == 2
    assert len(load["stations"].split(",")) == 12
    assert first_load({"WEATHER_FIRST_DAYS": "0"}) is None
    with pytest.raises(ServiceError, match="WEATHER_FIRST_STATIONS is 'many'"):
        first_load({"WEATHER_FIRST_STATIONS": "many"})


@pytest.mark.parametrize("wrong", ["many", "-1", "1.5", "999999999", "9" * 5000, "²"])
def test_an_invalid_count_is_named_with_what_is_allowed(wrong):
    with pytest.raises(ServiceError, match=r"^WEATHER_FIRST_DAYS is '.*': give a number, 0 to 36525$"):
        first_load({"WEATHER_FIRST_DAYS": wrong})
    with pytest.raises(ServiceError, match=r"^WEATHER_FIRST_STATIONS is '.*': give a number, 0 to \d+$"):
        first_load({"WEATHER_FIRST_STATIONS": wrong})
    with pytest.raises(ServiceError, match=r"^PARALLELISM is '.*': give a number, 1 to 1000$"):
        requested_load({"PARALLELISM": wrong})


def test_what_to_load_chooses_the_pipeline_and_its_params():
    assert history_of({"FROM": "2020-01-01"}) == ("history", {"from": "2020-01-01"})
    assert history_of({"WHAT": "observations", "ISSUES": "02"}) == ("history", {})
    variables = {
        "WHAT": "kma_forecast", "FROM": "2020-01-01", "STATIONS": "서울", "ISSUES": "02,14",
        "VARIABLES": "TMP", "LEAD_HOURS": "24", "PARALLELISM": "2", "AGAIN": "1",
        "CELLS": "152=102,83",
    }  # fmt: skip
    conf = {
        "from": "2020-01-01", "stations": "108", "issues": "02,14", "variables": "TMP", "lead_hours": 24,
        "again": True, "cells": "152=102,83",
    }  # fmt: skip
    assert history_of(variables) == ("kma_forecast_history", conf)
    with pytest.raises(Misconfigured, match="is no cell of a station"):
        history_of({**variables, "CELLS": "152"})
    with pytest.raises(ServiceError, match="WHAT is 'rain': give observations"):
        history_of({"WHAT": "rain"})


def test_only_people_start_a_load_of_old_forecasts():
    assert in_order(["kma_forecast_history", "kma_forecast", "history"]) == ["history", "kma_forecast"]


def test_an_empty_count_is_like_one_that_is_not_set():
    assert first_load({"WEATHER_FIRST_DAYS": "", "WEATHER_FIRST_STATIONS": " "}) == first_load({})


def test_the_variables_of_make_become_params():
    variables = {
        "FROM": "2020-01-01",
        "TO": "2020-12-31",
        "STATIONS": "108,159",
        "PARALLELISM": "3",
        "AGAIN": "1",
    }

    assert requested_load(variables) == {
        "from": "2020-01-01", "to": "2020-12-31", "stations": "108,159", "parallelism": 3, "again": True,
    }  # fmt: skip
    assert requested_load({}) == {}


@pytest.mark.parametrize(
    ("text", "stations"),
    [("제주", "184"), ("Seoul, 제주,159", "108,159,184"), ("all", "all"), ("143 108", "108,143")],
)
def test_stations_are_given_by_name_or_id(text, stations):
    assert requested_load({"STATIONS": text}) == {"stations": stations}


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"STATIONS": "Soul"}, "did you mean 서울 Seoul (108)?"),
        ({"STATIONS": "108,4711"}, "'4711' is no open station"),
        ({"FROM": "2020-1-1"}, "FROM is '2020-1-1': write a day as 2020-01-31"),
        ({"TO": "yesterday"}, "TO is 'yesterday'"),
    ],
)
def test_a_wrong_argument_is_refused_before_anything_starts(variables, message):
    with pytest.raises((ServiceError, Misconfigured)) as error:
        requested_load(variables)

    assert message in str(error.value)
    assert "\n" not in str(error.value)


class Launched:
    """A launcher whose runs end with given states."""

    def __init__(self, folder, ends):
        self.system, self.ends, self.broken = SimpleNamespace(folder=folder), ends, ()

    def start(self):
        return self

    def dag_ids(self):
        return list(self.ends)

    def run_now(self, dag_id):
        return f"manual__{dag_id}"

    def unpause(self, dag_id, *, paused=False):
        pass

    def follow(self, _api, dag_id, _run_id, _patience):
        return {"state": self.ends[dag_id]}


@pytest.mark.parametrize(("forecast", "status"), [("success", 0), ("skipped", 1), ("failed", 1)])
def test_once_has_succeeded_when_every_pipeline_did_its_work(tmp_path, monkeypatch, capsys, forecast, status):
    monkeypatch.setenv("WEATHER_FIRST_DAYS", "0")
    launcher = Launched(tmp_path, {"data_collection": "success", "forecast": forecast})

    assert once(launcher) == status
    assert json.loads((tmp_path / "summary.json").read_text())["forecast"]["state"] == forecast
    assert (f"Not successful: forecast ({forecast})" in capsys.readouterr().out) == bool(status)


NOW = datetime(2026, 11, 30, 3, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "minutes_ago", "collected"),
    [
        ("success", 39, True),
        ("success", 41, False),
        ("failed", 5, False),
        ("running", 5, True),
        ("running", 600, True),
        ("queued", None, True),
        (None, None, False),
    ],
)
def test_a_start_triggers_no_hour_collected_or_in_progress(state, minutes_ago, collected):
    started = None if minutes_ago is None else NOW - timedelta(minutes=minutes_ago)
    runs = [Run("data_collection", "1", state, None, started)] if state else []
    failed_before = Run("data_collection", "0", "failed", 9.0, NOW - timedelta(hours=3))

    assert is_collected([*runs, failed_before], NOW) == collected


def test_progress_is_reported_once_with_its_task(tmp_path):
    folder = tmp_path / "dag_id=history" / "run_id=manual__1" / "task_id=fetch_history" / "map_index=1"
    folder.mkdir(parents=True)
    log = folder / "attempt=1.log"
    log.write_text(
        json.dumps({"event": "history: months=1/4"}) + "\n" + json.dumps({"event": "asked"}) + "\nhalf"
    )
    progress = Progress(tmp_path, "history", "manual__1")

    assert list(progress.news()) == ["fetch_history[1]: months=1/4"]
    assert list(progress.news()) == []
    with log.open("a") as text:
        text.write('"\n{"event": "history: months=2/4"}\n')
    assert list(progress.news()) == ["fetch_history[1]: months=2/4"]


def test_logs_that_are_deleted_meanwhile_are_skipped(tmp_path, monkeypatch):
    """Else deleting old logs, as `make run` advises when the disk is nearly full, could end it."""
    folder = run_folder(tmp_path, "history", "manual__1")
    folder.mkdir(parents=True)
    (folder / "gone before its time is read.log").symlink_to(tmp_path / "nowhere")
    gone, left = folder / "gone before it is opened.log", folder / "left.log"
    for log in (gone, left):
        log.write_text(json.dumps({"event": "history: begun"}) + "\n")
    os.utime(left, (2**31, 2**31))
    logs = Progress._logs

    def deleted(progress):
        before = logs(progress)
        gone.unlink()
        return before

    monkeypatch.setattr(Progress, "_logs", deleted)

    assert list(Progress(tmp_path, "history", "manual__1").news()) == [": begun"]


def test_once_has_not_succeeded_where_a_pipeline_cannot_be_read(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("WEATHER_FIRST_DAYS", "0")
    launcher = Launched(tmp_path, {"data_collection": "success"})
    launcher.broken = ("pipelines/mine.yml",)

    assert once(launcher) == 1
    assert "Not successful: pipelines/mine.yml (import error)" in capsys.readouterr().out


class Reading:
    """Airflow while it reads a folder of two pipelines."""

    def __init__(self, dags, errors):
        self.dags, self.errors = dags, errors

    def dag_ids(self):
        return self.dags

    def import_errors(self):
        return self.errors


def test_a_broken_pipeline_is_named_and_the_others_run(tmp_path, capsys):
    folder = tmp_path / "pipelines"
    folder.mkdir()
    for name in ("defaults", "mine", "collection"):
        (folder / f"{name}.yml").touch()
    launcher = Launcher(System(tmp_path / "run", Ports(), project=tmp_path))
    broken = {"pipelines/mine.yml": "pipelines/mine.yml:3: error: no"}

    launcher.wait_for_dags(Reading(["data_collection"], broken))
    assert launcher.broken == ("pipelines/mine.yml",)
    assert "pipelines/mine.yml:3: error: no\nThe other pipelines run." in capsys.readouterr().out

    with pytest.raises(ServiceError, match=r"can read no pipeline(.|\n)*mine.yml:3: error: no"):
        launcher.wait_for_dags(Reading([], {**broken, "pipelines/collection.yml": "no"}))
    with pytest.raises(ServiceError, match=r"defaults\.yml:1: error"):
        launcher.wait_for_dags(Reading([], {"pipelines/defaults.yml": "pipelines/defaults.yml:1: error"}))
