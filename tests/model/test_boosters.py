"""Trees that would crash XGBoost are refused by a sentence; the process that asks goes on."""

from datetime import UTC, datetime

import pytest

from tests.model.sealed import CRASHING, NOTES, TREES
from weather_mlops.errors import ModelUnusable
from weather_mlops.model import boosters
from weather_mlops.model.registry import Registry

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def test_unreadable_trees_are_named():
    with pytest.raises(ModelUnusable, match=r"lead_02_0\.ubj: XGBoost can't read this file"):
        boosters.check({"lead_01_0.ubj": TREES, "lead_02_0.ubj": b"trees", "lead_03_0.ubj": TREES})


def test_a_process_that_does_not_end_is_ended(monkeypatch):
    monkeypatch.setattr(boosters, "TIMEOUT_S", 0.01)
    with pytest.raises(ModelUnusable, match="takes more than"):
        boosters.check({"lead_01_0.ubj": TREES})


def test_it_does_not_get_the_secrets_of_the_task(monkeypatch, tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import os, sys\nsys.exit(' '.join(os.environ))")
    monkeypatch.setenv("KMA_AUTH_KEY", "Geheimnis")
    monkeypatch.setattr(boosters, "__file__", str(script))
    with pytest.raises(ModelUnusable) as refused:
        boosters.check({"lead_01_0.ubj": TREES})
    assert "KMA_AUTH_KEY" not in str(refused.value)


@pytest.mark.integration
def test_rollback_to_trees_that_crash_xgboost_is_refused(store):
    registry = Registry(store, "air_temperature")
    files = {"lead_01_0.ubj": TREES, "lead_02_0.ubj": CRASHING, "lead_03_0.ubj": TREES}
    registry.finalize("forged", files, NOTES)
    with pytest.raises(
        ModelUnusable, match=r"lead_02_0\.ubj: XGBoost can't read this file \(it crashes: SIGSEGV"
    ):
        registry.rollback("forged", at=NOW, by="kim", reason="", check=boosters.check)
    assert registry.champion() is None
