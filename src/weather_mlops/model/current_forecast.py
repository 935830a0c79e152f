"""The newest forecast of a station, as the forecast pages show it."""

from typing import Final

from weather_mlops.documents.forecast_pages import CurrentForecast
from weather_mlops.documents.forecasts import LatestStation
from weather_mlops.lake.schemas import WITH_KMA_FORECAST

DIGITS: Final = 1  # as the KMA sends all targets


def current_forecast(latest: LatestStation) -> CurrentForecast:
    """What pages need of a station's entry in ``forecasts/latest.json``, rounded."""
    current: CurrentForecast = {
        "issued_at": latest["issued_at"],
        "p10": [round(value, DIGITS) for value in latest["p10"]],
        "p50": [round(value, DIGITS) for value in latest["p50"]],
        "p90": [round(value, DIGITS) for value in latest["p90"]],
    }
    if "p25" in latest and "p75" in latest:
        current["p25"] = [round(value, DIGITS) for value in latest["p25"]]
        current["p75"] = [round(value, DIGITS) for value in latest["p75"]]
    if "inputs_note" in latest:
        current["inputs_note"] = latest["inputs_note"]
        current["inputs_note_korean"] = latest["inputs_note_korean"]
    if "inputs" in latest:
        current["leads_without_kma"] = [
            lead for lead, inputs in enumerate(latest["inputs"], start=1) if inputs != WITH_KMA_FORECAST
        ]
    return current
