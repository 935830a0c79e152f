"""``manifest.json`` of a version of a model, with the plan of its training."""

from typing import Annotated, Final, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from weather_mlops.documents import schema_version
from weather_mlops.documents.evaluation import ChampionScores
from weather_mlops.lake.documents import Figure, Moment

SCHEMA: Final = 1
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class StoredFile(TypedDict):
    """A file in a manifest: SHA-256 in hexadecimal digits, and size in bytes."""

    sha256: str
    bytes: Annotated[int, Field(ge=0, le=1_000_000_000)]


class PlanDocument(TypedDict):
    """A plan of a training, as tasks pass it on and manifests hold it: see ``weather_mlops.model.plan.Plan``.

    Times are ISO 8601 with their zone. Plans from before the KMA's forecasts were an input have no
    ``kma_snapshot_id``.
    """

    target: str
    version: str
    stations: list[int]
    horizon_hours: int
    first: str
    last: str
    holdout_first: str
    snapshot_id: int | None
    seed: int
    kma_snapshot_id: NotRequired[int | None]


class Headline(TypedDict):
    """The most important figures of an evaluation, by lead in hours; ``inputs`` as in the evaluation."""

    version: str
    unit: str
    inputs: NotRequired[str]
    rmse: dict[str, float | None]
    coverage_80: dict[str, float | None]
    crps: dict[str, float | None]
    skill_persistence: dict[str, float | None]
    champion: ChampionScores | None


class VersionNotes(TypedDict):
    """What a manifest holds in addition to the files.

    ``recipe``: hash of features and settings; ``fingerprint``: hash of the features; ``metrics``: headline of
    the evaluation.
    """

    created_at: str
    recipe: str
    fingerprint: str
    features: list[str]
    plan: PlanDocument
    libraries: dict[str, str]
    code_revision: str | None
    metrics: Headline


class VersionManifest(VersionNotes):
    """``manifest.json`` as it is written."""

    schema: int
    version: str
    target: str
    files: dict[str, StoredFile]


class PlanOfVersion(TypedDict):
    """The part of a training's plan that is read: station ids, longest lead, first hour not trained on."""

    stations: list[int]
    horizon_hours: Annotated[int, Field(ge=1)]
    holdout_first: Moment


class Metrics(TypedDict, total=False):
    """The headline as it is read; older manifests lack some of it."""

    unit: str
    inputs: str
    rmse: dict[str, Figure | None]
    coverage_80: dict[str, Figure | None]
    skill_persistence: dict[str, Figure | None]


class ModelManifest(TypedDict):
    """The part of a manifest that is read.

    ``files``: all other files, by name; ``recipe``: hash of features and settings.
    """

    schema: NotRequired[Annotated[int, schema_version.up_to(SCHEMA)]]
    files: dict[FileName, StoredFile]
    recipe: str
    plan: PlanOfVersion
    metrics: Metrics
