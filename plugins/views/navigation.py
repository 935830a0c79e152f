"""Where Airflow's UI shows our views: in its navigation bar, and as a tab of each DAG, run and task.

Addresses are relative: the UI resolves them by its base URL, whatever prefix that has. It replaces the names
in braces itself, escaped; for a task that isn't mapped it leaves ``{MAP_INDEX}`` as it is.
"""

from typing import Any, Final
from urllib.parse import quote

LIGHT, DARK = "#3f3f46", "#d4d4d8"  # colours of the UI's own icons in its two modes
HALO: Final = "#ffffff"
"""Outline in light mode: the selected entry is dark there, and an image can't change its colour."""
ICONS: Final = {
    "overview": '<circle cx="8" cy="9" r="3.2"/><path d="M8 2.5v1.6M2.6 9H1.4M4.2 5.2L3.1 4.1"/>'
    '<path d="M9.5 20a3.7 3.7 0 0 1-.3-7.4A5 5 0 0 1 18.6 12a4.1 4.1 0 0 1-.4 8z"/>',
    "quality": '<path d="M12 3l7 3v5c0 4.6-2.9 8.3-7 10-4.1-1.7-7-5.4-7-10V6zM8.8 11.8l2.3 2.4 4.2-4.6"/>',
    "monitoring": '<path d="M3 12h4l2.5-7 4 14 2.5-7h5"/>',
    "forecasts": '<path d="M7 18a4 4 0 0 1-.4-8A5.5 5.5 0 0 1 17 8.6 4.7 4.7 0 0 1 16.5 18z"/>',
    "verification": '<circle cx="12" cy="12" r="9"/><circle cx="12" cy="12" r="4"/><path d="M12 3v5"/>',
    "models": '<path d="M12 3l8 4.5v9L12 21l-8-4.5v-9z"/><path d="M4.2 7.7L12 12l7.8-4.3M12 12v8.8"/>',
    "documents": '<path d="M6 3h8l4 4v14H6z"/><path d="M14 3v4h4M9 12h6M9 16h6"/>',
}


def _icon(name: str, ink: str, halo: str = "none") -> str:
    """Return an icon as a data URI: it needs no request, and so no login."""
    drawn = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke-linecap="round">'
        f'<g stroke="{halo}" stroke-width="4">{ICONS[name]}</g>'
        f'<g stroke="{ink}" stroke-width="1.8">{ICONS[name]}</g></svg>'
    )
    return f"data:image/svg+xml,{quote(drawn)}"


def _view(name: str, route: str, href: str, destination: str, icon: str) -> dict[str, Any]:
    return {
        "name": name,
        "url_route": route,
        "href": href,
        "destination": destination,
        "icon": _icon(icon, LIGHT, HALO),
        "icon_dark_mode": _icon(icon, DARK),
    }


NAV: Final = {
    "overview": "Weather",
    "quality": "Data quality",
    "monitoring": "Monitoring",
    "forecasts": "Forecasts",
    "verification": "Verification",
    "models": "Models",
}
"""Names of the entries by their routes."""
ADDRESSES: Final = {"overview": ""}
"""Addresses below ``weather/`` of those that are not their route."""
RUN: Final = "weather/documents?dag_id={DAG_ID}&run_id={RUN_ID}"
DOCUMENTS: Final = {
    "dag": "weather/documents?dag_id={DAG_ID}",
    "task": "weather/documents?dag_id={DAG_ID}&task_id={TASK_ID}",
    "dag_run": RUN,
    "task_instance": f"{RUN}&task_id={{TASK_ID}}&map_index={{MAP_INDEX}}",
}
"""Addresses by the page that has the tab. The UI finds a view by its route alone: each has its own."""

VIEWS: Final = [
    *(
        {**_view(name, route, f"weather/{ADDRESSES.get(route, route)}", "nav", route), "nav_top_level": True}
        for route, name in NAV.items()
    ),
    *(
        _view("Documents", f"documents-{destination.replace('_', '-')}", href, destination, "documents")
        for destination, href in DOCUMENTS.items()
    ),
]
