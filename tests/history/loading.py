"""One load in a process of its own, for tests that kill it.

Each process is forked from one that has imported everything and done nothing: what they import takes longer
than what they do.
"""

import multiprocessing
from collections.abc import Mapping
from datetime import UTC, datetime
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from tests.quality import staged  # noqa: F401  imports Great Expectations without its warnings
from weather_mlops.history.load import Fetch, publish_load, validate_worker
from weather_mlops.history.plan import Load
from weather_mlops.kma.client import KmaClient, UncountedCalls
from weather_mlops.lake.catalog import open_catalog
from weather_mlops.lake.object_store import ObjectStore, S3Access

_FORKED = multiprocessing.get_context("forkserver")
_FORKED.set_forkserver_preload([__name__])


def process(told: Mapping[str, Any]) -> ForkServerProcess:
    """A load that has begun."""
    begun = _FORKED.Process(target=main, args=(told,), daemon=True)
    begun.start()
    return begun


def main(told: Mapping[str, Any]) -> None:
    access = S3Access(**told["access"])
    store, load = ObjectStore(access), Load.from_dict(told["load"])
    catalog = open_catalog(access, type="sql", uri=told["uri"])
    client = KmaClient(told["url"], told["key"], budget=UncountedCalls())

    def clock() -> datetime:
        return datetime.now(UTC)

    for lane in range(load.lanes):
        Fetch(load, lane, client=client, store=store, catalog=catalog, run=told["run"], final=True).work()
    for lane in range(load.lanes):
        validate_worker(
            load, lane, store=store, run=told["run"], suites_dir=Path(told["suites_dir"]), min_fit_share=0.9,
            clock=clock,
        )  # fmt: skip
    publish_load(load, store=store, catalog=catalog, run=told["run"], clock=clock)
