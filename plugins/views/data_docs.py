"""``GET /weather/pages/quality/docs/…``: the Data Docs, in a frame in the reader's language.

Their indexes are views of their own, see ``quality.py``: their files' addresses lead there.
"""

from typing import Annotated

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from views.guard import HEADERS, Bucket, Reader, answer, no_page
from views.pages import readable
from weather_mlops.browsing import data_docs
from weather_mlops.browsing.documents import PageKind
from weather_mlops.quality.docs.names import DOCS

router = APIRouter()


def of_data_docs(name: str, request: Request, user: GetUserDep) -> PageKind:
    """Return the kind of a page that this user may see, see ``readable``."""
    return readable(f"{DOCS}/{name}", request, user)


@router.get("/pages/quality/docs/{name:path}")
def show(
    name: str,
    kind: Annotated[PageKind, Depends(of_data_docs)],
    request: Request,
    store: Bucket,
    reader: Reader,
) -> Response:
    """Show a page.

    Raises:
        HTTPException: 404 if there is none (any more).
    """
    key = f"{DOCS}/{name}"
    if address := data_docs.moved(key, reader):
        return RedirectResponse(address, headers=HEADERS)
    try:
        return answer(data_docs.render(store, key, reader), request, kind.media_type)
    except FileNotFoundError as error:
        raise no_page() from error
