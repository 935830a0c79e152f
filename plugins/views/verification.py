"""``GET /weather/verification?target=…&days=…&by=…``: who was right, for readers of ``forecast``."""

from datetime import UTC, datetime

from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import APIRouter, Depends, Request, Response

from views.guard import Bucket, Reader, answer, no_page
from weather_mlops.browsing.verification import page
from weather_mlops.browsing.verification.page import Selection

router = APIRouter(dependencies=[Depends(requires_access_dag("GET", param_dag_id="forecast"))])


@router.get("/verification")
def show(  # noqa: PLR0917  the parameters of the address
    request: Request, store: Bucket, reader: Reader, target: str = "", days: str = "", by: str = ""
) -> Response:
    """Show it.

    Raises:
        HTTPException: 404 for a target, a number of days or an order that there is not.
    """
    try:
        selection = Selection.requested(target, days, by)
    except LookupError as error:
        raise no_page() from error
    published = page.read(store)
    return answer(page.render(published, selection, reader, datetime.now(UTC)), request)
