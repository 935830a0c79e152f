"""The bucket and the catalog of the lake's tests, for tests that span the packages."""

from tests.lake.conftest import access, catalog, open_anew, server, store  # noqa: F401  fixtures
