"""What a load is started with, and what is told of it on the terminal."""

import json
from datetime import date

import pytest

from embedded.runs import CITIES, Progress, asked_load, first_load
from embedded.services import ServiceError


def test_a_new_system_begins_with_ninety_days_of_ten_cities():
    load = first_load({})

    assert (date.fromisoformat(load["to"]) - date.fromisoformat(load["from"])).days == 89
    assert load["stations"].split(",") == [str(station) for station in sorted(CITIES)]


def test_count_and_span_can_be_chosen_and_be_none():
    load = first_load({"WEATHER_FIRST_DAYS": "3", "WEATHER_FIRST_STATIONS": "12"})

    assert (date.fromisoformat(load["to"]) - date.fromisoformat(load["from"])).days == 2
    assert len(load["stations"].split(",")) == 12
    assert first_load({"WEATHER_FIRST_DAYS": "0"}) is None
    with pytest.raises(ServiceError, match="WEATHER_FIRST_STATIONS is 'many'"):
        first_load({"WEATHER_FIRST_STATIONS": "many"})


def test_the_words_of_make_become_params():
    words = {
        "FROM": "2020-01-01",
        "TO": "2020-12-31",
        "STATIONS": "108,159",
        "PARALLELISM": "3",
        "AGAIN": "1",
    }

    assert asked_load(words) == {
        "from": "2020-01-01", "to": "2020-12-31", "stations": "108,159", "parallelism": 3, "again": True,
    }  # fmt: skip
    assert asked_load({}) == {}


def test_progress_is_told_once_with_its_task_and_nothing_else_of_the_log(tmp_path):
    folder = tmp_path / "dag_id=history" / "run_id=manual__1" / "task_id=fetch_history" / "map_index=1"
    folder.mkdir(parents=True)
    log = folder / "attempt=1.log"
    log.write_text(
        json.dumps({"event": "history: months=1/4"}) + "\n" + json.dumps({"event": "asked"}) + "\nhalf"
    )
    progress = Progress(tmp_path, "manual__1")

    assert list(progress.news()) == ["fetch_history[1] months=1/4"]
    assert list(progress.news()) == []
    with log.open("a") as text:
        text.write('"\n{"event": "history: months=2/4"}\n')
    assert list(progress.news()) == ["fetch_history[1] months=2/4"]
