"""The simulated weather that tests of a process share: nobody changes it, and a day takes milliseconds."""

from functools import cache

from simulator.simulated import SimulatedWeather
from weather_mlops.stations import load_stations


@cache
def simulated_weather(seed: int = 0) -> SimulatedWeather:
    """The weather of all stations; the days that one test computed are cached for the next one."""
    return SimulatedWeather(seed, load_stations())
