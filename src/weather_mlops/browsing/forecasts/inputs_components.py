"""What forecasts were made from, on the forecast pages: sentences, and marks where some lack the KMA's."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Final

from weather_mlops.browsing.forecasts.published import ForecastStation, ForecastTarget, Present
from weather_mlops.pages.markup import escape

ALONE: Final = 'observations only <span lang="ko">관측값만</span>'
WITH_KMA: Final = 'with the KMA\'s forecast <span lang="ko">기상청 예보</span>'
COLUMN: Final = 'made from <span lang="ko">입력</span>'


def of_station(station: ForecastStation) -> str:
    """A paragraph: what the forecast was made from; empty where it does not say."""
    if station.forecast is None or station.forecast.inputs is None:
        return ""
    english, korean = station.forecast.inputs
    return f"<p>Inputs: {escape(english)}. {_in_korean(korean)}</p>"


def _in_korean(sentence: str) -> str:
    return f'<span lang="ko" class="sentence">{escape(sentence)}.</span>'


def of_stations(target: ForecastTarget) -> str:
    """What the forecasts were made from, and how many stations that goes for."""
    counts = Counter(
        station.forecast.inputs
        for station in target.stations.values()
        if station.forecast and station.forecast.inputs
    )
    lines = [
        f"<li>{escape(english)}. {_in_korean(korean)} Stations: {count}</li>"
        for (english, korean), count in counts.most_common()
    ]
    return f"<p>Inputs of the forecasts:</p><ul>{''.join(lines)}</ul>" if lines else ""


def cell_of(forecast: Present, hour: datetime) -> str:
    """A cell: what the forecast of an hour was made from."""
    return f'<td class="words">{WITH_KMA if forecast.uses_kma(hour) else ALONE}</td>'


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
