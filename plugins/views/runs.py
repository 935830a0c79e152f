"""Runs of a DAG with their tasks and XComs, read from Airflow's database like Airflow's own routes do."""

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from weather_mlops.browsing.runs import RUNS_SHOWN, XCOMS, RunView, TaskView


def read(
    session: Session, dag_id: str, run_id: str = "", task_id: str = "", map_index: int | None = None
) -> list[RunView]:
    """Read a run, or the latest ones if none is named, newest first; with all tasks or one. Three queries.

    Args:
        session: session of Airflow's database.
        dag_id: id of the DAG.
        run_id: id of one run; empty = the latest runs.
        task_id: id of one task; empty = all tasks.
        map_index: index of one mapped task; None = all of them.
    """
    columns = (
        DagRun.run_id,
        DagRun.state,
        DagRun.run_after,
        DagRun.data_interval_end,
        DagRun.logical_date,
    )
    query = select(*columns).where(DagRun.dag_id == dag_id)
    if run_id:
        query = query.where(DagRun.run_id == run_id)
    rows = session.execute(query.order_by(DagRun.run_after.desc()).limit(RUNS_SHOWN)).all()
    tasks = _tasks(session, dag_id, [row.run_id for row in rows], task_id, map_index)
    return [
        RunView(
            dag_id,
            row.run_id,
            str(row.state or ""),
            _aware(row.data_interval_end or row.logical_date or row.run_after),
            tasks[row.run_id],
        )
        for row in rows
    ]


def _tasks(
    session: Session, dag_id: str, run_ids: Sequence[str], task_id: str, map_index: int | None
) -> dict[str, list[TaskView]]:
    """Read the tasks by run, in the order in which they started."""
    tasks: dict[str, list[TaskView]] = defaultdict(list)
    if not run_ids:
        return tasks
    xcoms = _xcoms(session, dag_id, run_ids, task_id)
    ti = TaskInstance
    query = select(ti.run_id, ti.task_id, ti.map_index, ti.state, ti.start_date).where(
        ti.dag_id == dag_id, ti.run_id.in_(run_ids)
    )
    if task_id:
        query = query.where(ti.task_id == task_id)
    if map_index is not None:
        query = query.where(ti.map_index == map_index)
    for row in sorted(session.execute(query), key=_start_order):
        values = xcoms[row.run_id, row.task_id, row.map_index]
        tasks[row.run_id].append(TaskView(row.task_id, row.map_index, str(row.state or ""), values))
    return tasks


def _xcoms(
    session: Session, dag_id: str, run_ids: Sequence[str], task_id: str
) -> dict[tuple[str, str, int], dict[str, Any]]:
    xcom = XComModel
    query = select(xcom.run_id, xcom.task_id, xcom.map_index, xcom.key, xcom.value).where(
        xcom.dag_id == dag_id, xcom.run_id.in_(run_ids), xcom.key.in_(XCOMS)
    )
    if task_id:
        query = query.where(xcom.task_id == task_id)
    values: dict[tuple[str, str, int], dict[str, Any]] = defaultdict(dict)
    for row in session.execute(query):
        values[row.run_id, row.task_id, row.map_index][row.key] = _value(row.value)
    return values


def _value(stored: Any) -> Any:
    """Return the value as the task returned it; older serializations store JSON as a text."""
    if isinstance(stored, str) and stored[:1] in {"{", "[", '"'}:
        try:
            return json.loads(stored)
        except (ValueError, RecursionError):
            return stored
    return stored


def _start_order(row: Any) -> tuple[bool, datetime, str, int]:
    started = _aware(row.start_date) if row.start_date else datetime.max.replace(tzinfo=UTC)
    return row.start_date is None, started, row.task_id, row.map_index


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
