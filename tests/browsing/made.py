"""A bucket and a database as the pipelines leave them, for tests and for benchmarks/pages.py."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from airflow.models import import_all_models
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.tasklog import LogTemplate
from airflow.models.xcom import XComModel
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from sqlalchemy import create_engine, insert
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from tests.monitoring.reported import NOW, healthy, troubled
from weather_mlops.clock import KST
from weather_mlops.documents.decision import Decision
from weather_mlops.lake.raw import sidecar_of
from weather_mlops.model.registry import Registry
from weather_mlops.monitoring.report import ReportVerdict, publish
from weather_mlops.monitoring.report.content import HISTORY, Earlier, EarlierReport, Report
from weather_mlops.monitoring.report.document import write
from weather_mlops.monitoring.report.links import PREFIX
from weather_mlops.quality.docs.calendar import KEY as CALENDAR
from weather_mlops.quality.docs.calendar import Calendar

HALF_HOUR = timedelta(minutes=30)
DAY = timedelta(days=1)
EVIL = '<img src=x onerror="alert(1)">&'
SCORES = {"1": 0.52, "3": 0.95, "6": 1.42, "12": 1.98, "24": 2.57}
REFUSED = (
    "min_improvement: +0.12% of RMSE against 20261121T1700-a1b2c3d4 on the same rows (-0.30% to +0.51%, "
    "better in 71% of resamples); +1.00% wanted; min_certainty: +0.12% of RMSE against "
    "20261121T1700-a1b2c3d4 on the same rows (-0.30% to +0.51%, better in 71% of resamples); 90% wanted"
)
DEPLOYED = (
    "every gate passed; +1.64% of RMSE against 20261114T1700-77aa00ff on the same rows; RMSE 0.52 °C at 1 h"
)


def put_all(store, objects):
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda pair: store.put(*pair), objects))


def metrics(version):
    return {
        "version": version,
        "unit": "°C",
        "rmse": SCORES,
        "coverage_80": dict.fromkeys(SCORES, 0.806),
        "skill_persistence": {"1": 0.51, "3": 0.66, "6": 0.7, "12": 0.69, "24": None},
        "champion": None,
    }


def version_of(at):
    return f"{at:%Y%m%dT%H%M}-{sha256(at.isoformat().encode()).hexdigest()[:8]}"


def decisions(days, now=NOW):
    """A decision a night; one in seven deploys a new champion, the others refuse theirs."""
    history, champion = [], None
    for back in reversed(range(days)):
        at = now - back * DAY
        version, by = version_of(at), f"model_training/scheduled__{at.isoformat()}"
        kind = "deployed" if back % 7 == 3 or champion is None else "refused"
        history.append(Decision(kind, version, champion, at, by, DEPLOYED if kind == "deployed" else REFUSED))
        champion = version if kind == "deployed" else champion
    return history


def models(store, target="air_temperature", days=12, files=30, now=NOW):
    """Versions with their files, decisions and champion; refused ones only of the last month."""
    registry, history = Registry(store, target), decisions(days, now)
    objects = [
        (f"{registry.prefix}decisions/{one.key}", json.dumps(one.as_dict()).encode()) for one in history
    ]
    stored = [one for one in history if one.kind == "deployed" or one.at > now - 30 * DAY]
    for one in stored:
        plan = {"stations": [108], "horizon_hours": 48, "holdout_first": now.isoformat()}
        manifest = {"metrics": metrics(one.version), "files": {}, "recipe": "abc", "plan": plan}
        objects += [(registry.key(one.version, f"lead_{n}.ubj"), b"") for n in range(files)]
        objects += [(registry.key(one.version, "card.html"), b"<!doctype html><title>Card</title>")]
        objects += [(registry.key(one.version, "manifest.json"), json.dumps(manifest).encode())]
    put_all(store, objects)
    lines = "".join(json.dumps(one.as_dict(), ensure_ascii=False) + "\n" for one in history)
    store.put(f"{registry.prefix}history.jsonl", lines.encode())
    champion = [one for one in history if one.kind == "deployed"][-1]
    store.put(f"{registry.prefix}champion.json", json.dumps(champion.as_dict()).encode())
    return history


def reports(store, days=3, now=NOW):
    """Two reports an hour. Only the last one of each day has a complete JSON, with the day's history.

    Of older days the other reports have no JSON: it isn't read, and takes minutes to write.
    """
    verdicts, objects, past, at = list(ReportVerdict), [], [], now - days * DAY
    while at < now:
        key = f"{PREFIX}{at.astimezone(KST):%Y/%m/%d/%H%M}.json"
        verdict = verdicts[0 if at.hour % 6 else at.hour // 6 % 3]
        past.append(EarlierReport(at, key, verdict, verdicts.index(verdict)))
        last = at + HALF_HOUR >= now or (at + HALF_HOUR).astimezone(KST).date() != at.astimezone(KST).date()
        history = [one for one in past[-400:-1] if one.at >= at - HISTORY]
        report = Report(key, at, f"run-{at}", troubled() if last else [], Earlier(history=history))
        if last or at > now - 31 * DAY:
            objects += [(key, write(report, [], "en") if last else b"{}")]
        objects += [(key.replace(".json", ".html"), b"<!doctype html><title>Report</title>")]
        at += HALF_HOUR
    put_all(store, objects)
    return publish(store, healthy(), now=now, language="en", run="monitoring/scheduled__1")


def data_docs(store, days=3, now=NOW):
    """A page per hour, an index per day, the index of all days, and the calendar."""
    objects, calendar = [], Calendar("data-docs-0123456789ab.css")
    for back in range(days):
        day = (now - back * DAY).astimezone(KST)
        folder = f"quality/docs/{day:%Y/%m/%d}"
        names = [
            f"{hour:02}h_{day:%Y%m%d}T{hour:02}05_0.9876_1.0000_data_collection_scheduled-0a1b2c3d.html"
            for hour in range(24)
        ]
        objects += [
            (f"{folder}/{name}", b"<!doctype html><title>Docs</title>" + 60_000 * b" ") for name in names
        ]
        objects += [(f"{folder}/index.html", b"<!doctype html><title>Day</title>")]
        calendar.take(f"{folder}/{name}" for name in names)
    objects += [(CALENDAR, calendar.as_json())]
    objects += [("quality/docs/index.html", b"<!doctype html><title>Days</title>" + 100_000 * b" ")]
    objects += [("quality/docs/assets/page-1a2b.css", b"h1{color:green}")]
    objects += [("quality/docs/assets/font.woff2", b"wOF2")]
    put_all(store, objects)
    return objects[0][0]


def raw_key(number=0):
    return f"raw/kma/kma_sfctm3/2026/11/26/2026112606{number:02}_202611260800_all_0123456789ab.txt.gz"


def responses(store, count=2):
    """Raw responses with their sidecars; one line of each is Korean, in EUC-KR."""
    body = "#START7777\n# 지점 서울\n202611260800 108 1.2\n#7777END\n".encode("euc-kr")
    about = {
        "endpoint": "kma_sfctm3",
        "params": {"tm1": "202611260600", "tm2": "202611260800", "stn": "0"},
        "url": "https://apihub.kma.go.kr/api/typ01/url/kma_sfctm3.php",
        "fetched_at": "2026-11-25T23:05:00+00:00",
        "status": 200,
        "sha256": sha256(body).hexdigest(),
        "bytes": len(body),
        "rows": 291,
    }
    keys = [raw_key(number) for number in range(count)]
    put_all(store, [(key, gzip.compress(body)) for key in keys])
    put_all(store, [(sidecar_of(key), json.dumps(about).encode()) for key in keys])
    return keys


def database():
    """Airflow's tables of DAGs, runs, tasks and XComs, in memory."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    import_all_models()  # their foreign keys name each other
    for model in (DagModel, DagRun, TaskInstance, XComModel, LogTemplate):
        model.__table__.create(engine)
    return Session(engine)


class Runs:
    """Writes runs into Airflow's tables."""

    def __init__(self, session):
        self.session, self.numbers = session, iter(range(1, 1_000_000))

    def add(self, dag_id, run_id, tasks, *, at=NOW, state="success"):
        """Tasks: pairs of (task id, map index, state) and XComs by key."""
        number = next(self.numbers)
        self.session.execute(
            insert(DagRun.__table__).values(
                id=number,
                dag_id=dag_id,
                run_id=run_id,
                run_type=DagRunType.SCHEDULED,
                run_after=at,
                state=DagRunState(state),
                data_interval_end=at,
                logical_date=at,
                clear_number=0,
                triggered_by=DagRunTriggeredByType.TIMETABLE,
                conf={},
                updated_at=at,
            )
        )
        for position, ((task_id, map_index, task_state), xcoms) in enumerate(tasks):
            self.session.execute(
                insert(TaskInstance.__table__).values(
                    id=UUID(int=1000 * number + position),
                    dag_id=dag_id,
                    run_id=run_id,
                    task_id=task_id,
                    map_index=map_index,
                    state=task_state,
                    pool="default_pool",
                    pool_slots=1,
                    start_date=at + timedelta(seconds=position) if task_state else None,
                    try_number=1,
                )
            )
            for key, value in xcoms.items():
                self.session.execute(
                    insert(XComModel.__table__).values(
                        dag_run_id=number,
                        task_id=task_id,
                        map_index=map_index,
                        key=key,
                        dag_id=dag_id,
                        run_id=run_id,
                        value=value,
                        timestamp=at,
                    )
                )
        self.session.commit()


def collection(keys=(), docs="", *, failed=False):
    """Tasks of a run of data_collection."""
    returned = {"return_value": {"rows": 291, "docs_key": docs}}
    return [
        (("collect_weather_data", -1, "success"), {"return_value": {"rows": 291, "raw_keys": list(keys)}}),
        (("validate_data_quality", -1, "failed"), {"docs_key": docs})
        if failed
        else (("validate_data_quality", -1, "success"), returned),
        (("update_data_catalog", -1, "upstream_failed" if failed else "success"), {}),
        (("health_check", -1, None), {}),
    ]
