"""What the forecast pages cost: making their object in make_forecast, and showing each in the API server.

Usage: .venv/bin/python benchmarks/forecast_pages.py [--days 10] [--runs 20]

Of 97 stations, on the embedded S3 server. The tables hold so many days of hourly observations and forecasts,
24 leads each, and nothing is in memory, as in a task of its own. A page is asked of the plugin's own app, S3
included, Airflow's login not; each one of another station, so that none was drawn before. Aim: 300 ms a page.
"""

import argparse
import json
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Final

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / folder) for folder in ("", "plugins")]

from benchmarks.catalog import server
from tests.browsing import forecast_world as world
from tests.browsing.forecast_world import NOW, TARGET
from tests.model.test_lookback import full
from weather_mlops.lake import files, forecasts
from weather_mlops.lake.catalog import open_catalog
from weather_mlops.lake.publish import publish
from weather_mlops.lake.store import ObjectStore, S3Access
from weather_mlops.model import lookback

AIM_S: Final = 0.3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=10, help="of hourly forecasts in the table")
    parser.add_argument("--runs", type=int, default=20, help="of each measurement")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, server(Path(name) / "s3") as access:
        store = ObjectStore(access)
        store.ensure_bucket()
        making(access, Path(name), given.days, min(given.runs, 5))
        size = len(store.get(lookback.KEY))
        print(f"{lookback.KEY}: {size / 1e3:.0f} kB of {len(world.ALL)} stations")
        with visiting(access) as visit:
            begun = time.perf_counter()
            for kind, paths in pages(given.runs).items():
                showing(kind, [lambda path=path: visit(path) for path in paths])
            showing("a page again", [lambda: visit(pages(1)["a station"][0])] * given.runs)
            print(f"all of it {time.perf_counter() - begun:.1f} s")


def pages(runs: int) -> dict[str, list[str]]:
    """Addresses of pages by kind, each of which is asked for once."""
    return {
        "all stations": ["/weather/forecasts", *(f"/weather/forecasts?ahead={n}" for n in (6, 12, 24))],
        "a station": [f"/weather/forecasts/{TARGET}/{number}" for number in world.ALL[:runs]],
    }


def making(access: S3Access, folder: Path, days: int, runs: int) -> None:
    """Fill the tables, and measure what make_forecast does more."""
    uri = f"sqlite:///{folder}/catalog.db"
    catalog = open_catalog(access, type="sql", uri=uri)
    publish(catalog, full(world.observed(hours=24 * days)), run="observed", score=1.0)
    rows = world.issued(hours=24 * days)
    forecasts.publish(catalog, rows, run="forecast", now=NOW)
    latest, seconds = world.latest(), []
    for _ in range(runs):
        files._cache = files._Cache(files.CACHE)  # noqa: SLF001  what a task of its own has
        begun = time.perf_counter()
        lookback.publish(open_catalog(access, type="sql", uri=uri), ObjectStore(access), latest, NOW)
        seconds.append(time.perf_counter() - begun)
    print(f"make_forecast's part, {rows.num_rows:,} forecasts of {days} days: {median(seconds):.2f} s")


@contextmanager
def visiting(access: S3Access) -> Iterator[Callable[[str], None]]:
    """The plugin's app, for somebody who may read everything."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from airflow.api_fastapi import app as airflow_app  # noqa: PLC0415  a slow import of one measurement
        from airflow.api_fastapi.core_api.security import get_user  # noqa: PLC0415
        from airflow.models.dag import DagModel  # noqa: PLC0415
        from fastapi.testclient import TestClient  # noqa: PLC0415
    connection = {
        "conn_type": "aws",
        "login": access.access_key_id,
        "password": access.secret_access_key,
        "extra": {"endpoint_url": access.endpoint_url, "region_name": access.region},
    }
    os.environ |= {"AIRFLOW_CONN_AWS_DEFAULT": json.dumps(connection), "WEATHER_BUCKET": access.bucket}
    airflow_app._AuthManagerState.instance = SimpleNamespace(is_authorized_dag=lambda **_: True)  # noqa: SLF001
    DagModel.get_team_name = lambda dag_id: None  # noqa: ARG005
    from pages_plugin import PagesPlugin  # noqa: PLC0415

    begun = time.perf_counter()
    app = PagesPlugin().fastapi_apps[0]["app"]
    print(f"importing the app, which the API server does at its start: {time.perf_counter() - begun:.1f} s")
    app.dependency_overrides[get_user] = lambda: SimpleNamespace(name="somebody")
    with TestClient(app) as client:

        def visit(path: str) -> None:
            reply = client.get(path.removeprefix("/weather"))
            if reply.status_code != 200:
                raise SystemExit(f"{path}: {reply.status_code} {reply.text[:200]}")

        yield visit


def showing(kind: str, visits: list[Callable[[], None]]) -> None:
    """Measure one kind of page."""
    seconds = []
    for visit in visits:
        begun = time.perf_counter()
        visit()
        seconds.append(time.perf_counter() - begun)
    told = f"{1e3 * median(seconds):.0f} ms (median of {len(seconds)}), slowest {1e3 * max(seconds):.0f} ms"
    print(f"{kind}: {told}; {median(seconds) / AIM_S:.2f} of the aim")


if __name__ == "__main__":
    main()
