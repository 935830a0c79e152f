"""One load in a process of its own, for tests that kill it: python -m tests.history.loading JSON."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from weather_mlops.history.load import Fetch, publish_load, validate_lane
from weather_mlops.history.plan import Load
from weather_mlops.kma.client import KmaClient, UncountedCalls
from weather_mlops.lake.catalog import open_catalog
from weather_mlops.lake.store import ObjectStore, S3Access

SUITES = Path(__file__).resolve().parents[2] / "expectations"


def main(told: dict) -> None:
    access = S3Access(**told["access"])
    store, load = ObjectStore(access), Load.from_dict(told["load"])
    catalog = open_catalog(access, type="sql", uri=told["uri"])
    client = KmaClient(told["url"], told["key"], budget=UncountedCalls())

    def clock() -> datetime:
        return datetime.now(UTC)

    for lane in range(load.lanes):
        Fetch(load, lane, client=client, store=store, catalog=catalog, run=told["run"], final=True).work()
    for lane in range(load.lanes):
        validate_lane(
            load, lane, store=store, run=told["run"], suites_dir=SUITES, min_fit_share=0.9, clock=clock
        )
    publish_load(load, store=store, catalog=catalog, run=told["run"], clock=clock)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
