"""The champion, loaded to forecast with."""

import logging

from weather_mlops.model import boosters
from weather_mlops.model.forecaster import Forecaster
from weather_mlops.model.registry import Decision, Registry, Version

log = logging.getLogger(__name__)


def load_champion(registry: Registry, decision: Decision) -> tuple[Version, Forecaster]:
    """Load the version that a decision made the champion, and verify all its checksums.

    If its manifest is the one of the decision, its trees were checked in a separate process before they were
    deployed, and that isn't repeated; else they are checked now.

    Args:
        registry: registry of the target.
        decision: the decision that made it the champion.

    Raises:
        ModelUnusable: it is missing or damaged, or was made for other features than the code's.
        StorageUnavailable, StorageRefused.
    """
    version = registry.load(decision.version)
    if version.manifest_sha256 != decision.manifest_sha256:
        log.info("checking the trees of %s: they weren't since its manifest was written", version.name)
        boosters.check(version.files)
    return version, Forecaster.from_files(version.files)
