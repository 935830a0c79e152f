"""Show pages from S3 in the UI: views/pages.py, served by the API server under /weather."""

from functools import cached_property
from typing import Any

from airflow.plugins_manager import AirflowPlugin


class PagesPlugin(AirflowPlugin):
    """Adds our views to the API server."""

    name = "pages"

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]  # Airflow only reads it
        """The app, imported when the API server asks for it: every other component reads this file too."""
        from views.forecasts import router
        from views.pages import app

        app.include_router(router)
        return [{"name": "weather", "app": app, "url_prefix": "/weather"}]
