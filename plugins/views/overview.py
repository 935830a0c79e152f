"""``GET /weather/``: the overview; each reader sees the parts whose DAGs they may read."""

from datetime import UTC, datetime

from airflow.api_fastapi.common.db.common import SessionDep
from airflow.api_fastapi.core_api.security import GetUserDep
from airflow.models.dag import DagModel
from fastapi import APIRouter, HTTPException, Request, Response, status
from sqlalchemy import select
from sqlalchemy.orm import Session

from views.guard import Bucket, Reader, answer, require
from weather_mlops.browsing import overview

router = APIRouter()
COLLECTION = "data_collection"


@router.get("/")
def show(request: Request, user: GetUserDep, session: SessionDep, store: Bucket, reader: Reader) -> Response:
    """Show it.

    Raises:
        HTTPException: 401 or 403 by Airflow's own rules, for who may read none of these DAGs.
    """
    may_read = [dag_id for dag_id in overview.READERS if _may_read(dag_id, request, user)]
    if not may_read:
        require(overview.READERS[0], request, user)
    shown = overview.read(store, may_read, _next_collection(session))
    return answer(overview.render(shown, reader, datetime.now(UTC)), request)


def _may_read(dag_id: str, request: Request, user: GetUserDep) -> bool:
    try:
        require(dag_id, request, user)
    except HTTPException as error:
        if error.status_code != status.HTTP_403_FORBIDDEN:
            raise
        return False
    return True


def _next_collection(session: Session) -> datetime | None:
    """When the next hourly run begins; None where the DAG is paused or not known."""
    columns = (DagModel.next_dagrun_create_after, DagModel.is_paused)
    row = session.execute(select(*columns).where(DagModel.dag_id == COLLECTION)).first()
    if row is None or row.is_paused or row.next_dagrun_create_after is None:
        return None
    moment: datetime = row.next_dagrun_create_after
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
