"""PostgreSQL and a bucket, for tests that need them in addition to a system."""

from tests.lake.conftest import access, postgres, server, store  # noqa: F401  fixtures
