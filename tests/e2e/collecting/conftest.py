"""A system that collects, loads and monitors; the files run one after the other, in the order of names."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.systems import Stack, prepare_database

REPLAYED_H = 3 * 366 * 24


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A system that has collected once; a small load of history has several batches, and so workers."""
    running = Stack(tmp_path_factory.mktemp("stack"))
    history = running.project / "pipelines" / "history.yml"
    content = yaml.safe_load(history.read_text())
    content["history"]["tasks"][0]["rows_per_part"] = 1000
    history.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False))
    _add_replay(running.project / "pipelines")
    prepare_database(running.system, tmp_path_factory)
    try:
        running.start()
        running.collect_first()
        for dag_id in ("history", "replay"):
            running.api.unpause(dag_id)
        yield running
    finally:
        running.stop()


def _add_replay(pipelines: Path) -> None:
    """A collection of three years of three stations at once."""
    content = yaml.safe_load((pipelines / "collection.yml").read_text())
    dag = content.pop("data_collection")
    collect, _, _, health = dag["tasks"]
    collect.update(stations=[108, 136, 143], lookback_hours=REPLAYED_H)
    health.update(max_lag_hours=10**6, max_open_gaps=10**6)
    (pipelines / "replay.yml").write_text(
        yaml.safe_dump({"replay": dag}, allow_unicode=True, sort_keys=False)
    )
