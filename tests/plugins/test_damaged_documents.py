"""Damaged documents on S3: a page says which one is damaged, and a task gets one kind of error."""

import json
from contextlib import suppress
from copy import deepcopy

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.browsing import forecast_world, made, verification_world
from tests.browsing.memory import Memory
from tests.model.sealed import unchecked
from tests.monitoring.reported import healthy, held
from tests.plugins.visiting import DAG_IDS, Visits
from weather_mlops.documents import forecast_pages, verification_windows
from weather_mlops.errors import WeatherError
from weather_mlops.lake import documents
from weather_mlops.lake.raw import sidecar_of
from weather_mlops.model.registry import Registry
from weather_mlops.monitoring import (
    alert_run,
    champion,
    cleanup,
    cleanup_record,
    daily_sums,
    report,
    seasons,
    stations,
    validation_results,
)
from weather_mlops.monitoring.alert_state import Alert
from weather_mlops.monitoring.figures.data import DriftFigures

TARGET = "air_temperature"
RUN = "scheduled__1"
SCRIPT = '"><script>alert(1)</script>'
EVIL = f"{SCRIPT}'\u202e<img src=x onerror=alert(1)>"
HOSTILE = [
    None,
    True,
    -1,
    0,
    10**400,
    1e308,
    -1e308,
    float("nan"),
    float("inf"),
    "",
    "x",
    EVIL,
    "../../secrets",
    "9999-12-31T23:59:59+00:00",
    "0001-01-01T00:00:00+00:00",
    "2026-11-26T08:30:00",
    [],
    {},
    [[]],
    {"a": None},
    [EVIL] * 3,
]
GONE = object()
DEEP, HUGE = b"[" * 100_000, b" " * 17_000_000
BYTES = [b"", b"\xff\xfe{}", DEEP, b'{"a":' * 100_000, b"null", b"1" * 5_000, b"\x00", HUGE]


def world():
    """The objects of a bucket with each kind of document, and what a task and the pages also need."""
    store = Memory()
    made.models(store, days=4, files=0)
    made.reports(store, days=0)
    made.responses(store, 1)
    alert = Alert("system_health", held("disk_full", 97, 90, "%", "/d"), made.NOW, made.NOW)
    store.put(alert_run.KEY, alert_run.State({"disk_full:/d": alert}, "run", made.NOW, [alert]).as_json())
    forecasts = forecast_world.document([90, 108], {"90": "silent"})
    store.put(forecast_pages.KEY, json.dumps(forecasts).encode())
    rows = verification_world.rows(2, stations=(90, 108), leads=range(1, 4))
    store.put(verification_windows.KEY, json.dumps(verification_world.document(rows)).encode())
    return store.objects


WORLD = world()
CHAMPION = json.loads(WORLD[f"models/{TARGET}/champion.json"])["version"]
HISTORY = f"models/{TARGET}/history.jsonl"
DOCUMENTS = sorted(key for key in WORLD if key.endswith((".json", ".jsonl")))
PAGES = [
    "models",
    f"models?target={TARGET}",
    "monitoring",
    "pages/reports/monitoring/latest.html",
    "monitoring?day=2026-11-26",
    "alerts",
    "forecasts",
    f"forecasts/{TARGET}/108",
    "verification",
    "verification?days=365&by=n",
    f"raw?dag_id=data_collection&run_id={RUN}",
]

SHOWN = {
    f"models/{TARGET}/champion.json": "models",
    f"models/{TARGET}/versions/{CHAMPION}/manifest.json": "models",
    HISTORY: f"models?target={TARGET}",
    "reports/monitoring/latest.json": "monitoring",
    alert_run.KEY: "alerts",
    forecast_pages.KEY: "forecasts",
    verification_windows.KEY: "verification",
    sidecar_of(made.raw_key()): f"raw?dag_id=data_collection&run_id={RUN}",
}


def value_paths(tree, path=()):
    """Paths of all values in a document."""
    yield path
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for name, value in inner:
        yield from value_paths(value, (*path, name))


def changed(tree, path, value):
    if not path:
        return {} if value is GONE else value
    tree = deepcopy(tree)
    inner = tree
    for name in path[:-1]:
        inner = inner[name]
    if value is GONE:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return tree


@st.composite
def damages(draw):
    """A document's key, and the bytes that replace it."""
    key = draw(st.sampled_from(DOCUMENTS))
    if draw(st.integers(0, 9)) == 0:
        whole = draw(st.sampled_from(BYTES))
        return key, whole or WORLD[key][: draw(st.integers(0, len(WORLD[key])))]
    first, *rest = WORLD[key].split(b"\n") if key == HISTORY else [WORLD[key]]
    tree = json.loads(first)
    for _ in range(draw(st.integers(1, 3))):
        known = list(value_paths(tree))
        # Deep values outnumber the others by far: each depth gets the same chance.
        depth = draw(st.sampled_from(sorted({len(path) for path in known})))
        path = draw(st.sampled_from([path for path in known if len(path) == depth]))
        tree = changed(tree, path, draw(st.sampled_from([GONE, *HOSTILE])))
    return key, b"\n".join([json.dumps(tree).encode(), *rest])


@pytest.fixture(scope="module")
def bucket_in_memory():
    return Memory()


@pytest.fixture(scope="module")
def visit(bucket_in_memory):
    with pytest.MonkeyPatch.context() as patch, made.database() as session:
        made.Runs(session).add("data_collection", RUN, made.collection([made.raw_key()]))
        visits = Visits(patch.setattr, bucket_in_memory, session, {"reader": DAG_IDS})
        yield visits
        visits.close()


def everywhere(value):
    """The champion with a value as its decision's author, which the pages show most often."""
    return f"models/{TARGET}/champion.json", json.dumps(
        {**json.loads(WORLD[f"models/{TARGET}/champion.json"]), "by": value}
    ).encode()


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(damage=damages())
@example(damage=everywhere(None))
@example(damage=everywhere(7))
@example(damage=(f"models/{TARGET}/champion.json", DEEP))
@example(damage=(sidecar_of(made.raw_key()), b'{"fetched_at": "0001-01-01T00:00:00+00:00"}'))
def test_a_page_of_damaged_documents_is_shown_and_names_them(visit, bucket_in_memory, damage):
    key, body = damage
    bucket_in_memory.objects = {**WORLD, key: body}
    for page in PAGES:
        response = visit(page)
        assert response.status_code in {200, 404}, (page, response.text)
        assert SCRIPT not in response.text
        assert "<img" not in response.text
        assert "\u202e" not in response.text


@pytest.mark.parametrize("key", SHOWN)
@pytest.mark.parametrize("body", BYTES[1:])
def test_a_page_names_the_document_that_is_no_json(visit, bucket_in_memory, key, body):
    bucket_in_memory.objects = {**WORLD, key: body}
    page = visit(SHOWN[key])

    assert page.status_code == 200
    assert key in page.text


@settings(max_examples=80)
@given(damage=damages())
def test_tasks_survive_damaged_documents_or_raise_our_errors(damage):
    key, body = damage
    store = Memory({**WORLD, key: body})
    registry = Registry(store, TARGET)
    for reading in (
        registry.champion,
        registry.decisions,
        lambda: registry.manifest(CHAMPION),
        lambda: registry.rollback(None, at=made.NOW, by="kim", reason="", check=unchecked),
        lambda: cleanup.champions(registry),
        lambda: champion.load(store, TARGET, None, made.NOW),
    ):
        with suppress(WeatherError):
            reading()
    if not key.startswith("reports/"):
        return
    report.publish(store, healthy(), now=made.NOW + made.HALF_HOUR, language="en", run="monitoring/2")
    assert SCRIPT not in store.get(report.LATEST_HTML).decode()


@pytest.mark.parametrize(
    "body", [*BYTES, b'{"at": 1}', b'{"days": 3}', b'{"counted_since": "x"}', b'{"a": 1}']
)
def test_damaged_state_between_runs_is_measured_again(body):
    store = Memory(
        dict.fromkeys(
            [
                seasons.DRIFT_KEY,
                stations.SENSORS_KEY,
                validation_results.CORRECTIONS,
                cleanup_record.RECORD,
                daily_sums.key(TARGET),
            ],
            body,
        )
    )

    assert documents.read_or_none(store, seasons.DRIFT_KEY, DriftFigures, "it is measured again") is None
    assert stations.load_off_sensors(store) == {}
    assert validation_results._stored_corrections(store) == {}
    assert cleanup_record.last_done(store) is None
    assert daily_sums.load(store, TARGET) == daily_sums.DailySums()
