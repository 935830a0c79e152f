"""A bucket on a real S3 protocol, and a catalog of its tables."""

from dataclasses import replace

import pytest

from tests.lake.conftest import access, catalog, connect_catalog, killer, proxy, server, store  # noqa: F401  fixtures
from weather_mlops.model import climatology, long_history, short_history


@pytest.fixture(scope="session")
def quick_training():
    """Fewer trees: most tests don't need the best model."""
    with pytest.MonkeyPatch.context() as patch:
        tiny = replace(
            long_history.SETTINGS,
            num_boost_round=15,
            learning_rate=0.3,
            max_depth=3,
            max_bin=16,
            colsample_bytree=0.2,
            near_leads=1,
            near_boosters=1,
            near_num_boost_round=15,
            near_learning_rate=0.3,
            near_blocks=2,
            far_leads=100,
            blocks=2,
        )
        patch.setattr(long_history, "SETTINGS", tiny)
        patch.setattr(
            long_history,
            "ERROR_SCALE",
            {
                **long_history.ERROR_SCALE,
                "num_boost_round": 10,
                "colsample_bytree": 0.2,
                "learning_rate": 0.3,
            },
        )
        few = replace(
            short_history.SETTINGS,
            num_boost_round=12,
            learning_rate=0.3,
            max_depth=3,
            max_bin=16,
            colsample_bytree=0.2,
            parts=3,
        )
        patch.setattr(short_history, "SETTINGS", few)
        yield


@pytest.fixture(scope="module")
def long_history_recipe():
    """Weeks of data trained on as a long history is, which takes a whole year otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(climatology, "YEAR_SEEN_DAYS", 0)
        yield


@pytest.fixture(scope="module", params=["long_history", "short_history"])
def each_recipe(request):
    """Once as a long history, once as a short one."""
    if request.param == "long_history":
        request.getfixturevalue("long_history_recipe")
    return request.param
