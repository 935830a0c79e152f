"""The KMA's forecast on the forecast pages, in sentences: which issue, how old, or why there is none."""

from dataclasses import dataclass

from weather_mlops.browsing.forecasts.document import ForecastDocument, ForecastStation, ForecastTarget
from weather_mlops.browsing.forecasts.figures import amount
from weather_mlops.browsing.forecasts.kma_forecast import KmaPresent, KmaScore
from weather_mlops.clock import HOUR
from weather_mlops.model.targets import TARGETS
from weather_mlops.pages.figures import MISSING, kst
from weather_mlops.pages.languages import Language
from weather_mlops.verification.official import INTERPOLATED


@dataclass(frozen=True, slots=True)
class KmaNote:
    """A sentence about the KMA's forecast, and a warning where it is old."""

    text: str
    warning: str = ""


def of_all(document: ForecastDocument, target: ForecastTarget, words: Language) -> KmaNote:
    """The newest issue of all stations, or why there is none."""
    forecasts = [one.kma for one in target.stations.values() if one.kma]
    if not forecasts:
        return absent(target, words)
    newest = max(forecasts, key=lambda each: each.issued_at)
    text = words("forecasts_kma", at=kst(newest.issued_at), n=len(forecasts))
    return KmaNote(text, _age(document, newest, words))


def of_station(
    document: ForecastDocument, target: ForecastTarget, station: ForecastStation, words: Language
) -> KmaNote:
    """A station's forecast in words, or why there is none."""
    kma = station.kma
    if kma is None:
        if target.kma_issue is None:
            return absent(target, words)
        return KmaNote(words("forecasts_kma_not_here"))
    values = [(value, hour) for hour in station.hours_ahead if (value := kma.at(hour)) is not None]
    at, warning = kst(kma.issued_at), _age(document, kma, words)
    if not values:
        return KmaNote(words("forecasts_kma_issued", at=at), warning)
    (low, low_at), (high, high_at) = min(values), max(values)
    text = words(
        "forecasts_kma_of_station",
        at=at,
        low=amount(low, target.unit),
        low_at=kst(low_at),
        high=amount(high, target.unit),
        high_at=kst(high_at),
    )
    return KmaNote(text, warning)


def absent(target: ForecastTarget, words: Language) -> KmaNote:
    """Why no forecast of the KMA is shown."""
    known = TARGETS.get(target.name)
    if known and known.column not in INTERPOLATED:
        label = target.label(words)
        # In the middle of an English sentence.
        return KmaNote(words("forecasts_kma_not_hourly", label=label[:1].lower() + label[1:]))
    return KmaNote(words("forecasts_kma_none"))


def better(score: KmaScore, words: Language) -> str:
    """Whose error was smaller."""
    if score.rmse is None or score.rmse_ours is None:
        return MISSING
    if score.rmse == score.rmse_ours:
        return words("forecasts_better_equal")
    return words("forecasts_better_ours" if score.rmse_ours < score.rmse else "forecasts_better_kma")


def _age(document: ForecastDocument, forecast: KmaPresent, words: Language) -> str:
    age = forecast.age(document.made_at)
    return words("forecasts_kma_old", hours=round(age / HOUR)) if age else ""
