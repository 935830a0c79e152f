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
from weather_mlops.ingest.history.fetch import Fetch
from weather_mlops.ingest.history.plan import Load
from weather_mlops.ingest.history.publish import publish_load
from weather_mlops.ingest.history.validate import validate_worker
from weather_mlops.kma.client import KmaClient, UncountedCalls
from weather_mlops.lake.catalog import open_catalog
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.s3_access import S3Access

_FORKED = multiprocessing.get_context("forkserver")
_FORKED.set_forkserver_preload([__name__])


def process(arguments: Mapping[str, Any]) -> ForkServerProcess:
    """A load that has begun."""
    begun = _FORKED.Process(target=main, args=(arguments,), daemon=True)
    begun.start()
    return begun


def main(arguments: Mapping[str, Any]) -> None:
    access = S3Access(**arguments["access"])
    store, load = ObjectStore(access), Load.from_dict(arguments["load"])
    catalog = open_catalog(access, type="sql", uri=arguments["uri"])
    client = KmaClient(arguments["url"], arguments["key"], budget=UncountedCalls())

    def clock() -> datetime:
        return datetime.now(UTC)

    for worker in range(load.workers):
        Fetch(
            load, worker, client=client, store=store, catalog=catalog, run=arguments["run"], final=True
        ).work()
    for worker in range(load.workers):
        validate_worker(
            load, worker, store=store, run=arguments["run"], suites_dir=Path(arguments["suites_dir"]),
            min_fit_share=0.9, clock=clock,
        )  # fmt: skip
    publish_load(load, store=store, catalog=catalog, run=arguments["run"], clock=clock)
