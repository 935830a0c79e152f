"""A task's button leads to the page it returned the key of, and is absent where there is none."""

import pytest
from airflow.sdk import DAG, BaseOperator
from airflow.sdk.execution_time.xcom import XCom
from airflow.sdk.types import TaskInstanceKey
from airflow.serialization.serialized_objects import DagSerialization

from operators.links import PageLink

KEY = "models/air_temperature/versions/v1/card.html"
TI = TaskInstanceKey("model_training", "evaluate_model", "manual__1", map_index=3)


class Evaluates(BaseOperator):
    operator_extra_links = (PageLink("Model card", "card_key"), PageLink("Report", "report_key"))

    def __init__(self, *, target, **kwargs):
        super().__init__(**kwargs)
        self.target = target


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
def test_the_link_leads_to_the_page_of_this_very_task(monkeypatch, returned, address):
    asked = []
    monkeypatch.setattr(XCom, "get_value", lambda **what: asked.append(what) or returned)

    assert PageLink("Model card", "card_key").get_link(None, ti_key=TI) == address
    assert asked == [{"ti_key": TI, "key": "return_value"}]


def test_a_mapped_task_keeps_its_links_on_the_way_to_the_api_server_which_needs_no_plugin_for_them():
    with DAG("model_training", schedule=None) as dag:
        Evaluates.partial(task_id="mapped").expand(target=["a", "b"])
        Evaluates(task_id="plain", target="a")
    read = DagSerialization.from_dict(DagSerialization.to_dict(dag))

    for task in read.tasks:
        links = {name: link.xcom_key for name, link in task.operator_extra_link_dict.items()}
        assert links == {"Model card": "_link_card_key", "Report": "_link_report_key"}
