"""A bucket on a real S3 protocol, and a catalog of its tables."""

from tests.lake.conftest import access, catalog, killer, open_anew, proxy, server, store  # noqa: F401  fixtures
