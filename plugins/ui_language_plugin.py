"""Show our names, descriptions and notes in Airflow's UI in the reader's language: views/ui_texts.py."""

from functools import cached_property
from typing import Any

from airflow.plugins_manager import AirflowPlugin


class UiLanguagePlugin(AirflowPlugin):
    """Adds the middleware to the API server; imported only there, as every component loads this file."""

    name = "ui_language"

    @cached_property
    def fastapi_root_middlewares(self) -> list[dict[str, Any]]:  # type: ignore[override]  # Airflow only reads it
        """The middleware."""
        from views.ui_texts import UiTexts

        return [{"name": "texts in the reader's language", "middleware": UiTexts}]
