"""Pages that the pipelines put on S3, shown to those who may read their DAG.

``GET /weather/pages/<S3 key>``: of the whole bucket only what PAGES names. The pages hold what came from
outside, so a browser is told to run and to load nothing.
"""

import logging
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Final
from urllib.parse import urlencode

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from fastapi import Depends, FastAPI, HTTPException, Request, Response, status
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse

from hooks.lake import LakeHook
from weather_mlops.errors import Retryable, WeatherError
from weather_mlops.lake.store import ObjectStore

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Page:
    """A kind of page.

    Attributes:
        key: which S3 keys are such pages, as a regular expression of the whole key.
        dag_id: of the DAG whose readers may see them.
    """

    key: str
    dag_id: str


PAGES: Final = (
    Page(r"models/[a-z][a-z0-9_]*/versions/[A-Za-z0-9][A-Za-z0-9._-]*/card\.html", "model_training"),
    Page(r"reports/monitoring/(\d{4}/\d\d/\d\d/\d{4}|latest)\.html", "monitoring"),
)
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    # Asked for again each time: who may see it can change, the page as a rule doesn't.
    "Cache-Control": "private, no-cache",
}

NO_PAGE: Final = "There is no such page."

# No list of its routes: that would need no login.
app = FastAPI(title="Weather", openapi_url=None)


def bucket() -> ObjectStore:
    """The bucket, by the connection that the tasks use; made anew, since its credentials may expire."""
    return LakeHook().store


def readable(key: str, request: Request, user: GetUserDep) -> str:
    """The key of a page that this user may see.

    Raises:
        HTTPException: 401 or 403 by Airflow's own rules; 404 for anything that is no page.
    """
    page = next((page for page in PAGES if re.fullmatch(page.key, key)), None)
    # No page's key needs escaping: an escaped one was put together to get past somebody's check.
    if page is None or b"%" in request.scope["raw_path"]:
        raise HTTPException(status.HTTP_404_NOT_FOUND, NO_PAGE)
    requires_access_dag("GET", param_dag_id=page.dag_id)(request, user)
    return key


@app.get("/pages/{key:path}")
def show(
    key: Annotated[str, Depends(readable)], request: Request, store: Annotated[ObjectStore, Depends(bucket)]
) -> Response:
    """Show a page.

    Raises:
        HTTPException: 404 where there is none (any more).
    """
    try:
        body = store.get(key)
    except FileNotFoundError as error:
        raise HTTPException(status.HTTP_404_NOT_FOUND, NO_PAGE) from error
    headers = {**HEADERS, "ETag": f'"{sha256(body).hexdigest()}"'}
    if headers["ETag"] in request.headers.get("If-None-Match", ""):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return HTMLResponse(body, headers=headers)


@app.exception_handler(WeatherError)
def unreadable(_request: Request, error: WeatherError) -> Response:
    """Tell people whether waiting helps, and the log what is wrong and where."""
    log.warning("%s", error)
    if isinstance(error, Retryable):
        told, code = "The storage doesn't answer. Try again in a minute.", status.HTTP_503_SERVICE_UNAVAILABLE
    else:
        told, code = "The storage can't be read: the API server's log says why.", status.HTTP_502_BAD_GATEWAY
    return PlainTextResponse(told, code)


@app.exception_handler(HTTPException)
def refuse(request: Request, error: HTTPException) -> Response:
    """Say it in plain words; send a person who isn't logged in to the login, and from there back."""
    if error.status_code == status.HTTP_401_UNAUTHORIZED and "text/html" in request.headers.get("Accept", ""):
        back = urlencode({"next": request.url.path})
        return RedirectResponse(f"{get_auth_manager().get_url_login()}?{back}")
    return PlainTextResponse(str(error.detail), error.status_code, error.headers)
