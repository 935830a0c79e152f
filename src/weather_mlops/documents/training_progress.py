"""``models/<target>/training.json``: how far the newest training of a target is, for people who wait."""

from typing import Annotated, Final, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from weather_mlops.documents import schema_version
from weather_mlops.lake.documents import Figure, MomentText

SCHEMA: Final = 1
TrainingStep = Literal["preparing", "training", "training_with_kma", "evaluating"]
"""``training_with_kma``: the second part, which begins with the KMA's forecast."""
Leads = Annotated[int, Field(ge=0, le=9999)]


class TrainingProgress(TypedDict):
    """What a training does, and since when it is known.

    ``lead`` of ``leads`` models are trained; ``seconds_left``: until the last, None = not known. All three
    are present only while models are trained.
    """

    schema: Annotated[int, schema_version.up_to(SCHEMA)]
    version: str
    step: TrainingStep
    at: MomentText
    lead: NotRequired[Leads]
    leads: NotRequired[Leads]
    seconds_left: NotRequired[Figure | None]
