"""Pages that the pipelines wrote to S3, shown to users who may read their DAG.

``GET /weather/pages/<S3 key>`` serves only the keys that ``browsing.documents.PAGES`` lists. The pages show
data from outside, so their headers forbid the browser to run scripts and to load anything from elsewhere.
"""

from typing import Annotated, Final

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, Depends, Request, Response

from views.guard import Bucket, Reader, answer, no_page, require
from weather_mlops.browsing import cards, reports
from weather_mlops.browsing.documents import PageKind, page_of
from weather_mlops.errors import FormatChanged, ObjectDamaged

router = APIRouter()

DRAWN: Final = {"monitoring": reports.draw, "model_training": cards.draw}
"""What draws a DAG's pages from their documents, where it can."""


def readable(key: str, request: Request, user: GetUserDep) -> PageKind:
    """Return the kind of a page that this user may see.

    Raises:
        HTTPException: 401 or 403 by Airflow's own rules; 404 for anything that isn't a page.
    """
    page = page_of(key)
    # No page's key needs escaping: an escaped one was crafted to get past a check, here or in a proxy.
    if page is None or b"%" in request.scope["raw_path"]:
        raise no_page()
    require(page.dag_id, request, user)
    return page


@router.get("/pages/{key:path}")
def show(
    key: str,
    page: Annotated[PageKind, Depends(readable)],
    request: Request,
    store: Bucket,
    reader: Reader,
) -> Response:
    """Show a page: drawn in the language of the reader where its document is known, else as it is stored.

    Raises:
        HTTPException: 404 if there is none (any more).
        ObjectDamaged: the stored page can't be read.
    """
    draw = DRAWN.get(page.dag_id)
    if draw and (drawn := draw(store, key, reader)):
        return answer(drawn, request)
    try:
        body = store.get(key)
    except FileNotFoundError as error:
        raise no_page() from error
    try:
        return answer(page.shown(body), request, page.media_type)
    except FormatChanged as error:
        raise ObjectDamaged(f"{store.where(key)}: {error}") from error
