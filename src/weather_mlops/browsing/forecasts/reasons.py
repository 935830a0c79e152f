"""Why a station has no forecast, in the reader's language: the task stores it in English."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from weather_mlops.pages.figures import kst
from weather_mlops.pages.languages import Language

SENTENCES: Final[Mapping[str, re.Pattern[str]]] = {
    "old": re.compile(r"its newest \w+ is (?P<age>[\d.]+) h old; at most (?P<most>[\d.]+) h are allowed"),
    "silent": re.compile(r"no \w+ since (?P<since>[\d-]{10} [\d:]{5}) UTC"),
    "untrained": re.compile("the model was trained without this station"),
    "unusable": re.compile("the model makes no forecast from what was observed here"),
}
"""What ``model/forecasting.py`` and ``model/recent_forecasts.py`` write."""


@dataclass(frozen=True, slots=True)
class NoForecastReason:
    """A reason.

    Attributes:
        text: a sentence without its full stop.
        language: of the text, where it is not the reader's; empty where it is.
    """

    text: str
    language: str = ""


def of_station(stored: str, words: Language) -> NoForecastReason:
    """The reason of one station."""
    return _translated(stored, words, "forecasts_reason_{}")


def of_several(stored: str, words: Language) -> NoForecastReason:
    """What stations with the same kind of reason share."""
    return _translated(stored, words, "forecasts_reasons_{}")


def _translated(stored: str, words: Language, key: str) -> NoForecastReason:
    for kind, sentence in SENTENCES.items():
        if match := sentence.fullmatch(stored):
            values = match.groupdict()
            if "since" in values:
                values["since"] = kst(datetime.fromisoformat(values["since"]).replace(tzinfo=UTC))
            return NoForecastReason(words(key.format(kind), **values))
    return NoForecastReason(stored, "en")
