"""The operators of the KMA's forecast: when they wait, and which providers they ask."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from hooks.kma import forecast_clients
from operators.kma_forecast import CollectKmaForecastOperator
from weather_mlops.errors import KeyRefused, Misconfigured
from weather_mlops.ingest.kma_forecast.run import CollectionRun
from weather_mlops.kma.client import UncountedCalls
from weather_mlops.kma.forecast.endpoints import DATA_GO_KR_URL
from weather_mlops.kma.forecast.issues import is_issue, newest_issue

HUB = "https://apihub.kma.go.kr/api/typ01/url"
KMA = json.dumps({"conn_type": "http", "host": HUB, "password": "a-key-of-the-hub"})
PORTAL = json.dumps({"conn_type": "http", "host": DATA_GO_KR_URL, "password": "a-key-of-the-portal"})


class Lake:
    """Of the hook, what a look needs."""

    store = catalog = None

    def __init__(self, *_):
        pass


@pytest.fixture
def collect(monkeypatch):
    """Runs the first task; the look is a function of the run and of whether it is the last one."""

    def run(look, *, kind="scheduled", timeout=timedelta(hours=4), looks=None):
        monkeypatch.setattr("hooks.lake.LakeHook", Lake)
        monkeypatch.setattr("hooks.kma.forecast_clients", lambda *_: [])
        monkeypatch.setattr("weather_mlops.lake.quota.DailyCalls", lambda *_, **__: None)
        monkeypatch.setattr(CollectionRun, "look", lambda self, _clients, _now, last: look(self, last))
        now = datetime.now(UTC)
        dag_run = type("Run", (), {"data_interval_end": now, "run_after": now, "run_type": kind})
        dag = type("Dag", (), {"dag_id": "kma_forecast"})
        operator = CollectKmaForecastOperator(task_id="collect_kma_forecast", publication_timeout=timeout)
        context = {"dag_run": dag_run, "dag": dag, "run_id": "scheduled__1"}
        if looks is None:
            return operator.execute(context)
        return operator.look_again(context, None, looks)

    return run


@pytest.mark.parametrize("looks", [None, 1, 5])
def test_an_issue_that_is_not_out_is_waited_for_deferred(collect, looks):
    before = datetime.now(UTC)
    with pytest.raises(TaskDeferred) as deferred:
        collect(lambda *_: None, looks=looks)

    wait = min(2 ** (looks or 0), 4) * timedelta(minutes=1)
    assert deferred.value.kwargs == {"looks": (looks or 0) + 1}
    assert before + wait <= deferred.value.trigger.moment <= datetime.now(UTC) + wait


def test_a_look_after_the_timeout_is_the_last_one(collect):
    seen = []

    class Done:
        def as_dict(self):
            return {"rows": 1}

    def look(_run, last):
        seen.append(last)
        return Done()

    assert collect(look) == {"rows": 1}
    collect(look, timeout=timedelta(0))
    assert seen == [False, True]


def test_what_cannot_pass_ends_the_task(collect):
    def look(*_):
        raise KeyRefused("no provider: serviceKey=Geheimnis")

    with pytest.raises(AirflowFailException, match=r"KeyRefused: no provider: serviceKey=\*\*\*"):
        collect(look)


@pytest.mark.parametrize("kind", ["scheduled", "manual"])
def test_a_run_is_for_an_issue_of_the_kma(collect, kind):
    runs = []

    def look(run, _last):
        runs.append(run)

    with pytest.raises(TaskDeferred):
        collect(look, kind=kind)
    assert is_issue(runs[0].own)
    if kind == "manual":  # one that is out
        assert runs[0].own <= newest_issue(datetime.now(UTC))
    assert len(runs[0].settings.cells) == 97


@pytest.fixture
def providers(monkeypatch):
    """Names of the providers that are asked, with these connections."""

    def named(kma, data_go_kr, kma_conn_id="kma_default", data_go_kr_conn_id="data_go_kr_default"):
        for name, connection in (("KMA", kma), ("DATA_GO_KR", data_go_kr)):
            variable = f"AIRFLOW_CONN_{name}_DEFAULT"
            monkeypatch.delenv(variable, raising=False)
            if connection:
                monkeypatch.setenv(variable, connection)
        budget = UncountedCalls()
        clients = forecast_clients(kma_conn_id, budget, data_go_kr_conn_id, budget)
        return [client.provider.source for client in clients]

    return named


def test_each_provider_that_is_configured_is_asked_the_hub_first(providers):
    assert providers(KMA, PORTAL) == ["api_hub", "data_go_kr"]
    assert providers(KMA, None) == ["api_hub"]
    assert providers(None, PORTAL) == ["data_go_kr"]
    assert providers(KMA, PORTAL, kma_conn_id="") == ["data_go_kr"]
    assert providers(KMA, PORTAL, data_go_kr_conn_id="") == ["api_hub"]


def test_a_connection_without_a_key_is_one_that_is_not_defined(providers, caplog):
    without_a_key = json.dumps({"conn_type": "http", "host": "", "password": ""})

    assert providers(KMA, without_a_key) == ["api_hub"]
    assert "isn't used" not in caplog.text


def test_a_connection_that_cannot_be_used_leaves_the_other_one(providers, caplog):
    wrong = json.dumps({"conn_type": "http", "host": f"{HUB}?authKey=Geheimnis", "password": "Geheimnis"})

    assert providers(wrong, PORTAL) == ["data_go_kr"]
    assert providers(KMA, wrong) == ["api_hub"]
    assert "Geheimnis" not in caplog.text


def test_no_usable_connection_at_all_is_a_mistake(providers):
    with pytest.raises(Misconfigured, match="kma_default isn't defined") as raised:
        providers(None, None, data_go_kr_conn_id="")
    assert "Geheimnis" not in str(raised.value)
    with pytest.raises(Misconfigured, match="both empty"):
        providers(KMA, PORTAL, kma_conn_id="", data_go_kr_conn_id="")
