"""What forecasts were made from: how many stations have which inputs, and which lack the KMA's forecast."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime

from weather_mlops.browsing.forecasts.document import ForecastTarget
from weather_mlops.pages.messages import Translation


def counted(target: ForecastTarget) -> list[tuple[Translation, int]]:
    """The inputs of the forecasts, and how many stations have them, the most frequent first."""
    counts = Counter(
        station.forecast.inputs
        for station in target.stations.values()
        if station.forecast and station.forecast.inputs
    )
    return counts.most_common()


def lacking(target: ForecastTarget, hour: datetime | None = None) -> Collection[int]:
    """Ids of the stations that are forecast from observations only while others have the KMA's forecast.

    Args:
        target: whose forecasts are compared.
        hour: the one that counts; None = a station lacks it only if all its hours do.
    """
    uses: dict[int, bool] = {}
    for station in target.stations.values():
        forecast = station.forecast
        if forecast is None:
            continue
        of_hours = [forecast.uses_kma(each) for each in (forecast.hours if hour is None else [hour])]
        known = [each for each in of_hours if each is not None]
        if known:
            uses[station.id] = any(known)
    return {number for number, used in uses.items() if not used} if any(uses.values()) else set()
