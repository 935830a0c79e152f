"""The forecast pages, for readers of ``forecast``: all stations on a map and in a table, and a page for each.

``GET /weather/forecasts?target=…&ahead=…`` and ``GET /weather/forecasts/<target>/<station id>``, both made of
one object on S3.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Final

from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from fastapi import APIRouter, Depends, HTTPException, Request, Response, status
from fastapi.responses import HTMLResponse

from views.pages import HEADERS, NO_PAGE, bucket
from weather_mlops.browsing import forecasts, forecasts_site
from weather_mlops.lake.store import ObjectStore
from weather_mlops.pages import drawing

DAG_ID: Final = "forecast"

# While the API server starts.
drawing.prepare()


def readable(request: Request, user: GetUserDep) -> None:
    """Let those in who may read the DAG.

    Raises:
        HTTPException: 401 or 403 by Airflow's own rules.
    """
    requires_access_dag("GET", param_dag_id=DAG_ID)(request, user)


router = APIRouter(prefix="/forecasts", dependencies=[Depends(readable)])


@router.get("")
def overview(
    request: Request,
    store: Annotated[ObjectStore, Depends(bucket)],
    target: str | None = None,
    ahead: str | None = None,
) -> Response:
    """Show all stations.

    Raises:
        HTTPException: 404 for a target or hours that there are no forecasts of.
    """
    return _answer(request, store, lambda body, old: forecasts_site.overview(body, target, ahead, old=old))


@router.get("/{target}/{station_id}")
def station(
    request: Request, store: Annotated[ObjectStore, Depends(bucket)], target: str, station_id: str
) -> Response:
    """Show a station.

    Raises:
        HTTPException: 404 for a station or target that there is nothing of.
    """
    return _answer(
        request, store, lambda body, old: forecasts_site.station(body, target, station_id, old=old)
    )


def _answer(request: Request, store: ObjectStore, page: Callable[[bytes | None, bool], str]) -> Response:
    body = forecasts.load(store)
    old = forecasts_site.is_old(body, datetime.now(UTC))
    tag = forecasts_site.tag(body, f"{request.url.path}?{request.url.query}", old=old)
    headers = {**HEADERS, "ETag": tag}
    if tag in request.headers.get("If-None-Match", ""):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    try:
        return HTMLResponse(page(body, old), headers=headers)
    except LookupError as error:
        raise HTTPException(status.HTTP_404_NOT_FOUND, NO_PAGE) from error
