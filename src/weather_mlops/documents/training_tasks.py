"""What the tasks of a training return as XComs; the plan itself is in ``model_version.py``."""

from typing import NotRequired

from typing_extensions import TypedDict

from weather_mlops.documents.model_version import Headline


class ReadinessSummary(TypedDict):
    """XCom ``readiness`` of check_data_readiness: see ``weather_mlops.model.readiness.DataFigures``."""

    snapshot_id: int | None
    first: str | None
    last: str | None
    stations: list[int]
    left_out: dict[str, float]
    coverage: float
    quarantined_share: float
    quality_score: float | None
    span_days: float
    recent_days: float


class PreparationSummary(TypedDict):
    """What prepare_training_data staged: counts, and keys on S3."""

    observations: int
    feature_rows: int
    features: int
    observations_key: str
    features_key: str


class TrainingSummary(TypedDict):
    """What train_model did: inputs of the model in words, rows trained on, seconds, peak memory in MB.

    ``reason``: why there was nothing to do.
    """

    version: str
    reason: NotRequired[str]
    inputs: NotRequired[str]
    rows: NotRequired[int]
    seconds: NotRequired[float]
    peak_rss_mb: NotRequired[int]


class EvaluationSummary(Headline):
    """Headline of evaluate_model, and the key of the model card."""

    card_key: str


class DeploymentSummary(TypedDict):
    """Outcome of deploy_model; ``decision``: the reason, which begins with "not deployed: " if it wasn't."""

    deployed: bool
    version: str
    previous: str | None
    decision: str
