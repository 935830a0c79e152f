"""`make once`, twice on the same folder: all pipelines run, everything stops, the data stay."""

from dataclasses import asdict

import pytest

from embedded.services import port_is_free
from tests.e2e.conftest import FIRST_STATIONS, LEADS, run_once

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]


def test_once_runs_tells_and_stops(filled):
    summary, output = filled.summary, filled.output
    told, first = summary["data_collection"], summary["history"]

    assert filled.status == 0
    assert first["state"] == "success"
    assert first["rows"] == first["results"]["inserted"] > 0.98 * 89 * 24 * FIRST_STATIONS
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
    assert trained["results"]["deployed"] == (forecast["rows"] == FIRST_STATIONS * LEADS)
    monitored = summary["monitoring"]
    assert {task["state"] for task in monitored["tasks"].values()} == {"success"}
    assert monitored["results"]["verdict"] in {"well", "watch", "act"}
    assert "reports/monitoring/latest.html" in monitored["keys"]
    assert f"verdict: {monitored['results']['verdict']}" in output
    assert "SIMULATED" in output
    assert f"{told['rows']} rows, quality score {told['score']:.3f}" in output
    assert filled.system.keys.password not in output
    assert all(port_is_free(port) for port in asdict(filled.system.ports).values())


def test_run_again_it_keeps_the_data(filled):
    before, again = filled.summary["data_collection"], run_once(filled.system)
    told = again.summary["data_collection"]

    assert again.status == 0
    assert again.summary["history"]["results"]["inserted"] <= 2 * FIRST_STATIONS
    assert told["results"]["equal"] >= before["rows"] - 97 * 2
    assert told["results"]["window_rows"] >= before["results"]["window_rows"] - 97 * 2
