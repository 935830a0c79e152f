"""Access to the views by Airflow's own rules, and response headers that let a browser run no scripts."""

from hashlib import sha256
from typing import Annotated, Final
from urllib.parse import urlencode

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from fastapi import Depends, HTTPException, Request, Response, status

from hooks.lake import LakeHook
from weather_mlops.browsing.documents import HTML
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.s3_access import PAGE_RETRIES
from weather_mlops.pages.languages import UI_LANGUAGE, Language, preferred
from weather_mlops.pages.messages import LANGUAGES
from weather_mlops.pages.visit import Visit

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    # Revalidated each time: permissions may change, while the page usually doesn't.
    "Cache-Control": "private, no-cache",
    "Vary": "Accept-Language, Cookie",
}
LANGUAGE: Final = "weather_language"
"""Cookie with the language that a reader has chosen by ``?language=…``."""
A_YEAR_S: Final = 365 * 24 * 3600
NO_PAGE: Final = "There is no such page."
_OF_A_RUN: Final = (None, DagAccessEntity.RUN, DagAccessEntity.TASK_INSTANCE, DagAccessEntity.XCOM)


def bucket() -> ObjectStore:
    """Open the bucket by the tasks' connection; for each request, since its credentials may expire."""
    return ObjectStore(LakeHook().access, PAGE_RETRIES)


Bucket = Annotated[ObjectStore, Depends(bucket)]


def visit(request: Request) -> Visit:
    """Return the reader's language, and how the page's links lead to other pages.

    What the reader has chosen on one of our pages counts before the language of Airflow's UI.
    """
    chosen = request.query_params.get("language", ""), request.cookies.get(LANGUAGE, "")
    language = ui_language(request, *chosen)
    below = request.scope["path"].removeprefix(request.scope.get("root_path", "")).strip("/")
    others = [(name, value) for name, value in request.query_params.multi_items() if name != "language"]
    return Visit(language, "../" * below.count("/"), f"?{urlencode([*others, ('language', language.other)])}")


def ui_language(request: Request, *choices: str) -> Language:
    """Return the language of Airflow's UI, or else of the browser, unless the reader has chosen another."""
    return preferred(
        request.headers.get("Accept-Language", ""), *choices, request.cookies.get(UI_LANGUAGE, "")
    )


Reader = Annotated[Visit, Depends(visit)]


def require(dag_id: str, request: Request, user: GetUserDep) -> None:
    """Refuse users who may not read a DAG.

    Raises:
        HTTPException: 403 by Airflow's own rules.
    """
    requires_access_dag("GET", param_dag_id=dag_id)(request, user)


def runs_reader(request: Request, user: GetUserDep, dag_id: str = "") -> str:
    """Return the id of a DAG whose runs, tasks and XComs this user may read.

    Raises:
        HTTPException: 401 or 403 by Airflow's own rules; 404 if no DAG is named.
    """
    # Airflow would read both as "all DAGs".
    if dag_id in {"", "~"}:
        raise no_page()
    for entity in _OF_A_RUN:
        requires_access_dag("GET", entity, param_dag_id=dag_id)(request, user)
    return dag_id


def no_page() -> HTTPException:
    """Return the error for everything that isn't a page."""
    return HTTPException(status.HTTP_404_NOT_FOUND, NO_PAGE)


def answer(body: bytes | str, request: Request, media_type: str = HTML) -> Response:
    """Answer with a page, or with 304 if it hasn't changed since the browser's last request."""
    content = body.encode() if isinstance(body, str) else body
    headers = {**HEADERS, "ETag": f'"{sha256(content).hexdigest()}"'}
    if headers["ETag"] in request.headers.get("If-None-Match", ""):
        response = Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    else:
        response = Response(content, media_type=media_type, headers=headers)
    if (language := request.query_params.get("language")) in LANGUAGES:
        path = request.scope.get("root_path") or "/"
        response.set_cookie(LANGUAGE, language, A_YEAR_S, path=path, httponly=True, samesite="lax")
    return response
