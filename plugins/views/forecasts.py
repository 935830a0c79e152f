"""The forecast pages, for readers of ``forecast``: all stations on a map and in a table, and a page for each.

``GET /weather/forecasts?target=…&ahead=…`` and ``GET /weather/forecasts/<target>/<station id>``, both made of
one object on S3.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import APIRouter, Depends, Request, Response

from views.guard import Bucket, Reader, answer, no_page
from weather_mlops.browsing import models
from weather_mlops.browsing.forecasts import published, site
from weather_mlops.errors import ObjectDamaged
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.pages.visit import Visit

router = APIRouter(
    prefix="/forecasts", dependencies=[Depends(requires_access_dag("GET", param_dag_id="forecast"))]
)


@router.get("")
def overview(
    request: Request, store: Bucket, reader: Reader, target: str | None = None, ahead: str | None = None
) -> Response:
    """Show all stations.

    Raises:
        HTTPException: 404 for a target or hours without forecasts.
    """
    return _answer(
        request,
        store,
        reader,
        lambda body, old: site.overview(
            body,
            target,
            ahead,
            reader,
            old=old,
            training=_training(store, site.without_model(body, target), reader),
        ),
    )


@router.get("/{target}/{station_id}")
def station(request: Request, store: Bucket, reader: Reader, target: str, station_id: str) -> Response:
    """Show a station.

    Raises:
        HTTPException: 404 for a station or target without data.
    """
    return _answer(
        request, store, reader, lambda body, old: site.station(body, target, station_id, reader, old=old)
    )


def _answer(
    request: Request, store: ObjectStore, reader: Visit, page: Callable[[bytes | None, bool], str]
) -> Response:
    try:
        body = published.load(store)
    except ObjectDamaged as error:
        return answer(site.damaged(error, reader), request)
    try:
        return answer(page(body, site.is_old(body, datetime.now(UTC))), request)
    except LookupError as error:
        raise no_page() from error


def _training(store: ObjectStore, target: str | None, reader: Visit) -> str:
    """How far the training of a target is, in a sentence; empty where nobody waits for a model."""
    if target is None:
        return ""
    training = models.read_training(store, target, datetime.now(UTC))
    return "" if training is None else training.text(reader.language)
