"""A storage that doesn't answer stops our pages, and nothing else of Airflow's API server."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace

import pytest
import requests
import uvicorn
from fastapi import FastAPI

from pages_plugin import PagesPlugin
from tests.plugins.visiting import DAG_IDS, AuthManager, DagModel, airflow_app, bucket, get_user
from views import limit
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.s3_access import PAGE_RETRIES, S3Access

pytestmark = pytest.mark.integration
PAGES_OPEN = 45
"""More than the API server has threads."""


@pytest.fixture
def stalled_s3():
    """Accepts every connection, and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def api_server(stalled_s3, monkeypatch):
    """Address of an app like Airflow's: our views, and a route of its own that runs in a thread."""
    monkeypatch.setattr(airflow_app._AuthManagerState, "instance", AuthManager({"reader": DAG_IDS}))
    monkeypatch.setattr(DagModel, "get_team_name", lambda dag_id: None)
    (mounted,) = PagesPlugin().fastapi_apps
    patience = replace(PAGE_RETRIES, read_s=limit.WAIT_S + 1)
    store = ObjectStore(S3Access("weather", stalled_s3, "somebody", "Geheimnis"), patience)
    mounted["app"].dependency_overrides = {
        bucket: lambda: store,
        get_user: lambda: SimpleNamespace(name="reader"),
    }
    root = FastAPI()
    root.get("/execution")(lambda: "alive")
    root.mount(mounted["url_prefix"], mounted["app"])
    server = uvicorn.Server(uvicorn.Config(root, port=0, log_level="error"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()
    mounted["app"].dependency_overrides = {}


def test_pages_that_wait_for_s3_leave_threads_for_the_api(api_server):
    with ThreadPoolExecutor(PAGES_OPEN) as people:
        pages = [people.submit(requests.get, f"{api_server}/weather/models", timeout=60) for _ in range(45)]
        slowest = 0.0
        while not all(page.done() for page in pages):
            started = time.monotonic()
            assert requests.get(f"{api_server}/execution", timeout=60).json() == "alive"
            slowest = max(slowest, time.monotonic() - started)
            time.sleep(0.1)
    responses = [page.result() for page in pages]

    assert slowest < 1
    assert {response.status_code for response in responses} == {503}
    texts = [response.text for response in responses]
    assert texts.count("The storage doesn't answer. Try again in a minute.") == limit.AT_ONCE
    assert texts.count(limit.BUSY) == PAGES_OPEN - limit.AT_ONCE
    assert all(int(response.headers["Retry-After"]) > 0 for response in responses)
