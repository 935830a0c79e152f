"""The app that Airflow's API server mounts under ``/weather``: a router per module, and its errors."""

import logging
from typing import Final
from urllib.parse import urlencode

from airflow.api_fastapi.app import get_auth_manager
from fastapi import FastAPI, Request, Response, status
from fastapi.responses import PlainTextResponse, RedirectResponse
from starlette.exceptions import HTTPException

from views import (
    data_docs,
    documents,
    forecasts,
    models,
    monitoring,
    overview,
    pages,
    quality,
    verification,
)
from views.guard import HEADERS
from views.limit import RateLimit
from weather_mlops.errors import ObjectDamaged, Retryable, WeatherError

log = logging.getLogger(__name__)

RETRY_AFTER_S: Final = 60
NO_ANSWER: Final = "The storage doesn't answer. Try again in a minute."
UNREADABLE: Final = "The storage can't be read: the API server's log says why."

ROUTERS: Final = (
    overview.router,
    data_docs.router,  # before pages: their addresses begin with the same path
    pages.router,
    quality.router,
    monitoring.router,
    models.router,
    forecasts.router,
    verification.router,
    documents.router,
)

# No OpenAPI document: FastAPI would serve it without a login.
app = FastAPI(title="Weather", openapi_url=None)
for router in ROUTERS:
    app.include_router(router)
app.add_middleware(RateLimit)


@app.exception_handler(WeatherError)
def unreadable(_request: Request, error: WeatherError) -> Response:
    """Answer whether waiting helps, and log what is wrong and where."""
    log.warning("%s", error)
    if isinstance(error, Retryable):
        headers = {**HEADERS, "Retry-After": str(RETRY_AFTER_S)}
        return PlainTextResponse(NO_ANSWER, status.HTTP_503_SERVICE_UNAVAILABLE, headers)
    if isinstance(error, ObjectDamaged):
        return PlainTextResponse(str(error), status.HTTP_502_BAD_GATEWAY, HEADERS)
    return PlainTextResponse(UNREADABLE, status.HTTP_502_BAD_GATEWAY, HEADERS)


@app.exception_handler(HTTPException)
def refuse(request: Request, error: HTTPException) -> Response:
    """Answer with the reason as plain text; redirect a user who isn't logged in to the login and back."""
    if error.status_code == status.HTTP_401_UNAUTHORIZED and "text/html" in request.headers.get("Accept", ""):
        target = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
        return RedirectResponse(f"{get_auth_manager().get_url_login()}?{urlencode({'next': target})}")
    return PlainTextResponse(str(error.detail), error.status_code, {**HEADERS, **(error.headers or {})})
