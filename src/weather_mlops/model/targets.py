"""What can be forecast: names for people, and the columns of the observations behind them."""

from dataclasses import dataclass
from typing import Final

from weather_mlops.errors import Misconfigured
from weather_mlops.variables import BY_NAME


@dataclass(frozen=True, slots=True)
class Target:
    """A quantity that can be forecast.

    Attributes:
        name: name in YAML, on S3 and in the table of forecasts.
        column: column of the observations.
        low: lower limit of forecasts, in the column's unit; None = no limit.
        high: upper limit of forecasts, in the column's unit; None = no limit.
    """

    name: str
    column: str
    low: float | None = None
    high: float | None = None

    @property
    def unit(self) -> str:
        """As shown to people."""
        return BY_NAME[self.column].unit

    @property
    def label(self) -> str:
        """As shown to people."""
        return BY_NAME[self.column].english

    @property
    def korean(self) -> str:
        """Label in Korean."""
        return BY_NAME[self.column].korean


_TARGETS: Final = (
    Target("air_temperature", "air_temperature_c"),
    Target("dew_point", "dew_point_c"),
    Target("relative_humidity", "relative_humidity_pct", low=0, high=100),
    Target("sea_level_pressure", "sea_level_pressure_hpa"),
    Target("wind_speed", "wind_speed_ms", low=0),
)
TARGETS: Final = {target.name: target for target in _TARGETS}


def target_named(name: str) -> Target:
    """The target of a name.

    Raises:
        Misconfigured: there is no such target.
    """
    if name not in TARGETS:
        raise Misconfigured(f"unknown target {name!r}; known are {', '.join(TARGETS)}")
    return TARGETS[name]
