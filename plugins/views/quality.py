"""``GET /weather/quality``: data quality, all days; ``/quality/YYYY-MM-DD``: the stations of a day (KST).

``/quality/stations/<id>?month=YYYY-MM``: a station's month.
"""

import re
from datetime import UTC, date, datetime

from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import APIRouter, Depends, Request, Response

from views.guard import Bucket, Reader, answer, no_page
from weather_mlops.browsing import quality
from weather_mlops.clock import KST
from weather_mlops.stations import stations_by_id

router = APIRouter(dependencies=[Depends(requires_access_dag("GET", param_dag_id="data_collection"))])


@router.get("/quality")
def show(request: Request, store: Bucket, reader: Reader) -> Response:
    """Show all days."""
    return answer(quality.render_days(store, reader, datetime.now(UTC)), request)


@router.get("/quality/stations/{station_id}")
def show_station(
    station_id: str, request: Request, store: Bucket, reader: Reader, month: str = ""
) -> Response:
    """Show a station's month; by default the current one.

    Raises:
        HTTPException: 404 if there is no such station, or it is not a month.
    """
    station = stations_by_id().get(int(station_id)) if re.fullmatch(r"[0-9]{1,5}", station_id) else None
    if station is None:
        raise no_page()
    now = datetime.now(UTC)
    first = _day(f"{month}-01") if month else now.astimezone(KST).date().replace(day=1)
    return answer(quality.render_station(store, station, first, reader, now), request)


@router.get("/quality/{day}")
def show_day(day: str, request: Request, store: Bucket, reader: Reader) -> Response:
    """Show a day.

    Raises:
        HTTPException: 404 if it is not a day.
    """
    return answer(quality.render_day(store, _day(day), reader, datetime.now(UTC)), request)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text if re.fullmatch(r"2\d{3}-\d\d-\d\d", text, re.ASCII) else "")
    except ValueError as error:
        raise no_page() from error
