"""The page of the models: the champion of each target, since when and why; and all decisions."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from weather_mlops.browsing import training
from weather_mlops.browsing.documents import address
from weather_mlops.browsing.training import Training
from weather_mlops.documents.decision import Decision
from weather_mlops.documents.model_version import Metrics
from weather_mlops.errors import ModelUnusable, ObjectDamaged
from weather_mlops.lake import documents
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.limits import JSON_DOCUMENT
from weather_mlops.model.evaluation import CARD
from weather_mlops.model.gate_limits import Gates
from weather_mlops.model.registry import Registry
from weather_mlops.model.targets import TARGETS
from weather_mlops.pages import rendering
from weather_mlops.pages.figures import to_kst
from weather_mlops.pages.languages import Language
from weather_mlops.pages.visit import Visit
from weather_mlops.variables import BY_NAME

ROOT: Final = "models/"
FEW: Final = 10
"""Decisions of each target on the page of all of them."""
UNDECIDED: Final = 3
"""Versions without a decision that are looked at: normally there is one, while a training runs."""
_BETWEEN_GATES: Final = re.compile(f"; (?=(?:{'|'.join(gate.name for gate in fields(Gates))}): )")
HISTORY_FIX: Final = "The next decision rewrites it from decisions/."
KINDS: Final = {"deployed": "good", "refused": "warn", "rolled back": "bad"}


@dataclass(frozen=True)
class Models:
    """The models of one target, from the registry.

    Attributes:
        target: its name.
        champion: the decision that deployed the current champion; None = there is none.
        figures: the champion's metrics from its manifest; empty = not known.
        decisions: all, newest first.
        stored_versions: versions whose files are on S3; None = not looked up.
        undecided: those of them that are complete and have no decision yet.
        faults: what could not be read, in sentences.
        training: the training that has no decision yet; None = there is none.
    """

    target: str
    champion: Decision | None = None
    figures: Metrics = field(default_factory=Metrics)
    decisions: Sequence[Decision] = ()
    stored_versions: frozenset[str] | None = None
    undecided: Sequence[str] = ()
    faults: Sequence[str] = ()
    training: Training | None = None

    @property
    def years(self) -> list[int]:
        """Years (KST) that have decisions, newest first."""
        return sorted({_year(decision) for decision in self.decisions}, reverse=True)

    @property
    def newest(self) -> Sequence[Decision]:
        """The decisions on the page of all targets."""
        return self.decisions[:FEW]

    def label(self, language: Language) -> str:
        """The name of the target for the reader."""
        return labelled(self.target, language)

    def is_deleted(self, version: str) -> bool:
        """Whether the files of a version are known to be gone."""
        return self.stored_versions is not None and version not in self.stored_versions

    def card_of(self, version: str) -> str:
        """The address of a version's card; empty where the name can be none."""
        return address(f"{ROOT}{self.target}/versions/{version}/{CARD}")

    def history_address(self, year: int | None = None) -> str:
        """The address of the page of all decisions."""
        return f"models?{urlencode({'target': self.target} | ({'year': year} if year else {}))}"

    @staticmethod
    def reasons(decision: Decision) -> list[str]:
        """The reasons of a decision; several where several gates refused."""
        return _BETWEEN_GATES.split(decision.reason)

    @staticmethod
    def kind(decision: Decision, language: Language) -> str:
        """The kind of a decision for the reader."""
        if decision.kind not in KINDS:
            return decision.kind
        return language(f"models_kind_{decision.kind.replace(' ', '_')}")

    @staticmethod
    def tone(decision: Decision) -> str:
        """The colour of a kind of decision."""
        return KINDS.get(decision.kind, "")


def targets(store: ObjectStore) -> list[str]:
    """Targets that have anything on S3, in the order of TARGETS.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    present = {folder.removeprefix(ROOT).rstrip("/") for folder in store.folders(ROOT)}
    return [name for name in TARGETS if name in present]


def read_all(store: ObjectStore, now: datetime) -> list[Models]:
    """The models of all targets that have anything on S3, see ``read``.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    with ThreadPoolExecutor(len(TARGETS)) as pool:
        return list(pool.map(lambda target: read(store, target, now), targets(store)))


def read(store: ObjectStore, target: str, now: datetime, *, versions: bool = False) -> Models:
    """The models of a target, in four requests, however long its history is.

    Args:
        store: the bucket.
        target: its name.
        now: the time.
        versions: also look up the stored versions, and which of them have no decision yet.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    models = read_decisions(store, target)
    registry = Registry(store, target)
    if models.champion is not None:
        try:
            models = replace(models, figures=registry.manifest(models.champion.version)["metrics"])
        except ModelUnusable as error:
            models = replace(models, faults=[str(error), *models.faults])
    models = replace(models, training=_undecided_training(store, models, now))
    return _with_versions(store, registry, models) if versions else models


def read_decisions(store: ObjectStore, target: str) -> Models:
    """The champion and the decisions about a target, without figures, in two requests.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    registry, faults = Registry(store, target), []
    champion: Decision | None = None
    try:
        champion = registry.champion()
    except ModelUnusable as error:
        faults.append(str(error))
    decisions, unreadable = _history(store, registry)
    return Models(target, champion, decisions=decisions, faults=[*faults, *unreadable])


def read_training(store: ObjectStore, target: str, now: datetime) -> Training | None:
    """The training of a target that has no decision yet, in three requests; None = there is none.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    return _undecided_training(store, read_decisions(store, target), now)


def _undecided_training(store: ObjectStore, models: Models, now: datetime) -> Training | None:
    decided = {decision.version for decision in models.decisions}
    return training.read(store, models.target, decided, now)


def _with_versions(store: ObjectStore, registry: Registry, models: Models) -> Models:
    folder = f"{registry.prefix}versions/"
    stored = frozenset(key.removeprefix(folder).rstrip("/") for key in store.folders(folder))
    unknown = sorted(stored - {decision.version for decision in models.decisions}, reverse=True)[:UNDECIDED]
    undecided = [version for version in unknown if registry.finalized(version)]
    return replace(models, stored_versions=stored, undecided=undecided)


def render(models: Sequence[Models], visit: Visit) -> str:
    """The page of all targets."""
    with_models = {each.target for each in models}
    without = [labelled(name, visit.language) for name in TARGETS if name not in with_models]
    return rendering.render("models.html", visit, models=models, without=without)


def render_history(models: Models, visit: Visit, year: int | None = None) -> str:
    """The page of all decisions about a target in a year; without a year, in the newest that has any."""
    chosen = year or next(iter(models.years), None)
    return rendering.render(
        "models_history.html",
        visit,
        view=models,
        shown=[decision for decision in models.decisions if _year(decision) == chosen],
        year=chosen,
        years=[(models.history_address(one), str(one), one == chosen) for one in models.years],
    )


def labelled(target: str, language: Language) -> str:
    """The name of a target in a reader's language."""
    if target not in TARGETS:
        return target
    variable = BY_NAME[TARGETS[target].column]
    return variable.korean if language.name == "ko" else variable.english


def _year(decision: Decision) -> int:
    """The year of a decision, KST."""
    return to_kst(decision.at).year


def _history(store: ObjectStore, registry: Registry) -> tuple[list[Decision], list[str]]:
    """All decisions from the one object that holds them, newest first; and what in it can't be read."""
    key = f"{registry.prefix}history.jsonl"
    try:
        lines = store.get(key, JSON_DOCUMENT).splitlines()
    except FileNotFoundError:
        return [], []
    except ObjectDamaged as error:
        return [], [f"{error} {HISTORY_FIX}"]
    decisions, faults = [], []
    for line_number, line in enumerate(lines, 1):
        try:
            decisions.append(documents.parse(line, Decision, f"line {line_number}", HISTORY_FIX))
        except ObjectDamaged as error:
            faults.append(str(error))
    if faults:
        faults = [f"{store.where(key)}: {len(faults)} lines can't be read and are left out. {faults[0]}"]
    return sorted(decisions, key=lambda decision: decision.at, reverse=True), faults
