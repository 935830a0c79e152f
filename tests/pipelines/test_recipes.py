"""The recipes of docs/yaml.md, in both languages: valid, and the notification says what was done."""

import json
import re
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from airflow.providers.http.operators.http import HttpOperator

from weather_mlops.pipelines import formats
from weather_mlops.pipelines.validation import validate

PROJECT = Path(__file__).resolve().parents[2]
PAGES = ("docs/yaml.md", "docs/yaml.ko.md")
FENCE = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
TASK = "    - task_id: "


def recipes(page: str) -> list[str]:
    """The changes that a page describes, each in a block of its own."""
    return FENCE.findall((PROJECT / page).read_text("utf-8"))


def follow(recipe: str, folder: Path) -> None:
    """Do what a recipe says: its comment names the file; a task goes to the end, a pipeline to a new file."""
    (name,) = re.findall(r"# (?:pipelines/)?(\w+\.yml)", recipe)
    file = folder / name
    if not file.exists():
        file.write_text(recipe, "utf-8")
    elif recipe.startswith(TASK):
        file.write_text(file.read_text("utf-8") + recipe, "utf-8")
    else:
        key = recipe.partition(":")[0]
        changed, places = re.subn(
            rf"^{key}:.*\n", lambda _: recipe, file.read_text("utf-8"), count=1, flags=re.MULTILINE
        )
        assert places, recipe
        file.write_text(changed, "utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_a_folder_in_which_every_recipe_is_followed_is_valid(page, tmp_path):
    folder = shutil.copytree(PROJECT / "pipelines", tmp_path / "pipelines")
    for recipe in recipes(page):
        follow(recipe, folder)

    assert len(recipes(page)) >= 4
    assert [str(finding) for finding in validate(folder)] == []


def notification(page: str) -> dict:
    (task,) = [yaml.safe_load(recipe)[0] for recipe in recipes(page) if "providers.http" in recipe]
    return task


class Instance:
    """A task instance that knows what update_data_catalog returned."""

    task_id, map_index = "post_to_webhook", -1

    def xcom_pull(self, task_ids: str) -> dict:
        return {"update_data_catalog": {"inserted": 97, "corrected": 3}}[task_ids]


# The provider imports it from where it was before Airflow 3.
@pytest.mark.filterwarnings("ignore:.*determine_kwargs")
@pytest.mark.parametrize("page", PAGES)
def test_the_notification_posts_figures_to_its_connection_s_url(page, monkeypatch):
    received = []

    class Webhook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            received.append((self.path, self.headers["Content-Type"], json.loads(self.rfile.read(length))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    task = notification(page)
    arguments = {name: value for name, value in task.items() if name not in {"operator", "dependencies"}}
    operator = HttpOperator(**arguments)
    with ThreadingHTTPServer(("127.0.0.1", 0), Webhook) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            host = f"http://127.0.0.1:{server.server_port}/services/T0/B0"
            connection = json.dumps({"conn_type": "http", "host": host})
            monkeypatch.setenv(f"AIRFLOW_CONN_{task['http_conn_id'].upper()}", connection)
            context = {"ti": Instance(), "run_id": 'manual__"1"'}
            operator.render_template_fields(context)
            operator.execute(context)
        finally:
            server.shutdown()
            thread.join()

    text = '97 rows published, 3 corrected: manual__"1"'
    assert received == [("/services/T0/B0", "application/json", {"text": text})]


@pytest.mark.parametrize("page", PAGES)
def test_the_mistake_that_is_shown_is_reported_at_that_place(page, tmp_path):
    folder = shutil.copytree(PROJECT / "pipelines", tmp_path / "pipelines")
    file = folder / "collection.yml"
    file.write_text(file.read_text("utf-8").replace("lookback_hours: 3", "lookback_hour: 3"), "utf-8")
    (shown,) = re.findall(
        r"^```\n(pipelines/.*?)^```$", (PROJECT / page).read_text("utf-8"), re.DOTALL | re.MULTILINE
    )

    printed = formats.text(validate(folder)).replace(f"{tmp_path}/", "")

    assert printed.startswith(shown)


def test_both_languages_have_the_same_recipes():
    def without_words(page: str) -> list[object]:
        return [yaml.safe_load(re.sub(r'echo ".*"', "echo", recipe)) for recipe in recipes(page)]

    assert without_words(PAGES[0]) == without_words(PAGES[1])
