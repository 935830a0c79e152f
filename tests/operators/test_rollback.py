"""The operator of a rollback: which version comes back, and what the record says of who did it and why."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException

from operators.rollback import RollbackModelOperator
from tests.lake.conftest import access, proxy, server, store  # noqa: F401  fixtures
from tests.model.sealed import NOTES
from weather_mlops.documents.decision import Decision
from weather_mlops.model.registry import Registry

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def registry(monkeypatch, store) -> Registry:  # noqa: F811
    """Two versions, the second of them the champion."""
    monkeypatch.setattr("hooks.lake.LakeHook.store", store)
    models = Registry(store, "air_temperature")
    for day, (version, previous) in enumerate((("v1", None), ("v2", "v1"))):
        models.finalize(version, {"model.json": b"{}"}, NOTES)
        at = AT + timedelta(days=day)
        models.promote(Decision("deployed", version, previous, at, "a run", "every gate passed"))
    return models


def rollback(user: str | None = None, **arguments: str) -> dict[str, object]:
    task = RollbackModelOperator(task_id="rollback_model", target="air_temperature", **arguments)
    return task.execute(
        {
            "dag": SimpleNamespace(dag_id="model_rollback"),
            "run_id": "1",
            "dag_run": SimpleNamespace(triggering_user_name=user),
        }
    )


def test_the_version_deployed_before_is_the_champion_again(registry):
    result = rollback(user="kim", reason="cold bias")

    assert registry.champion().version == "v1"
    assert result["version"] == "v1"
    assert result["by"] == "model_rollback/1, started by kim"
    assert result["reason"] == "cold bias"


def test_a_rollback_without_a_reason_says_so_on_the_record(registry):
    rollback()

    assert registry.decisions()[-1].reason == "no reason given"
    assert registry.decisions()[-1].by == "model_rollback/1"


def test_an_unknown_version_fails_at_once_and_changes_nothing(registry):
    with pytest.raises(AirflowFailException, match="v9"):
        rollback(version="v9")

    assert registry.champion().version == "v2"
