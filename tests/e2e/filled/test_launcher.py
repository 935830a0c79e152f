"""`make once`, twice on the same folder: all pipelines run, everything stops, and the data stay."""

import pytest

from tests.e2e.systems import FIRST_STATIONS, LEADS

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(2400)]


def test_once_runs_all_prints_the_results_and_stops(filled):
    summary, output = filled.summary, filled.output
    collected, first = summary["data_collection"], summary["history"]

    assert first["state"] == "success"
    assert first["results"]["station_hours"] >= first["results"]["inserted"]
    assert first["rows"] == first["results"]["inserted"] > 0.98 * 89 * 24 * FIRST_STATIONS
    assert "publish_history: month " in output
    assert collected["state"] == "success"
    assert collected["seconds"] > 0
    assert collected["results"]["inserted"] > 250
    assert collected["rows"] == collected["results"]["inserted"] + collected["results"]["equal"]
    assert 0.9 < collected["score"] <= 1
    assert any(key.startswith("raw/kma/") for key in collected["keys"])
    issued = summary["kma_forecast"]
    assert issued["state"] == "success"
    assert issued["rows"] == issued["results"]["inserted"] + issued["results"]["corrected"] > 97 * 60
    assert f"imported: files={3 * FIRST_STATIONS} refused=0 " in output
    trained, forecast = summary["model_training"], summary["forecast"]
    assert {task["state"] for task in trained["tasks"].values()} == {"success"}
    # The gates may accept or refuse the model, by today's simulated weather.
    deployed = trained["results"]["deployed"]
    assert f"training air_temperature, lead {LEADS} of {LEADS}, done" in output
    assert f"model_training success, {trained['seconds']:.1f} s" in output
    assert f"air_temperature: {'deployed: ' if deployed else ''}{trained['results']['decision']}" in output
    assert trained["outcomes"][0]["state"] == ("deployed" if deployed else "refused")
    assert deployed == (forecast["rows"] == FIRST_STATIONS * LEADS)
    assert forecast["state"] == ("success" if deployed else "skipped")
    assert deployed or f"forecast skipped: {forecast['reason']}" in output
    assert filled.status == (0 if deployed else 1)
    monitored = summary["monitoring"]
    assert {task["state"] for task in monitored["tasks"].values()} == {"success"}
    # A busy or full machine may be reported; nothing else is wrong with a new system, even an incomplete one.
    problems = {
        problem
        for name, breaches in monitored["results"].items()
        if name.endswith("_breaches")
        for problem in breaches
    }
    assert {problem.partition(":")[0] for problem in problems} <= {
        "cpu_busy",
        "memory_full",
        "disk_full",
        "s3_slow",
    }
    assert problems or monitored["results"]["verdict"] in {"well", "starting"}, monitored["results"][
        "reasons"
    ]
    assert "reports/monitoring/latest.html" in monitored["keys"]
    assert f"verdict: {monitored['results']['verdict']}" in output
    assert "SIMULATED" in output
    assert f"{collected['rows']} rows, quality score {collected['score']:.3f}" in output
    assert filled.system.keys.password not in output
    assert filled.is_stopped


def test_run_again_it_keeps_the_data(filled, filled_again):
    before, after = filled.summary["data_collection"], filled_again.summary["data_collection"]

    assert filled_again.summary["history"]["state"] == "success"
    assert filled_again.summary["history"]["results"]["inserted"] <= 2 * FIRST_STATIONS
    assert after["results"]["equal"] >= before["rows"] - 97 * 2
    assert "corrected=0 " in filled_again.output.partition("imported: files=")[2].partition("\n")[0]
    assert after["results"]["window_rows"] >= before["results"]["window_rows"] - 97 * 2
