"""Boosters stored by each XGBoost of requirements.txt: any of them loads here, and forecasts the same.

Python 3.11 gets another XGBoost than later Pythons, and a bucket outlives both: the champion that one of them
trained is what the other one forecasts with, after an upgrade and after a way back.
"""

import json
import re
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parent / "stored"
PROJECT = Path(__file__).resolve().parents[2]
STORED = sorted(file.stem.removeprefix("xgboost_") for file in FOLDER.glob("*.ubj"))


@pytest.mark.parametrize("version", STORED)
def test_a_booster_of_each_xgboost_loads_and_forecasts_the_same(version):
    from xgboost import Booster

    stored = json.loads((FOLDER / f"xgboost_{version}.json").read_text())
    rows = np.array(stored["rows"], np.float32)
    # As model/forecaster.py loads and asks it.
    booster = Booster({"nthread": 1}, model_file=bytearray((FOLDER / f"xgboost_{version}.ubj").read_bytes()))

    assert stored["xgboost"] == version
    assert np.isnan(rows).any()
    assert np.std(stored["forecast"]) > 0.5
    assert booster.inplace_predict(rows) == pytest.approx(np.array(stored["forecast"]), rel=1e-6, abs=1e-6)
    assert booster.get_score(importance_type="total_gain") == pytest.approx(stored["gain"], rel=1e-6)
    again = Booster({"nthread": 1}, model_file=bytearray(booster.save_raw("ubj")))
    assert (again.inplace_predict(rows) == booster.inplace_predict(rows)).all()


def test_there_is_one_of_each_xgboost_that_is_pinned():
    pinned = re.findall(r"^xgboost-cpu==(\S+)", (PROJECT / "requirements.txt").read_text(), re.MULTILINE)

    assert {".".join(version.split(".")[:2]) for version in pinned} == {
        ".".join(version.split(".")[:2]) for version in STORED
    }, "python tests/model/stored/store.py, on the Python of the new one"
