"""A task's button leads to the page it returned the key of, and is absent where there is none."""

import pytest
from airflow.sdk import DAG, BaseOperator
from airflow.sdk.execution_time.xcom import XCom
from airflow.sdk.types import TaskInstanceKey
from airflow.serialization.serialized_objects import DagSerialization

from operators.collection import CollectWeatherDataOperator, ValidateDataQualityOperator
from operators.history import ValidateHistoryOperator
from operators.links import PageLink, RunLink
from operators.monitoring import GenerateReportOperator
from operators.training import EvaluateModelOperator

KEY = "models/air_temperature/versions/v1/card.html"
TI = TaskInstanceKey("model_training", "evaluate_model", "manual__1", map_index=3)


class Evaluates(BaseOperator):
    operator_extra_links = (PageLink("Model card", "card_key"), PageLink("Report", "report_key"))

    def __init__(self, *, target, **kwargs):
        super().__init__(**kwargs)
        self.target = target


@pytest.fixture
def left(monkeypatch):
    """XComs of the task, by key."""
    xcoms = {}

    def get_value(*, ti_key, key):
        assert ti_key == TI
        return xcoms.get(key)

    monkeypatch.setattr(XCom, "get_value", get_value)
    return xcoms


@pytest.mark.parametrize(
    ("returned", "address"),
    [
        ({"card_key": KEY, "mae": 1.2}, f"weather/pages/{KEY}"),
        ({"mae": 1.2}, ""),
        ({"card_key": None}, ""),
        (None, ""),
        ([KEY], ""),
    ],
    ids=["a key", "another dict", "no key", "skipped or failed", "no dict"],
)
def test_the_link_leads_to_the_page_of_this_very_task(left, returned, address):
    left["return_value"] = returned

    assert PageLink("Model card", "card_key").get_link(None, ti_key=TI) == address


def test_a_failed_task_leaves_the_key_of_its_page_in_an_xcom(left):
    left["card_key"] = KEY

    assert PageLink("Model card", "card_key").get_link(None, ti_key=TI) == f"weather/pages/{KEY}"


@pytest.mark.parametrize(
    ("view", "address"),
    [
        ("raw", "weather/raw?dag_id=model_training&run_id=manual__1"),
        (
            "documents",
            "weather/documents?dag_id=model_training&run_id=manual__1&task_id=evaluate_model&map_index=3",
        ),
    ],
)
def test_several_documents_are_listed_by_a_view(left, view, address):
    link = RunLink("All of them", "keys", view)
    assert link.get_link(None, ti_key=TI) == ""

    left["return_value"] = {"keys": []}
    assert link.get_link(None, ti_key=TI) == ""
    left["return_value"] = {"keys": ["a", "b"]}
    assert link.get_link(None, ti_key=TI) == address


def test_each_operator_with_documents_has_a_button_for_them():
    buttons = {
        operator: {link.name: link.entry for link in operator.operator_extra_links}
        for operator in (
            CollectWeatherDataOperator,
            ValidateDataQualityOperator,
            ValidateHistoryOperator,
            EvaluateModelOperator,
            GenerateReportOperator,
        )
    }

    assert list(buttons.values()) == [
        {"Raw responses": "raw_keys"},
        {"Data Docs": "docs_key"},
        {"Data Docs": "docs_keys"},
        {"Model card": "card_key"},
        {"Report": "report_key", "Latest report": "latest_key"},
    ]


def test_mapped_tasks_keep_their_links_in_the_serialized_dag():
    with DAG("model_training", schedule=None) as dag:
        Evaluates.partial(task_id="mapped").expand(target=["a", "b"])
        Evaluates(task_id="plain", target="a")
    read = DagSerialization.from_dict(DagSerialization.to_dict(dag))

    for task in read.tasks:
        links = {name: link.xcom_key for name, link in task.operator_extra_link_dict.items()}
        assert links == {"Model card": "_link_card_key", "Report": "_link_report_key"}
