"""Plan of a training run: target, stations, spans, snapshot of the table; passed from task to task."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final, Self

from weather_mlops.clock import HOUR
from weather_mlops.documents.model_version import PlanDocument
from weather_mlops.errors import Misconfigured, TrainingImpossible
from weather_mlops.model.targets import target_named

HOLDOUT_SHARE: Final = 0.2
"""The holdout is at most this share of a history: of a short one, most is needed to train on."""
_RUN_DIGITS: Final = 8


@dataclass(frozen=True)
class Plan:
    """A training run for one target.

    Attributes:
        target: name of the target.
        version: of the model that the run trains.
        stations: ids of the stations that it is trained on.
        horizon_hours: longest lead.
        first: first hour of observations that is used (UTC).
        last: newest hour of observations.
        holdout_first: first issue time of the test; the model is not trained on any hour from then on.
        snapshot_id: snapshot of the table of observations; None outside of the catalog.
        kma_snapshot_id: snapshot of the table of the KMA's forecasts; None = without them.
        seed: of all randomness.
    """

    target: str
    version: str
    stations: tuple[int, ...]
    horizon_hours: int
    first: datetime
    last: datetime
    holdout_first: datetime
    snapshot_id: int | None
    seed: int
    kma_snapshot_id: int | None = None

    def __post_init__(self) -> None:
        target_named(self.target)
        if self.horizon_hours < 1:
            raise Misconfigured(f"horizon_hours is {self.horizon_hours}: give 1 or more")
        if not self.first + self.horizon_hours * HOUR < self.holdout_first < self.last:
            raise TrainingImpossible(
                f"{self.target}: the holdout from {self.holdout_first:%Y-%m-%d %H:%M} UTC leaves nothing to "
                f"learn from or to test on: the data span {self.first:%Y-%m-%d %H:%M} to "
                f"{self.last:%Y-%m-%d %H:%M} UTC"
            )

    def as_dict(self) -> PlanDocument:
        """For JSON."""
        return {
            "target": self.target,
            "version": self.version,
            "stations": list(self.stations),
            "horizon_hours": self.horizon_hours,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "holdout_first": self.holdout_first.isoformat(),
            "snapshot_id": self.snapshot_id,
            "seed": self.seed,
            "kma_snapshot_id": self.kma_snapshot_id,
        }

    @classmethod
    def from_dict(cls, stored: PlanDocument) -> Self:
        """From JSON."""
        return cls(
            target=stored["target"],
            version=stored["version"],
            stations=tuple(stored["stations"]),
            horizon_hours=stored["horizon_hours"],
            first=datetime.fromisoformat(stored["first"]),
            last=datetime.fromisoformat(stored["last"]),
            holdout_first=datetime.fromisoformat(stored["holdout_first"]),
            snapshot_id=stored["snapshot_id"],
            seed=stored["seed"],
            kma_snapshot_id=stored.get("kma_snapshot_id"),
        )


def holdout_first(last: datetime, observed: timedelta, holdout_days: float) -> datetime:
    """Where the holdout begins: its length is at most HOLDOUT_SHARE of the hours with observations.

    Args:
        last: newest hour.
        observed: duration of all hours with observations; holes don't count.
        holdout_days: length of the holdout where there is enough data.

    Raises:
        Misconfigured: holdout_days isn't positive.
    """
    if holdout_days <= 0:
        raise Misconfigured(f"holdout_days is {holdout_days:g}: give a positive number")
    length = min(timedelta(days=holdout_days), observed * HOLDOUT_SHARE)
    return last - timedelta(hours=round(length / HOUR))


def version_of(run: str, at: datetime) -> str:
    """Version of the model that a run trains at a time: sorts by time, and is the same for the same run."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M}-{sha256(run.encode()).hexdigest()[:_RUN_DIGITS]}"
