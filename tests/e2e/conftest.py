"""PostgreSQL and a bucket, for what needs them besides a system of its own."""

from tests.lake.conftest import access, postgres, server, store  # noqa: F401  fixtures
