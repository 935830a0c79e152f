"""How long each page of the UI takes, with a year of history: median of visits, against the aim of 300 ms.

Usage: .venv/bin/python benchmarks/pages.py [--days 365] [--visits 15]

On the embedded S3 server, with runs in an SQLite database in memory, through the app as the API server mounts
it. Filling a year of half-hourly reports and hourly Data Docs takes some minutes; it is not measured. What
Airflow adds (checking the login, its middlewares) is not in it.
"""

import argparse
import json
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

PROJECT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(PROJECT), str(PROJECT / "plugins")]

from benchmarks.catalog import server
from tests.browsing import made, verification_world
from tests.model.evaluations import evaluation, kma_forecast, on_common_rows
from tests.plugins.visiting import DAG_IDS, Visits
from weather_mlops.clock import KST
from weather_mlops.documents import verification_windows
from weather_mlops.lake.object_store import ObjectStore

AIM_MS = 300


def fill(store: ObjectStore, days: int) -> dict[str, str]:
    """A history in the bucket and in the database; addresses by what they show."""
    targets = ("air_temperature", "dew_point", "relative_humidity", "sea_level_pressure", "wind_speed")
    for target in targets:
        made.models(store, target, days, files=3)
    report = made.reports(store, days)
    figures = verification_world.document(verification_world.rows(min(days, 365)))
    store.put(verification_windows.KEY, json.dumps(figures).encode())
    docs, keys = made.data_docs(store, days), made.responses(store, 50)
    champion = next(one for one in reversed(made.decisions(days)) if one.kind == "deployed")
    card = f"models/air_temperature/versions/{champion.version}/card.html"
    evaluated = on_common_rows(evaluation(97, kma_forecast=kma_forecast()))
    store.put(card.replace("card.html", "evaluation.json"), json.dumps(evaluated).encode())
    old = (made.NOW - timedelta(days=days // 2)).astimezone(KST).date()
    run = {"dag_id": "data_collection", "run_id": RUN_IDS[0]}
    return {
        "data quality": "quality",
        "data quality, a day": "quality/2026-11-25",
        "data quality, a run": f"pages/{docs}",
        "monitoring": "monitoring",
        "monitoring, half the time ago": f"monitoring?day={old}",
        "monitoring, a report": f"pages/{report.html_key}",
        "verification": "verification",
        "verification, a year by station": "verification?days=365&by=station",
        "models, 5 targets": "models",
        "models, all of one": "models?target=air_temperature",
        "models, a card": f"pages/{card}",
        "documents of a DAG": "documents?dag_id=data_collection",
        "documents of a run": f"documents?{urlencode(run)}",
        "documents of a task": f"documents?{urlencode(run | {'task_id': 'validate_data_quality'})}",
        "raw replies, 25 of 50": f"raw?{urlencode(run)}",
        "raw reply": f"pages/{keys[0]}",
    }


RUN_IDS = [f"scheduled__{made.NOW - n * timedelta(hours=1)}" for n in range(24 * 31)]


def runs(session: Any) -> None:
    """A month of hourly runs."""
    writer = made.Runs(session)
    keys = [made.raw_key(number) for number in range(50)]
    for number, run_id in enumerate(RUN_IDS):
        page = f"quality/docs/2026/11/25/0100_0.9876_1.0000_{number}.html"
        at = made.NOW - number * timedelta(hours=1)
        writer.add("data_collection", run_id, made.collection(keys, page), at=at)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=365, help="of history")
    parser.add_argument("--visits", type=int, default=15, help="of each page")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, server(Path(name) / "s3") as access:
        store, session = ObjectStore(access), made.database()
        store.ensure_bucket()
        begun = time.perf_counter()
        addresses = fill(store, chosen.days)
        runs(session)
        print(f"{chosen.days} days written in {time.perf_counter() - begun:.0f} s")
        visit = Visits(setattr, store, session, {"reader": DAG_IDS})
        for title, address in addresses.items():
            taken = []
            for _ in range(chosen.visits):
                begun = time.perf_counter()
                response = visit(address)
                taken.append(1000 * (time.perf_counter() - begun))
                assert response.status_code in {200, 307}, (address, response.status_code, response.text)
            worst, middle = max(taken), median(taken)
            size = len(response.content) / 1e3
            print(
                f"{title:30} {middle:6.1f} ms (median), {worst:6.1f} ms (worst), {size:6.1f} kB: "
                f"{middle / AIM_MS:.2f} of the aim"
            )


if __name__ == "__main__":
    main()
