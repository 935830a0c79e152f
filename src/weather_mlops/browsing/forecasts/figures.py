"""How the forecast pages write figures: to the digits that the KMA sends, with or without the unit."""

from typing import Final

from weather_mlops.pages import figures

DIGITS: Final = 1


def plain(value: float | None) -> str:
    """A figure without its unit, which its column or axis has."""
    return figures.number(value, digits=DIGITS)


def amount(value: float | None, unit: str) -> str:
    """A figure with its unit."""
    return figures.number(value, unit, digits=DIGITS)
