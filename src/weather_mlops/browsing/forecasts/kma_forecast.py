"""The KMA's forecast in the published document, as the pages use it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from weather_mlops.clock import HOUR
from weather_mlops.documents.forecast_pages import KmaCurrent, KmaScores, KmaStation

OLD_ISSUE: Final = timedelta(hours=6)
"""The KMA issues every three hours: of an older one, at least one newer is missing."""


@dataclass(frozen=True)
class KmaPresent:
    """The KMA's newest forecast of a station.

    Attributes:
        issued_at: the newest issue among its values, UTC.
        begin: the first hour, UTC.
        values: of consecutive hours, in the target's unit; None = not forecast.
    """

    issued_at: datetime
    begin: datetime
    values: Sequence[float | None]

    @property
    def hours(self) -> list[datetime]:
        """The hours from the first to the last one that is forecast, UTC."""
        count = max(n for n, value in enumerate(self.values, start=1) if value is not None)
        return [self.begin + n * HOUR for n in range(count)]

    def at(self, hour: datetime) -> float | None:
        """The value of an hour; None where it isn't forecast."""
        index = int((hour - self.begin) / HOUR)
        return self.values[index] if 0 <= index < len(self.values) else None

    def age(self, moment: datetime) -> timedelta | None:
        """The age of the issue where it is old; None where it is not."""
        age = moment - self.issued_at
        return age if age > OLD_ISSUE else None


@dataclass(frozen=True)
class KmaScore:
    """Errors of the KMA's forecast and of ours, in the same hours.

    Attributes:
        n: hours that have an observation and both forecasts.
        rmse: of the KMA's forecast, in the target's unit; None where n is 0.
        rmse_ours: of the median of ours.
    """

    n: int
    rmse: float | None
    rmse_ours: float | None


@dataclass(frozen=True)
class KmaPast:
    """What the KMA forecast for the past hours at one lead time, and its score."""

    values: Sequence[float | None]
    score: KmaScore


def present(stored: KmaCurrent | None, begin: datetime) -> KmaPresent | None:
    """The newest forecast of a station; its values begin at an hour."""
    if stored is None:
        return None
    issued_at = datetime.fromisoformat(stored["issued_at"]).astimezone(UTC)
    return KmaPresent(issued_at, begin, stored["values"])


def past(stored: KmaStation) -> dict[int, KmaPast]:
    """The past forecasts of a station, by lead time in hours."""
    return {int(lead): KmaPast(each["values"], score(each)) for lead, each in stored["past"].items()}


def score(stored: KmaScores) -> KmaScore:
    """The score of a lead."""
    return KmaScore(stored["n"], stored["rmse"], stored["rmse_ours"])


def scores(stored: Mapping[str, KmaScores]) -> dict[int, KmaScore]:
    """The scores by lead in hours, or by number of days."""
    return {int(key): score(each) for key, each in stored.items()}
