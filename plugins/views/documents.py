"""The documents that a run wrote to S3, for users who may read its DAG, its tasks and their XComs.

``GET /weather/documents?dag_id=…`` lists those of the latest runs, ``&run_id=…`` those of a run and
``&task_id=…&map_index=…`` those of a task; if a task has only one, it opens at once.
``GET /weather/raw?dag_id=…&run_id=…`` lists the raw responses of a run.
"""

import re
from typing import Annotated, Final

from airflow.api_fastapi.common.db.common import SessionDep
from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from views import runs as runs_in_airflow
from views.guard import HEADERS, Bucket, Reader, answer, no_page, require, runs_reader
from weather_mlops.browsing import raw, runs

router = APIRouter()
Dag = Annotated[str, Depends(runs_reader)]
NO_MAP_INDEX: Final = frozenset({"", "{MAP_INDEX}"})
"""What the UI sends for a task that isn't mapped: it leaves the placeholder as it is."""
OWNER: Final = "data_collection"
"""The DAG whose readers may see raw responses, whichever DAG refers to them."""


@router.get("/documents")
def show(
    *,
    dag_id: Dag,
    request: Request,
    session: SessionDep,
    reader: Reader,
    run_id: str = "",
    task_id: str = "",
    map_index: str = "",
) -> Response:
    """List documents, or explain why there are none.

    Raises:
        HTTPException: 404 if there is no such run or task.
    """
    matches = runs_in_airflow.read(session, dag_id, run_id, task_id, _number(map_index))
    if not run_id:
        return answer(runs.render_dag(dag_id, matches, reader, task_id), request)
    if not matches or (task_id and not matches[0].tasks):
        raise no_page()
    if task_id and (href := runs.only_document(matches[0])):
        return RedirectResponse(href, headers=HEADERS)
    return answer(runs.render_run(matches[0], reader), request)


@router.get("/raw")
def show_raw(
    *,
    dag_id: Dag,
    request: Request,
    user: GetUserDep,
    session: SessionDep,
    store: Bucket,
    reader: Reader,
    run_id: str = "",
    page: str = "1",
) -> Response:
    """List the raw responses of a run.

    Raises:
        HTTPException: 404 if there is no such run, or no such page of it.
    """
    require(OWNER, request, user)
    matches = runs_in_airflow.read(session, dag_id, run_id) if run_id else []
    if not matches:
        raise no_page()
    keys, number = runs.raw_keys(matches[0].tasks), _number(page) or 0
    pages = max(1, -(-len(keys) // raw.SHOWN))
    if not 1 <= number <= pages:
        raise no_page()
    shown = keys[(number - 1) * raw.SHOWN : number * raw.SHOWN]
    return answer(raw.render(matches[0], raw.read(store, shown), number, pages, reader), request)


def _number(text: str) -> int | None:
    if text in NO_MAP_INDEX:
        return None
    if not re.fullmatch(r"-1|[0-9]{1,6}", text):
        raise no_page()
    return int(text)
