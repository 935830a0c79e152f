"""The words of a model card in a reader's language: names, lists, leads, certainty."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from weather_mlops.documents.evaluation import EvaluationDocument
from weather_mlops.model.targets import TARGETS
from weather_mlops.pages.languages import Language
from weather_mlops.pages.messages import MESSAGES, Translation
from weather_mlops.stations import stations_by_id

SEASONS: Final = ("DJF", "MAM", "JJA", "SON")
# Lower bounds of the certainty that one is better, in the words that the IPCC gives them (AR5 guidance note).
LIKELIHOOD: Final = (
    (0.99, "virtually_certain"),
    (0.90, "very_likely"),
    (0.66, "likely"),
    (0.33, "as_likely_as_not"),
    (0.10, "unlikely"),
    (0.01, "very_unlikely"),
    (0.0, "exceptionally_unlikely"),
)


@dataclass(frozen=True, slots=True)
class CardTranslator(Language):
    """The texts of a language, and what baselines, seasons, stations and targets are called in it."""

    def baseline(self, name: str) -> str:
        """A baseline; an unknown one by its id."""
        return self._known(f"card_baseline_{name}", name)

    def season(self, code: str) -> str:
        """A season; an unknown one by its code."""
        return self._known(f"card_season_{code}", code)

    def station(self, station_id: int) -> str:
        """A station's name and id."""
        station = stations_by_id().get(station_id)
        if station is None:
            return self("card_station", id=station_id)
        return f"{self.of(Translation(station.english, station.korean))} ({station_id})"

    def target(self, evaluation: EvaluationDocument) -> str:
        """What a model forecasts; an unknown target by the label that its evaluation has."""
        known = TARGETS.get(evaluation["target"])
        return known.korean if known and self.name == "ko" else evaluation["label"]

    def lead(self, lead: int | str) -> str:
        """One lead: 6 h."""
        return self("card_hours", leads=lead)

    def leads(self, leads: Iterable[int]) -> str:
        """Leads as ranges: 1–3 and 24 h."""
        runs = [
            [lead for _, lead in run]
            for _, run in groupby(enumerate(sorted(leads)), key=lambda pair: pair[1] - pair[0])
        ]
        texts = [f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs]
        return self("card_hours", leads=self.listed(texts))

    def listed(self, items: Sequence[str]) -> str:
        """A list in a sentence: a, b and c."""
        return self("card_and").join(filter(None, [", ".join(items[:-1]), *items[-1:]]))

    def likelihood(self, certainty: float) -> str:
        """A share of resamples in words."""
        name = next((name for least, name in LIKELIHOOD if certainty >= least), LIKELIHOOD[-1][1])
        return self(f"card_{name}")

    def _known(self, key: str, otherwise: str) -> str:
        return self(key) if key in MESSAGES else otherwise
