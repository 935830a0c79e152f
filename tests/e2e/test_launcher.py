"""`make once`, twice on the same folder: all pipelines run, everything stops, the data stay."""

import json
from dataclasses import asdict

import pytest

from embedded.__main__ import Launcher, once
from embedded.parts import Ports, System
from embedded.services import port_is_free
from tests.s3_proxy import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
STATIONS = 3


@pytest.fixture
def system(tmp_path):
    return System(tmp_path / "run", Ports(**{name: free_port() for name in Ports.__slots__}))


def run_once(system: System, capsys) -> tuple[int, dict, str]:
    launcher = Launcher(system)
    try:
        status = once(launcher)
    finally:
        launcher.stop()
    summary = json.loads((system.folder / "summary.json").read_text())
    return status, summary, capsys.readouterr().out


def test_once_runs_tells_stops_and_keeps_the_data(system, capsys, monkeypatch):
    monkeypatch.setenv("WEATHER_FIRST_STATIONS", str(STATIONS))
    status, summary, output = run_once(system, capsys)
    told, first = summary["data_collection"], summary["history"]

    assert status == 0
    assert first["state"] == "success"
    assert first["rows"] == first["results"]["inserted"] > 0.98 * 89 * 24 * STATIONS
    assert "stage=publish months=" in output
    assert told["state"] == "success"
    assert told["seconds"] > 0
    assert told["results"]["inserted"] > 250
    assert told["rows"] == told["results"]["inserted"] + told["results"]["equal"]
    assert 0.9 < told["score"] <= 1
    assert any(key.startswith("raw/kma/") for key in told["keys"])
    trained, forecast = summary["model_training"], summary["forecast"]
    assert {task["state"] for task in trained["tasks"].values()} == {"success"}
    # Whether today's made-up weather lets a model through is the gates' business.
    assert f"model_training success, {trained['seconds']:.1f} s" in output
    assert trained["results"]["decision"] in output
    assert trained["results"]["deployed"] == (forecast["rows"] == STATIONS * 24)
    monitored = summary["monitoring"]
    assert {task["state"] for task in monitored["tasks"].values()} == {"success"}
    assert monitored["results"]["verdict"] in {"well", "watch", "act"}
    assert "reports/monitoring/latest.html" in monitored["keys"]
    assert f"verdict: {monitored['results']['verdict']}" in output
    assert "SIMULATED" in output
    assert f"{told['rows']} rows, quality score {told['score']:.3f}" in output
    assert system.keys.password not in output
    assert all(port_is_free(port) for port in asdict(system.ports).values())

    status, summary, _ = run_once(system, capsys)
    again = summary["data_collection"]

    assert status == 0
    assert summary["history"]["results"]["inserted"] <= 2 * STATIONS
    assert again["results"]["equal"] >= told["rows"] - 97 * 2
    assert again["results"]["window_rows"] >= told["results"]["window_rows"] - 97 * 2
