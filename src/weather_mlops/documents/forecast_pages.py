"""``forecasts/stations.json``, the source of the forecast pages: current and past forecasts.

``model/recent_forecasts.py`` writes it, ``browsing/forecasts/published.py`` reads it. Times are UTC::

    {"schema": 1,
     "made_at": "2026-11-24T04:05:00+00:00",             when it was made
     "first": "2026-11-21T05:00:00+00:00",               the first of the hours below, and
     "hours": 72,                                         how many there are
     "targets": {"air_temperature": {
        "label": "Air temperature", "korean": "기온", "unit": "°C",
        "model_version": "20261124T0200-1a2b3c4d",        null without a model
        "past": {"1": {"n": 6900, "rmse": 0.52, "coverage_80": 0.81}, "6": …, "24": …, "48": …},  all stations
        "kma_past": {"1": {"n": 6800, "rmse": 1.41, "rmse_ours": 0.52}, "6": …, "24": …, "48": …},
        "verified": {"7": {"n": 780000, "rmse": 1.6, "rmse_ours": 1.5}, "30": …},    of the last days
        "stations": {"108": {
            "name": "Seoul", "korean": "서울",
            "observed": [3.1, null, …],                   an entry per hour; null = not observed
            "forecast": {"issued_at": "2026-11-24T04:00:00+00:00",         newest hour used
                         "p10": […], "p50": […], "p90": […],               of 1, 2, 3 … h after it
                         "p25": […], "p75": […],                           absent for older models
                         "inputs_note": "observations and …", "inputs_note_korean": "…",
                         "leads_without_kma": [47, 48]},    hours ahead made from observations only
            "why_none": "why there is no forecast",       either forecast or why_none is null
            "past": {"1": {"p10": […], "p50": […], "p90": […],     of each hour, as forecast 1 h before it;
                           "n": 71,                                null = it wasn't
                           "rmse": 0.52, "coverage_80": 0.81}},    null where n, hours with both, is 0
            "verified": {"7": {"n": 8000, "rmse": 1.6, "rmse_ours": 1.5}, "30": …},    of this station
            "kma": {
                "forecast": {"issued_at": "2026-11-24T02:00:00+00:00",      newest issue of these values
                             "values": [4.0, null, …]},         of the hours after those of "observed"
                "past": {"1": {"values": […],           of each hour, as the KMA forecast it 1 h before it
                               "n": 70, "rmse": 1.41, "rmse_ours": 0.52}}}
        }}}}}

``kma_past`` and ``kma`` are absent where no forecast of the KMA is known for these hours. Their figures are
of hours that have an observation, a forecast of the KMA and one of ours. So are those of ``verified``, of all
leads and the last days of the table of verification; it is absent where these days were not verified.
"""

from datetime import datetime
from typing import Annotated, Final, NotRequired, TypeVar

from pydantic import AfterValidator, Field
from typing_extensions import TypedDict

from weather_mlops.clock import HOUR
from weather_mlops.lake.documents import Figure, MomentText

KEY: Final = "forecasts/stations.json"
SCHEMA: Final = 1
MOST_HOURS: Final = 31 * 24
"""Maximum length of a series: a page draws each of its hours."""

Count = Annotated[int, Field(ge=0, le=10**9)]
Hourly = Annotated[list[Figure | None], Field(min_length=1, max_length=MOST_HOURS)]
Lead = Annotated[int, Field(ge=1, le=MOST_HOURS)]
LeadText = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,2}$")]
"""A lead in hours, as the key of a JSON object."""
DaysText = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,2}$")]
"""A number of days, as the key of a JSON object."""
StationText = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,4})$")]
"""A station id, as the key of a JSON object."""
TargetName = Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]


class PastScores(TypedDict):
    """Hours with forecast and observation; RMSE of the median and coverage, None without such hours."""

    n: Count
    rmse: Figure | None
    coverage_80: Figure | None


class CurrentForecast(TypedDict):
    """The newest forecast of a station; older ones do not say what they were made from.

    ``leads_without_kma``: hours ahead whose forecast was made from observations only. ``p25`` and ``p75``:
    both or neither.
    """

    issued_at: MomentText
    p10: Hourly
    p50: Hourly
    p90: Hourly
    p25: NotRequired[Hourly]
    p75: NotRequired[Hourly]
    inputs_note: NotRequired[str]
    inputs_note_korean: NotRequired[str]
    leads_without_kma: NotRequired[Annotated[list[Lead], Field(max_length=MOST_HOURS)]]


class PastSeries(PastScores):
    """Past forecasts of one station and lead, with their scores."""

    p10: Hourly
    p50: Hourly
    p90: Hourly


Quantiles = TypeVar("Quantiles", CurrentForecast, PastSeries)


def _same_hours(series: Quantiles) -> Quantiles:
    """The series, if a band can be drawn from p10 to p90: each hour has all quantiles or none."""
    quantiles = (series["p10"], series["p50"], series["p90"])
    low, middle, high = ([value is None for value in each] for each in quantiles)
    if not low == middle == high:
        raise ValueError("p10, p50 and p90 don't have the same hours")
    return series


def _usable(forecast: CurrentForecast) -> CurrentForecast:
    missing = [value is None for value in forecast["p50"]]
    if all(missing):
        raise ValueError("every p50 is null")
    if ("p25" in forecast) != ("p75" in forecast):
        raise ValueError("only one of p25 and p75 is there")
    if "p25" in forecast and "p75" in forecast:
        for quartile in (forecast["p25"], forecast["p75"]):
            if [value is None for value in quartile] != missing:
                raise ValueError("p25, p50 and p75 don't have the same hours")
    return _same_hours(forecast)


class KmaScores(TypedDict):
    """Hours with an observation, the KMA's forecast and ours; RMSE of both, None without such hours."""

    n: Count
    rmse: Figure | None
    rmse_ours: Figure | None


class KmaPastSeries(KmaScores):
    """What the KMA forecast for one station at one lead, with the scores."""

    values: Hourly


class KmaCurrent(TypedDict):
    """The KMA's newest forecast of a station.

    ``issued_at`` is the newest issue among the values; an hour that it lacks has the value of an earlier one.
    """

    issued_at: MomentText
    values: Hourly


def _has_values(forecast: KmaCurrent) -> KmaCurrent:
    if all(value is None for value in forecast["values"]):
        raise ValueError("every value is null")
    return forecast


class KmaStation(TypedDict):
    """The KMA's forecasts of a station; ``forecast`` is None where only past ones are known."""

    forecast: Annotated[KmaCurrent, AfterValidator(_has_values)] | None
    past: dict[LeadText, KmaPastSeries]


class PageStation(TypedDict):
    """A station: its names, what was observed, and its forecasts by lead."""

    name: str
    korean: str
    observed: Hourly
    forecast: Annotated[CurrentForecast, AfterValidator(_usable)] | None
    why_none: str | None
    past: dict[LeadText, Annotated[PastSeries, AfterValidator(_same_hours)]]
    kma: NotRequired[KmaStation]
    verified: NotRequired[dict[DaysText, KmaScores]]


class PageTarget(TypedDict):
    """A target: its names, scores of all stations by lead, and the stations."""

    label: str
    korean: str
    unit: str
    model_version: str | None
    past: dict[LeadText, PastScores]
    kma_past: NotRequired[dict[LeadText, KmaScores]]
    verified: NotRequired[dict[DaysText, KmaScores]]
    stations: dict[StationText, PageStation]


class PageDocument(TypedDict):
    """The whole document."""

    schema: int
    made_at: MomentText
    first: MomentText
    hours: Annotated[int, Field(ge=1, le=MOST_HOURS)]
    targets: Annotated[dict[TargetName, PageTarget], Field(min_length=1)]


def _consistent(document: PageDocument) -> PageDocument:
    """The document, if all series cover its hours, and all forecasts were issued within them."""
    first = datetime.fromisoformat(document["first"])
    last = first + document["hours"] * HOUR
    for station in (each for target in document["targets"].values() for each in target["stations"].values()):
        pasts = [
            each for past in station["past"].values() for each in (past["p10"], past["p50"], past["p90"])
        ]
        if "kma" in station:
            pasts += [past["values"] for past in station["kma"]["past"].values()]
        if any(len(each) != document["hours"] for each in [station["observed"], *pasts]):
            raise ValueError(f"not all series of {station['name']} have {document['hours']} hours")
        forecast = station["forecast"]
        if forecast and not first - HOUR <= datetime.fromisoformat(forecast["issued_at"]) <= last:
            raise ValueError(f"the forecast of {station['name']} was issued outside of these hours")
    return document


CheckedPageDocument = Annotated[PageDocument, AfterValidator(_consistent)]
