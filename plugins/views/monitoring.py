"""``GET /weather/monitoring``: the latest report, and those of a day: ``?day=YYYY-MM-DD`` (KST).

``GET /weather/alerts``: open, watched and past alerts.
"""

import re
from datetime import UTC, date, datetime

from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import APIRouter, Depends, Request, Response

from views.guard import Bucket, Reader, answer, no_page
from weather_mlops.browsing import alerts, monitoring
from weather_mlops.clock import KST

router = APIRouter(dependencies=[Depends(requires_access_dag("GET", param_dag_id="monitoring"))])


@router.get("/monitoring")
def show(request: Request, store: Bucket, reader: Reader, day: str = "") -> Response:
    """Show the reports of a day; by default, that of the latest report.

    Raises:
        HTTPException: 404 if it is not a day.
    """
    requested = _day(day) if day else None
    latest = monitoring.read_latest(store)
    known = latest if isinstance(latest, monitoring.Latest) else None
    if requested is None:
        requested = (known.at if known else datetime.now(KST)).astimezone(KST).date()
    archive = monitoring.read_archive(store, requested, known)
    return answer(monitoring.render(latest, archive, reader), request)


@router.get("/alerts")
def show_alerts(request: Request, store: Bucket, reader: Reader) -> Response:
    """Show the alerts."""
    return answer(alerts.render(alerts.read(store), datetime.now(UTC), reader), request)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text if re.fullmatch(r"2\d{3}-\d\d-\d\d", text, re.ASCII) else "")
    except ValueError as error:
        raise no_page() from error
