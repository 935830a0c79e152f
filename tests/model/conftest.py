"""A bucket on a real S3 protocol, and a catalog of its tables."""

import pytest

from tests.lake.conftest import access, catalog, open_anew, proxy, server, store  # noqa: F401  fixtures
from weather_mlops.model import training


@pytest.fixture(scope="session")
def quick_training():
    """Fewer trees: most tests don't need the best model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "ROUNDS", 30)
        patch.setattr(training, "MEMBERS", 2)
        patch.setattr(training, "PARAMETERS", {**training.PARAMETERS, "nthread": 1, "max_depth": 3})
        yield
