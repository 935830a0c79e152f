"""The bucket and the catalog of the lake's tests, for tests that span the packages."""

from tests.lake.conftest import access, catalog, connect_catalog, server, store  # noqa: F401  fixtures
