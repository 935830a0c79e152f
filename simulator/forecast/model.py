"""The forecast of the simulated weather: what will be, with errors of the size that the KMA's have.

Air temperature: RMSE of 1.35 °C at 4 h, growing to 1.7 at 58 h. A part of it is a bias that follows the hour
of the day, and another part is common to all issues. It is given in whole degrees.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator import clock, noise
from simulator.climate import saturation_hpa
from simulator.forecast import issues
from simulator.noise import Floats
from simulator.weather import Weather, frozen_share

ISSUES_KEPT: Final = 24
RMSE_K: Final = ((4, 1.35), (58, 1.7))  # at leads in hours; measured at Ulsan and two other sites
BIAS_K: Final = 0.6  # amplitude over the day: too cool in the early afternoon, too warm before sunrise
BIAS_COOLEST_H: Final = 14
ROUNDING_K2: Final = 1 / 12  # variance that whole degrees add
COMMON_SHARE: Final = 0.7  # of the errors' variance: what every issue misjudges alike
# Hours in which the errors change.
COMMON_H, ISSUE_H = 30.0, 12.0
SKY_FROM: Final = ((0.85, 4), (0.55, 3))  # share of cloud: overcast, mostly cloudy; below it is clear
WET_MM: Final = 0.1
TEMPERATURES: Final = frozenset({"TMP", "TMX", "TMN"})


@dataclass(frozen=True)
class Forecast:
    """One issue; arrays of shape (hours, stations).

    Attributes:
        issue: its hour.
        hours: the hours that it is for.
        numbers: by category, as they are written in a grid; NaN where there is none.
    """

    issue: int
    hours: tuple[int, ...]
    numbers: dict[str, Floats]


class Forecasts:
    """Forecasts of a weather.

    Attributes:
        weather: that is forecast.
    """

    def __init__(self, weather: Weather) -> None:
        self.weather = weather
        self.of = lru_cache(ISSUES_KEPT)(self._of)

    def _of(self, issue: int) -> Forecast:
        """The forecast that is issued at an hour."""
        temperatures = self.temperatures(issue)
        hours = np.array(temperatures.hours)
        air = {
            name: self._truth(name, hours) for name in ("temperature_c", "dew_point_c", "cloud", "rain_mm")
        }
        humidity = self._humidity_pct(issue, hours, air["temperature_c"], air["dew_point_c"])
        east, north = (self._wind_ms(issue, hours, axis) for axis in ("east", "north"))
        rain, probability = self._rain(issue, hours, air["rain_mm"], air["cloud"])
        snow_share = frozen_share(temperatures.numbers["TMP"])
        cloud = np.clip(air["cloud"] + 0.12 * self._error("cloud", issue, hours), 0, 1)
        numbers = {
            "UUU": np.round(east, 1) + 0.0,
            "VVV": np.round(north, 1) + 0.0,
            "VEC": np.round(np.degrees(np.arctan2(-east, -north)) % 360),
            "WSD": np.round(np.hypot(east, north), 1),
            "SKY": np.select([cloud >= share for share, _ in SKY_FROM], [code for _, code in SKY_FROM], 1.0),
            "PTY": np.where(rain < WET_MM, 0.0, np.select([snow_share > 0.7, snow_share > 0.3], [3, 2], 1)),  # noqa: PLR2004
            "POP": probability,
            "WAV": np.full(rain.shape, -999.0),
            "PCP": np.round(rain * (1 - snow_share), 1),
            "REH": humidity,
            "SNO": np.round(rain * snow_share, 1),
        }
        return Forecast(issue, temperatures.hours, {**temperatures.numbers, **numbers})

    def temperatures(self, issue: int) -> Forecast:
        """The TEMPERATURES of an issue alone: an archive of months needs no more."""
        hours = np.array(issues.valid_hours(issue))
        # Whole days, for the daily extremes.
        days = np.arange(hours[0] - hours[0] % 24, hours[-1] + 24)
        every_hour = np.round(self._temperature_c(issue, days)) + 0.0
        numbers = {
            "TMP": every_hour[hours - days[0]],
            **self._daily(issue, hours, days[0], every_hour),
        }
        return Forecast(issue, tuple(hours.tolist()), numbers)

    def _truth(self, name: str, hours: NDArray[np.int64]) -> Floats:
        """The weather to come at some hours."""
        values = []
        for hour in hours.tolist():
            day = clock.day_of(hour)
            source = self.weather.sky(day) if name in {"cloud", "rain_mm"} else self.weather.air(day)
            values.append(getattr(source, name)[hour - clock.first_hour(day)])
        return np.array(values)

    def _error(self, name: str, issue: int, hours: NDArray[np.int64]) -> Floats:
        """Errors of mean 0 and standard deviation 1; those of one issue resemble those of the one before."""
        seed, ids = self.weather.seed, self.weather.places.ids
        common = noise.smooth(seed, f"forecast/{name}", hours[:, None], COMMON_H, ids)
        own = noise.smooth(seed, f"forecast/{name}/issue", hours[:, None], ISSUE_H, ids, np.array(issue))
        return np.asarray(np.sqrt(COMMON_SHARE) * common + np.sqrt(1 - COMMON_SHARE) * own)

    def _temperature_c(self, issue: int, hours: NDArray[np.int64]) -> Floats:
        (first, low), (last, high) = RMSE_K
        lead = np.clip(hours - issue, first, None)[:, None]
        rmse = low + (high - low) * (lead - first) / (last - first)
        bias = -BIAS_K * np.cos(2 * np.pi * (hours[:, None] % 24 - BIAS_COOLEST_H) / 24)
        spread = np.sqrt(rmse**2 - BIAS_K**2 / 2 - ROUNDING_K2)
        return np.asarray(
            self._truth("temperature_c", hours) + bias + spread * self._error("temperature", issue, hours)
        )

    def _humidity_pct(
        self, issue: int, hours: NDArray[np.int64], temperature: Floats, dew_point: Floats
    ) -> Floats:
        """In steps of 5 %."""
        humidity = 100 * saturation_hpa(dew_point) / saturation_hpa(temperature)
        humidity = humidity + 8 * self._error("humidity", issue, hours)
        return np.clip(np.round(humidity / 5) * 5, 5, 100)

    def _wind_ms(self, issue: int, hours: NDArray[np.int64], axis: str) -> Floats:
        return np.asarray(self._truth(f"{axis}_ms", hours) + 0.9 * self._error(axis, issue, hours))

    def _rain(
        self, issue: int, hours: NDArray[np.int64], rain_mm: Floats, cloud: Floats
    ) -> tuple[Floats, Floats]:
        """Amount, of which some comes where none will fall, and its probability in steps of 10 %."""
        error = self._error("rain", issue, hours)
        amount = np.where(rain_mm >= WET_MM, rain_mm * np.exp(0.7 * error), 0.6 * np.maximum(error - 1.8, 0))
        amount = np.where(error < -1.5, 0, np.where(amount < WET_MM, 0, amount))  # noqa: PLR2004  missed
        probability = 0.5 * (amount > 0) + 0.35 * cloud**2 + 0.12 * np.tanh(amount)
        return amount, np.clip(np.round(10 * probability) * 10, 0, 100)

    def _daily(
        self, issue: int, hours: NDArray[np.int64], first: int, temperature: Floats
    ) -> dict[str, Floats]:
        """Maximum and minimum of whole days, at the hours that have them."""
        numbers = {name: np.full((len(hours), temperature.shape[1]), np.nan) for name in ("TMX", "TMN")}
        for index, hour in enumerate(hours.tolist()):
            begin = hour - hour % 24 - first
            day = temperature[begin : begin + 24]
            if issues.has_maximum(issue, hour):
                numbers["TMX"][index] = day.max(axis=0)
            if issues.has_minimum(issue, hour):
                numbers["TMN"][index] = day.min(axis=0)
        return numbers
