"""Requests to the plugin's app, with a table of permissions instead of Airflow's own."""

import warnings
from types import SimpleNamespace

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "Using `httpx` with `starlette.testclient`")  # which Airflow imports
    from airflow.api_fastapi import app as airflow_app
    from airflow.api_fastapi.common.db.common import _get_session
    from airflow.api_fastapi.core_api.security import get_user
    from airflow.models.dag import DagModel
    from fastapi import FastAPI
    from fastapi.testclient import TestClient

    from pages_plugin import PagesPlugin
    from views.guard import bucket

DAG_IDS = frozenset({"data_collection", "history", "model_training", "monitoring", "forecast"})


class AuthManager:
    """An auth manager: who may read which DAGs, and which parts of them nobody may."""

    def __init__(self, may_read, hidden=frozenset()):
        self.may_read, self.hidden = may_read, hidden

    def is_authorized_dag(self, *, method, details, user, access_entity=None):
        assert method == "GET"
        assert details.id not in {None, "", "~"}, "Airflow takes that for all DAGs"
        return (
            details.id in self.may_read[user.name] and getattr(access_entity, "name", None) not in self.hidden
        )

    def get_url_login(self):
        return "/auth/login"


class Visits:
    """Requests addresses below /weather, as a user or without a login."""

    def __init__(self, patch, store, session, may_read, hidden=frozenset()):
        patch(airflow_app._AuthManagerState, "instance", AuthManager(may_read, hidden))
        patch(DagModel, "get_team_name", lambda dag_id: None)
        (mounted,) = PagesPlugin().fastapi_apps
        self.app = mounted["app"]
        self.app.dependency_overrides = {bucket: lambda: store, _get_session: lambda: session}
        root = FastAPI()
        root.mount(mounted["url_prefix"], self.app)
        self.client = TestClient(root, follow_redirects=False)

    def __call__(self, path, user="reader", **headers):
        overrides = self.app.dependency_overrides
        overrides.pop(get_user, None)
        if user:
            overrides[get_user] = lambda: SimpleNamespace(name=user)
        return self.client.get(f"/weather/{path}", headers=headers)

    def close(self):
        self.app.dependency_overrides = {}
