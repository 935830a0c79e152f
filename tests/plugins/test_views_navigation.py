"""The entries of the navigation bar and the tabs, as Airflow's UI requires them."""

import re
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest
from airflow.api_fastapi.core_api.datamodels.plugins import ExternalViewResponse

from pages_plugin import PagesPlugin
from tests.plugins.test_views_guard import routes

VIEWS = PagesPlugin().external_views


def test_there_are_six_entries_and_a_tab_on_each_page():
    nav = {view["name"]: view["href"] for view in VIEWS if view["destination"] == "nav"}
    tabs = {view["destination"] for view in VIEWS if view["name"] == "Documents"}

    assert nav == {
        "Weather": "weather/",
        "Data quality": "weather/quality",
        "Monitoring": "weather/monitoring",
        "Forecasts": "weather/forecasts",
        "Verification": "weather/verification",
        "Models": "weather/models",
    }
    assert all(view["nav_top_level"] for view in VIEWS if view["destination"] == "nav")
    assert tabs == {"dag", "dag_run", "task", "task_instance"}


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view["url_route"])
def test_airflow_takes_each_entry_under_any_address_prefix(view):
    entry = ExternalViewResponse.model_validate(view)

    assert entry.url_route
    assert entry.href.startswith("weather/")
    assert set(re.findall(r"{(\w+)}", entry.href)) <= {"DAG_ID", "RUN_ID", "TASK_ID", "MAP_INDEX"}


def test_the_ui_finds_a_view_by_its_route_alone():
    assert len({view["url_route"] for view in VIEWS}) == len(VIEWS)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view["url_route"])
def test_icons_are_drawings_of_our_own_that_need_no_request(view):
    for name in ("icon", "icon_dark_mode"):
        kind, _, drawn = view[name].partition(",")
        assert kind == "data:image/svg+xml"
        assert not ET.fromstring(unquote(drawn)).findall(".//{*}image")


def test_every_view_leads_to_an_existing_route():
    paths = {path.removeprefix("/") for path, _ in routes()}
    waiting = {"forecasts"}  # of a router that is not included yet

    assert {view["href"].removeprefix("weather/").partition("?")[0] for view in VIEWS} <= paths | waiting
