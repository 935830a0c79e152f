"""A real PostgreSQL with Airflow's metadata and a catalog, and a bucket."""

from tests.lake.conftest import access, glue, postgres, server, store  # noqa: F401  fixtures
