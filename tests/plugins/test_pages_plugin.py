"""Pages from S3: which ones, for whom, and what a browser may do with them."""

import json
import re
import subprocess
import sys
import warnings
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from operators.links import PAGES_URL
from pages_plugin import PagesPlugin
from tests.lake.conftest import access, proxy, server, store  # noqa: F401  fixtures
from tests.model.evaluations import evaluation
from weather_mlops.browsing.documents import PAGES
from weather_mlops.model.evaluation import CARD as CARD_NAME
from weather_mlops.model.plan import version_of
from weather_mlops.model.registry import Registry
from weather_mlops.model.targets import TARGETS
from weather_mlops.monitoring.report import LATEST_HTML

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "Using `httpx` with `starlette.testclient`")  # which Airflow imports
    from airflow.api_fastapi import app as airflow_app
    from airflow.api_fastapi.core_api.security import get_user
    from airflow.models.dag import DagModel
    from fastapi import FastAPI
    from fastapi.testclient import TestClient

pytestmark = pytest.mark.integration
PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
KEY = "models/air_temperature/versions/20261123T030000Z-a1b2/card.html"
CARD = b"<!doctype html><style>p{color:red}</style><svg></svg><p>Card</p><script>alert(1)</script>"
MAY_READ = {"reader": {"model_training"}, "stranger": {"data_collection"}}
OTHER_KEYS = [
    "",
    "models/air_temperature/champion.json",
    "models/air_temperature/versions/v1/model.ubj",
    "models/air_temperature/versions/v1/card.html/",
    "models/air_temperature/versions/v1/card.html%0a",
    "models/air_temperature/versions/v1/card.html%00",
    "models/air_temperature/versions/v1/cardxhtml",
    "models/air_temperature/versions/%2e%2e/card.html",
    "models/air_temperature/versions/..%2f..%2f..%2fraw/card.html",
    "models/%2e%2e/versions/v1/card.html",
    "models%2fair_temperature%2fversions%2fv1%2fcard.html",
    "models/air_temperature%2fversions/v1/card.html",
    "models/air_temperature/versions/%76%31/card.html",
    "models/air_temperature/versions/%252e%252e/card.html",
    "models/air_temperature/versions/v1%5c..%5c/card.html",
    "models/../versions/v1/card.html",
    "/models/air_temperature/versions/v1/card.html",
    "%2fmodels/air_temperature/versions/v1/card.html",
    "%2fetc%2fpasswd",
    "s3://weather/models/air_temperature/versions/v1/card.html",
    "xmodels/air_temperature/versions/v1/card.html",
    "models/air_temperature/versions/기온/card.html",
    "raw/kma/a.txt.gz",
    "warehouse/catalog.json",
]


@pytest.fixture
def address(monkeypatch, access):  # noqa: F811  the fixture
    """Points Airflow's connection to a bucket by the environment, as in the API server."""

    def point(endpoint_url: str = access.endpoint_url, bucket: str = access.bucket) -> None:
        connection = {
            "conn_type": "aws",
            "login": access.access_key_id,
            "password": access.secret_access_key,
            "extra": {"endpoint_url": endpoint_url, "region_name": access.region},
        }
        monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps(connection))
        monkeypatch.setenv("WEATHER_BUCKET", bucket)

    point()
    return point


@pytest.fixture
def visit(monkeypatch, store, address):  # noqa: F811  the fixture
    """Requests pages of the plugin's app, with a table of permissions instead of Airflow's database."""

    class AuthManager:
        def is_authorized_dag(self, *, method, details, user, access_entity=None):
            assert method == "GET"
            return details.id in MAY_READ[user.name]

        def get_url_login(self):
            return "/auth/login"

    monkeypatch.setattr(airflow_app._AuthManagerState, "instance", AuthManager())
    monkeypatch.setattr(DagModel, "get_team_name", lambda dag_id: None)
    (mounted,) = PagesPlugin().fastapi_apps
    overrides = mounted["app"].dependency_overrides
    root = FastAPI()
    root.mount(mounted["url_prefix"], mounted["app"])
    client = TestClient(root, follow_redirects=False)

    def get(key: str = KEY, user: str | None = "reader", **headers: str):
        overrides.clear()
        if user:
            overrides[get_user] = lambda: SimpleNamespace(name=user)
        return client.get(f"/{PAGES_URL}/{key}", headers=headers)

    store.put(KEY, CARD, "application/octet-stream")
    yield get
    overrides.clear()


def test_a_reader_of_the_dag_sees_the_page_as_it_is_stored(visit):
    response = visit()

    assert response.status_code == 200
    assert response.content == CARD
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"


def test_a_card_is_drawn_in_the_language_of_the_browser(visit, store):  # noqa: F811  the fixture
    store.put(KEY.replace("card.html", "evaluation.json"), json.dumps(evaluation()).encode())

    assert "<h1>Air temperature, 1–48\u00a0h ahead</h1>" in visit().text
    korean = visit(**{"Accept-Language": "ko-KR"})
    assert "선행시간별 정확도" in korean.text
    assert visit(user="stranger").status_code == 403
    assert visit(**{"Accept-Language": "ko-KR", "If-None-Match": korean.headers["ETag"]}).status_code == 304


def test_the_browser_may_run_and_load_nothing(visit):
    response = visit()
    policy = dict(part.split(" ", 1) for part in response.headers["Content-Security-Policy"].split("; "))

    assert policy == {
        "default-src": "'none'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "font-src": "'self' data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self'",
    }
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert response.headers["Cache-Control"] == "private, no-cache"


def test_without_permission_no_page_reveals_whether_it_exists(visit):
    for key in (KEY, KEY.replace("a1b2", "none")):
        response = visit(key, user="stranger")
        assert (response.status_code, response.text) == (403, "Forbidden")


@pytest.mark.parametrize("key", [KEY, "raw/kma/a.txt.gz"])
def test_without_login_programs_are_refused_people_redirected(visit, key):
    assert visit(key, user=None).status_code == 401

    response = visit(key, user=None, Accept="text/html,*/*;q=0.8")
    assert response.status_code == 307
    back = f"/{PAGES_URL}/{key}".replace("/", "%2F")
    assert response.headers["Location"] == f"/auth/login?next={back}"


@pytest.mark.parametrize("key", OTHER_KEYS)
def test_nothing_else_of_the_bucket_is_shown(visit, store, monkeypatch, key):  # noqa: F811  the fixture
    monkeypatch.setattr(type(store), "get", lambda *_: pytest.fail("S3 was asked"))

    assert visit(key).status_code == 404


def test_a_page_that_is_gone_is_not_found(visit):
    response = visit(KEY.replace("a1b2", "none"))

    assert (response.status_code, response.text) == (404, "There is no such page.")


def test_a_page_that_has_not_changed_is_not_sent_again(visit, store):  # noqa: F811  the fixture
    tag = visit().headers["ETag"]

    for known in (tag, f'"other", W/{tag}'):
        response = visit(**{"If-None-Match": known})
        assert (response.status_code, response.content, response.headers["ETag"]) == (304, b"", tag)

    store.put(KEY, CARD + b"more")
    response = visit(**{"If-None-Match": tag})
    assert (response.status_code, response.content) == (200, CARD + b"more")


def test_without_permission_an_unchanged_page_is_refused_too(visit):
    tag = visit().headers["ETag"]

    assert visit(user="stranger", **{"If-None-Match": tag}).status_code == 403


def test_a_storage_that_does_not_answer_is_named_in_plain_words(visit, address, proxy, caplog):  # noqa: F811
    address(endpoint_url=proxy.url)
    requests = []
    proxy.unavailable = lambda *request: not requests.append(request)
    response = visit()
    proxy.unavailable = None

    assert response.status_code == 503
    assert len(requests) == 1, "a person doesn't wait for several attempts"
    assert response.text == "The storage doesn't answer. Try again in a minute."
    assert "SlowDown" in caplog.text
    assert "Geheimnis" not in caplog.text


def test_a_storage_that_refuses_has_a_message_of_its_own(visit, address, caplog):
    address(bucket="none-such")
    response = visit()

    assert response.status_code == 502
    assert response.text == "The storage can't be read: the API server's log says why."
    assert "there is no such bucket" in caplog.text


@pytest.mark.parametrize("path", ["docs", "redoc", "openapi.json"])
def test_the_app_does_not_describe_itself_to_strangers(visit, path):
    assert visit(f"../{path}", user=None).status_code == 404


@pytest.mark.parametrize("target", TARGETS)
def test_every_card_of_the_registry_is_such_a_page(target):
    version = version_of("model_training/manual__2026-11-23T03:00:00+00:00", datetime.now(UTC))
    key = Registry(None, target).key(version, CARD_NAME)

    assert [page.dag_id for page in PAGES if re.fullmatch(page.key, key)] == ["model_training"]


@pytest.mark.parametrize(
    ("key", "dag_ids"),
    [
        (LATEST_HTML, ["monitoring"]),
        ("reports/monitoring/2026/11/25/1230.html", ["monitoring"]),
        ("reports/monitoring/2026/11/25/1230.json", []),
        ("reports/monitoring/../keys.html", []),
    ],
)
def test_monitoring_reports_are_pages_and_other_files_are_not(key, dag_ids):
    assert [page.dag_id for page in PAGES if re.fullmatch(page.key, key)] == dag_ids


def test_every_page_belongs_to_an_existing_dag():
    files = (PLUGINS.parent / "pipelines").glob("*.yml")
    dag_ids = {dag_id for file in files for dag_id in yaml.safe_load(file.read_text("utf-8"))}

    assert {page.dag_id for page in PAGES} <= dag_ids


def test_airflow_s_other_components_do_not_import_the_app():
    code = """
import sys, pages_plugin
print({"fastapi", "boto3", "views", "hooks", "operators", "weather_mlops"} & set(sys.modules))
print(any(name.startswith("views") for name in sys.modules))
"""
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=PLUGINS, capture_output=True, text=True, check=True
    )

    assert result.stdout.split("\n")[:2] == ["set()", "False"]
