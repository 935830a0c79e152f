"""Every text that we deliver to Airflow's UI exists in Korean; a new one without it is named here."""

import importlib
import pkgutil
from pathlib import Path

import pytest
from airflow.sdk import BaseOperator

import operators
from views.navigation import VIEWS
from weather_mlops.pages.airflow_answers import korean_first, korean_texts
from weather_mlops.pages.messages.airflow import PARAMS, PIPELINES
from weather_mlops.pipelines import notes
from weather_mlops.pipelines.folder import pipeline_files
from weather_mlops.pipelines.parser import load

FILES = pipeline_files(Path(__file__).resolve().parents[2] / "pipelines")
DAGS = {dag_id: dag for file in FILES for dag_id, dag in load(file).data.items()}


def missing(texts):
    return sorted(set(texts) - set(korean_texts()))


def test_every_entry_of_the_navigation_has_a_korean_name():
    assert missing(view["name"] for view in VIEWS) == []


def test_every_button_of_a_task_has_a_korean_name():
    modules = [
        importlib.import_module(f"operators.{module.name}")
        for module in pkgutil.iter_modules(operators.__path__)
    ]
    classes = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, BaseOperator)
    }
    names = {link.name for each in classes for link in each.operator_extra_links}

    assert "Model card" in names
    assert missing(names) == []


def test_every_description_is_delivered_in_korean():
    params = [param for dag in DAGS.values() for param in dag.get("params", {}).values()]
    described = {each["description"] for each in (*DAGS.values(), *params)}

    assert missing(described) == []
    assert {text.en for text in (*PIPELINES, *PARAMS)} - described == set(), "not delivered any more"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_notes_of_a_pipeline_begin_in_korean(file):
    own = notes.read(file)
    for name, note in {"": own.pipeline, **own.tasks}.items():
        ordered = korean_first(note).split("\n\n")

        assert sorted(ordered) == sorted(note.split("\n\n")), name
        half = len(ordered) // 2
        assert "\n\n".join([*ordered[half:], *ordered[:half]]) == note, name
