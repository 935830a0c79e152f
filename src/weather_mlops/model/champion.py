"""The champion, loaded to forecast with."""

import logging

from weather_mlops.model import boosters
from weather_mlops.model.forecaster import Forecaster
from weather_mlops.model.registry import Decision, Registry, Version

log = logging.getLogger(__name__)


def load_champion(registry: Registry, decision: Decision) -> tuple[Version, Forecaster]:
    """A version that was made the champion, all its checksums compared.

    Where its manifest is that of the decision, its trees were read by a process of their own before they were
    deployed, and that isn't paid for again; else they are now.

    Args:
        registry: of the target.
        decision: that made it the champion.

    Raises:
        ModelUnusable: it is missing or damaged, or made for other features than the code's.
        StorageUnavailable, StorageRefused.
    """
    version = registry.load(decision.version)
    if version.manifest_sha256 != decision.manifest_sha256:
        log.info("the trees of %s are checked: nobody did since its manifest was written", version.name)
        boosters.check(version.files)
    return version, Forecaster.from_files(version.files)
