"""How far a training has come, for people who wait for a model."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from weather_mlops.documents.training_progress import TrainingProgress, TrainingStep
from weather_mlops.lake import documents
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.model.training_progress import key_of
from weather_mlops.pages.figures import kst
from weather_mlops.pages.languages import Language

SILENCE: Final[dict[TrainingStep, timedelta]] = {
    "preparing": timedelta(hours=1),
    "training": timedelta(minutes=20),
    "training_with_kma": timedelta(minutes=20),
    "evaluating": timedelta(hours=1),
}
"""How long nothing is heard of a step that still runs; while models are trained, each is reported."""
MINUTE_S: Final = 60


@dataclass(frozen=True, slots=True)
class Training:
    """A training, as it was known at some time.

    Attributes:
        progress: what it reported last.
        now: the time.
    """

    progress: TrainingProgress
    now: datetime

    @property
    def is_stopped(self) -> bool:
        """Whether nothing was heard of it for too long: it was killed, or failed."""
        return self._silence > SILENCE[self.progress["step"]]

    @property
    def tone(self) -> str:
        """As of ``components.notice``."""
        return "warn" if self.is_stopped else "start"

    def text(self, words: Language) -> str:
        """How far it is, in a sentence."""
        progress = self.progress
        if self.is_stopped:
            return words("models_training_stopped", version=progress["version"], at=kst(progress["at"]))
        lead, leads = progress.get("lead"), progress.get("leads")
        if lead is None or leads is None:
            return words(
                f"models_training_{'evaluating' if progress['step'] == 'evaluating' else 'preparing'}"
            )
        return words(f"models_{progress['step']}", lead=lead, leads=leads, left=self._left(words))

    @property
    def _silence(self) -> timedelta:
        return self.now - datetime.fromisoformat(self.progress["at"])

    def _left(self, words: Language) -> str:
        reported = self.progress.get("seconds_left")
        if reported is None:
            return ""
        minutes = (reported - self._silence.total_seconds()) / MINUTE_S
        if minutes < 1:
            return words("models_training_almost")
        return words("models_training_left", minutes=f"{minutes:.0f}")


def read(store: ObjectStore, target: str, decided: Collection[str], now: datetime) -> Training | None:
    """The newest training of a target; None where there is none, or its version was decided about.

    Args:
        store: the bucket.
        target: its name.
        decided: versions with a decision.
        now: the time.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    progress = documents.read_or_none(
        store, key_of(target), TrainingProgress, "how far the training is, is not shown"
    )
    return None if progress is None or progress["version"] in decided else Training(progress, now)
