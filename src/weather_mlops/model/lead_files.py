"""Models of leads as parts of a version's files: a JSON document each, and XGBoost's own format for trees.

``lead_01_0.ubj``, … are the boosters of a lead, ``lead_01_spread.ubj`` is its error scale; those of a model
that begins with the KMA's forecast are ``lead_01_kma_0.ubj``, …. Nothing is pickled.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from weather_mlops.documents.model_file import LeadDocument
from weather_mlops.model.feature_names import KMA_WEEK_ERROR, WEEK_ERROR
from weather_mlops.model.lead_model import ERROR_SCALE, ErrorDistribution, LeadModel, RecentErrors
from weather_mlops.model.ridge import Ridge
from weather_mlops.verification.scores import INTERVAL_LEVELS

if TYPE_CHECKING:
    from xgboost import Booster

KMA: Final = "kma_"
"""Before the names of trees of models that begin with the KMA's forecast."""


def to_document(model: LeadModel) -> LeadDocument:
    """A lead's model without its trees."""
    document: LeadDocument = {
        "boosters": len(model.boosters),
        "line": model.ridge.as_dict(),
        "damping": model.damping,
        "ridge_share": model.ridge_weight,
        "least_spread": model.min_error_scale,
        "low": model.errors.errors[model.errors.levels.index(0.1)],
        "high": model.errors.errors[model.errors.levels.index(0.9)],
        "levels": list(model.errors.levels),
        "scaled_errors": list(model.errors.errors),
    }
    if isinstance(model.error_scale, RecentErrors):
        document["typical_error"] = model.error_scale.typical
    if model.kma_base is not None:
        document["kma_base"] = model.kma_base
        document["stacked"] = model.stacked
    return document


def tree_files(leads: Sequence[LeadModel | None], prefix: str = "") -> dict[str, bytes]:
    """Files of the trees of leads 1, 2, …, by name; with the prefix KMA if they begin with its forecast."""
    return {
        _file(lead, prefix + name): bytes(booster.save_raw("ubj"))
        for lead, model in enumerate(leads, start=1)
        if model is not None
        for name, booster in model.trees().items()
    }


def read_leads(
    documents: Sequence[LeadDocument | None], files: Mapping[str, bytes], prefix: str = ""
) -> Iterator[LeadModel | None]:
    """The models of leads 1, 2, … from their documents and files.

    Raises:
        LookupError, TypeError, ValueError, xgboost.core.XGBoostError: a file is missing or damaged.
    """
    for lead, document in enumerate(documents, start=1):
        if document is None:
            yield None
            continue
        names = [str(index) for index in range(document["boosters"])]
        if "typical_error" not in document:
            names.append(ERROR_SCALE)
        yield _lead_model(document, [_booster(files[_file(lead, prefix + name)]) for name in names])


def _lead_model(stored: LeadDocument, trees: "list[Booster]") -> LeadModel:
    kma_base = stored.get("kma_base")
    error_scale: Booster | RecentErrors
    if "typical_error" in stored:
        error_scale = RecentErrors(stored["typical_error"], KMA_WEEK_ERROR if kma_base else WEEK_ERROR)
    else:
        error_scale = trees.pop()
    return LeadModel(
        boosters=trees,
        ridge=Ridge.from_dict(stored["line"]),
        damping=stored["damping"],
        ridge_weight=stored["ridge_share"],
        error_scale=error_scale,
        min_error_scale=stored["least_spread"],
        errors=_errors(stored),
        kma_base=kma_base,
        stacked=stored.get("stacked", False),
    )


def _errors(stored: LeadDocument) -> ErrorDistribution:
    """The distribution of a lead's errors; models from before they had one have an interval."""
    if "levels" not in stored:
        return ErrorDistribution(INTERVAL_LEVELS, (stored["low"], 0.0, stored["high"]))
    return ErrorDistribution(tuple(stored["levels"]), tuple(stored["scaled_errors"]))


def _booster(body: bytes) -> "Booster":
    from xgboost import Booster

    return Booster({"nthread": 1}, model_file=bytearray(body))


def _file(lead: int, name: str) -> str:
    return f"lead_{lead:02d}_{name}.ubj"
