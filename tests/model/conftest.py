"""A bucket on a real S3 protocol, and a catalog of its tables."""

from dataclasses import replace

import pytest

from tests.lake.conftest import access, catalog, killer, open_anew, proxy, server, store  # noqa: F401  fixtures
from weather_mlops.model import training


@pytest.fixture(scope="session")
def quick_training():
    """Fewer trees: most tests don't need the best model."""
    with pytest.MonkeyPatch.context() as patch:
        tiny = replace(training.SETTINGS, rounds=40, depth=3, seeds=1, near_leads=0, blocks=2, rate=0.15)
        patch.setattr(training, "SETTINGS", tiny)
        yield
