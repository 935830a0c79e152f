"""A limit of concurrent requests to our views, so that Airflow's own always find a free thread.

The API server runs all synchronous handlers, ours and Airflow's, in one pool of 40 threads. Our views read
S3, and a storage that doesn't answer blocks each of their threads for seconds. Without a limit, 40 open pages
would stop the UI and the execution API, through which tasks report.
"""

from typing import Final

from anyio import CapacityLimiter, move_on_after
from fastapi import status
from fastapi.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from views.guard import HEADERS

AT_ONCE: Final = 8
"""A fifth of the pool; a page takes a fraction of a second while the storage answers."""
WAIT_S: Final = 2.0
"""How long a request may wait for its turn. It occupies no thread meanwhile."""
RETRY_AFTER_S: Final = 5
BUSY: Final = "Too many pages are being opened at the moment. Try again in a few seconds."


class RateLimit:
    """Answers 503 when too many requests are being served already.

    Args:
        app: the wrapped application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._turns = CapacityLimiter(AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on to the app when its turn comes."""
        with move_on_after(WAIT_S) as waiting:
            await self._turns.acquire()
        if waiting.cancelled_caught:
            headers = {**HEADERS, "Retry-After": str(RETRY_AFTER_S)}
            busy = PlainTextResponse(BUSY, status.HTTP_503_SERVICE_UNAVAILABLE, headers)
            await busy(scope, receive, send)
            return
        try:
            await self.app(scope, receive, send)
        finally:
            self._turns.release()
