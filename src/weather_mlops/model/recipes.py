"""Which recipe a training uses: it depends on how much of the year was observed."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

from weather_mlops.model import climatology, long_history, short_history
from weather_mlops.model.feature_names import RECENT, SEASONAL, Choice
from weather_mlops.model.lead_model import LeadModel
from weather_mlops.model.sample import Sample
from weather_mlops.model.tuning import TunedLead


@dataclass(frozen=True)
class Recipe:
    """How the leads of a model are trained.

    Attributes:
        name: of the recipe.
        uses: whether it uses the feature of a name.
        train_lead: trains the model of one lead from a sample, the lead in hours, a seed, and what is known
            of the lead from ``tune``.
        settings: as stored with a model; features and settings make the config hash.
        tune: measures one of a few leads, from a sample, the lead and a seed; None = each lead is measured
            when it is trained.
    """

    name: str
    uses: Choice
    train_lead: Callable[[Sample, int, int, TunedLead | None], LeadModel]
    settings: Callable[[], Mapping[str, int | float]]
    tune: Callable[[Sample, int, int], TunedLead] | None = None


LONG: Final = Recipe(
    "long_history",
    lambda name: name not in RECENT,
    long_history.train_lead,
    long_history.stored_settings,
)
SHORT: Final = Recipe(
    "short_history",
    lambda name: name not in SEASONAL,
    short_history.train_lead,
    lambda: asdict(short_history.SETTINGS),
    short_history.tune,
)


def recipe_for(values: np.ndarray, hours: np.ndarray) -> Recipe:
    """The recipe for a training span: LONG where most stations have observed nearly a whole year.

    Args:
        values: of the target, shape (stations, T); NaN = not observed.
        hours: datetime64[h], UTC, shape (T,).
    """
    days = climatology.days_of_year_seen(values, hours)
    return LONG if np.median(days) >= climatology.YEAR_SEEN_DAYS else SHORT
