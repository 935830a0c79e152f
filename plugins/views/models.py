"""``GET /weather/models``: the champions; ``?target=…&year=…``: all decisions about one target."""

import re
from datetime import UTC, datetime

from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import APIRouter, Depends, Request, Response

from views.guard import Bucket, Reader, answer, no_page
from weather_mlops.browsing import models
from weather_mlops.model.targets import TARGETS

router = APIRouter(dependencies=[Depends(requires_access_dag("GET", param_dag_id="model_training"))])


@router.get("/models")
def show(request: Request, store: Bucket, reader: Reader, target: str = "", year: str = "") -> Response:
    """Show them.

    Raises:
        HTTPException: 404 if there is no such target or year.
    """
    if not target:
        return answer(models.render(models.read_all(store, datetime.now(UTC)), reader), request)
    if target not in TARGETS or not re.fullmatch(r"(2\d{3})?", year, re.ASCII):
        raise no_page()
    history = models.read(store, target, datetime.now(UTC), versions=True)
    return answer(models.render_history(history, reader, int(year) if year else None), request)
