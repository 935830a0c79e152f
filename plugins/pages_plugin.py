"""Show the pipelines' output in the UI: the views of views/, served by the API server under /weather."""

from functools import cached_property
from typing import Any

from airflow.plugins_manager import AirflowPlugin


class PagesPlugin(AirflowPlugin):
    """Adds our views to the API server, and links to them to the UI.

    Both are imported only when Airflow reads them: every other component loads this file too.
    """

    name = "pages"

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]  # Airflow only reads it
        """The app."""
        from views.app import app

        return [{"name": "weather", "app": app, "url_prefix": "/weather"}]

    @cached_property
    def external_views(self) -> list[dict[str, Any]]:  # type: ignore[override]  # Airflow only reads it
        """Entries of the navigation bar, and tabs."""
        from views.navigation import VIEWS

        return list(VIEWS)
