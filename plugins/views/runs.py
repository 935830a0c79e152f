"""Runs of a DAG with their tasks and XComs, from Airflow's database, as Airflow's own routes read them."""

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
    """A run, or the latest ones where none is named, newest first; of all tasks or of one. Three queries.

    Args:
        session: of Airflow's database.
        dag_id: of the DAG.
        run_id: of one run.
        task_id: of one task.
        map_index: of one mapped task; None = all of them.
    """
    columns = (
        DagRun.run_id,
        DagRun.state,
        DagRun.run_after,
        DagRun.data_interval_end,
        DagRun.logical_date,
    )
    wanted = select(*columns).where(DagRun.dag_id == dag_id)
    if run_id:
        wanted = wanted.where(DagRun.run_id == run_id)
    rows = session.execute(wanted.order_by(DagRun.run_after.desc()).limit(RUNS_SHOWN)).all()
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
    """Tasks by run, in the order in which they began."""
    found: dict[str, list[TaskView]] = defaultdict(list)
    if not run_ids:
        return found
    xcoms = _xcoms(session, dag_id, run_ids, task_id)
    ti = TaskInstance
    wanted = select(ti.run_id, ti.task_id, ti.map_index, ti.state, ti.start_date).where(
        ti.dag_id == dag_id, ti.run_id.in_(run_ids)
    )
    if task_id:
        wanted = wanted.where(ti.task_id == task_id)
    if map_index is not None:
        wanted = wanted.where(ti.map_index == map_index)
    for row in sorted(session.execute(wanted), key=_began):
        told = xcoms[row.run_id, row.task_id, row.map_index]
        found[row.run_id].append(TaskView(row.task_id, row.map_index, str(row.state or ""), told))
    return found


def _xcoms(
    session: Session, dag_id: str, run_ids: Sequence[str], task_id: str
) -> dict[tuple[str, str, int], dict[str, Any]]:
    xcom = XComModel
    wanted = select(xcom.run_id, xcom.task_id, xcom.map_index, xcom.key, xcom.value).where(
        xcom.dag_id == dag_id, xcom.run_id.in_(run_ids), xcom.key.in_(XCOMS)
    )
    if task_id:
        wanted = wanted.where(xcom.task_id == task_id)
    found: dict[tuple[str, str, int], dict[str, Any]] = defaultdict(dict)
    for row in session.execute(wanted):
        found[row.run_id, row.task_id, row.map_index][row.key] = _value(row.value)
    return found


def _value(stored: Any) -> Any:
    """As the task gave it: of what is JSON in a text, which older ways of writing leave, the content."""
    if isinstance(stored, str) and stored[:1] in {"{", "[", '"'}:
        try:
            return json.loads(stored)
        except (ValueError, RecursionError):
            return stored
    return stored


def _began(row: Any) -> tuple[bool, datetime, str, int]:
    began = _aware(row.start_date) if row.start_date else datetime.max.replace(tzinfo=UTC)
    return row.start_date is None, began, row.task_id, row.map_index


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
