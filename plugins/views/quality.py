"""``GET /weather/quality``: data quality, all days; ``/quality/YYYY-MM-DD``: a day (KST)."""

import re
from datetime import date

from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import APIRouter, Depends, Request, Response

from views.guard import Bucket, Reader, answer, no_page
from weather_mlops.browsing import quality

router = APIRouter(dependencies=[Depends(requires_access_dag("GET", param_dag_id="data_collection"))])


@router.get("/quality")
def show(request: Request, store: Bucket, reader: Reader) -> Response:
    """Show all days."""
    return answer(quality.render_days(store, reader), request)


@router.get("/quality/{day}")
def show_day(day: str, request: Request, store: Bucket, reader: Reader) -> Response:
    """Show a day.

    Raises:
        HTTPException: 404 if it is not a day.
    """
    return answer(quality.render_day(store, _day(day), reader), request)


def _day(text: str) -> str:
    try:
        return date.fromisoformat(
            text if re.fullmatch(r"2\d{3}-\d\d-\d\d", text, re.ASCII) else ""
        ).isoformat()
    except ValueError as error:
        raise no_page() from error
