"""The page of the models: the champion of each target, since when and why; and all decisions."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields, replace
from typing import Final
from urllib.parse import urlencode

from weather_mlops.browsing.frame import TIMES, described, framed, link, link_to, listed, notice, wordy
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
from weather_mlops.pages.markup import NBSP, cell, escape, kst, number, percent, table, to_kst

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
    """

    target: str
    champion: Decision | None = None
    figures: Metrics = field(default_factory=Metrics)
    decisions: Sequence[Decision] = ()
    stored_versions: frozenset[str] | None = None
    undecided: Sequence[str] = ()
    faults: Sequence[str] = ()

    @property
    def years(self) -> list[int]:
        """Years (KST) that have decisions, newest first."""
        return sorted({_year(decision) for decision in self.decisions}, reverse=True)


def targets(store: ObjectStore) -> list[str]:
    """Targets that have anything on S3, in the order of TARGETS.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    present = {folder.removeprefix(ROOT).rstrip("/") for folder in store.folders(ROOT)}
    return [name for name in TARGETS if name in present]


def read_all(store: ObjectStore) -> list[Models]:
    """The models of all targets that have anything on S3, see ``read``.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    with ThreadPoolExecutor(len(TARGETS)) as pool:
        return list(pool.map(lambda target: read(store, target), targets(store)))


def read(store: ObjectStore, target: str, *, versions: bool = False) -> Models:
    """The models of a target, in three requests, however long its history is.

    Args:
        store: the bucket.
        target: its name.
        versions: also look up the stored versions, and which of them have no decision yet.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    registry, faults = Registry(store, target), []
    champion: Decision | None = None
    figures: Metrics = {}
    try:
        champion = registry.champion()
        figures = registry.manifest(champion.version)["metrics"] if champion else {}
    except ModelUnusable as error:
        faults.append(str(error))
    decisions, unreadable = _history(store, registry)
    models = Models(target, champion, figures, decisions, faults=[*faults, *unreadable])
    return _with_versions(store, registry, models) if versions else models


def _with_versions(store: ObjectStore, registry: Registry, models: Models) -> Models:
    folder = f"{registry.prefix}versions/"
    stored = frozenset(key.removeprefix(folder).rstrip("/") for key in store.folders(folder))
    unknown = sorted(stored - {decision.version for decision in models.decisions}, reverse=True)[:UNDECIDED]
    undecided = [version for version in unknown if registry.finalized(version)]
    return replace(models, stored_versions=stored, undecided=undecided)


def render(models: Sequence[Models]) -> str:
    """The page of all targets."""
    without = [TARGETS[name].label for name in TARGETS if name not in {each.target for each in models}]
    body = "".join(f"<section>{_head(each)}{_newest(each)}</section>" for each in models)
    if not models:
        body = notice(
            "<b>There is no model yet.</b> The DAG model_training trains one each night, once there are "
            "enough observations; the XCom <code>skipped</code> of its task check_data_readiness says what "
            "is missing."
        )
    elif without:
        body += (
            f'<p class="soft">No model was trained for: {", ".join(map(escape, without)).lower()}. '
            "The targets to train are listed in pipelines/defaults.yml.</p>"
        )
    lead = f"The model that forecasts each target, and the decisions about all versions. {TIMES}"
    return framed("Models", lead, body)


def render_history(models: Models, year: int | None = None) -> str:
    """The page of all decisions about a target in a year; without a year, in the newest that has any."""
    chosen = year or next(iter(models.years), None)
    shown = [decision for decision in models.decisions if _year(decision) == chosen]
    years = [
        f"<b>{one}</b>" if one == chosen else link(_history_of(models.target, one), str(one))
        for one in models.years
    ]
    decided = (
        _decisions(models, shown, f"Decisions of {chosen}, newest first")
        if shown
        else notice("Nothing was decided then.")
    )
    label = _label(models.target)
    lead = f"All decisions about models of {label.lower()}. {TIMES} {link('models', 'All targets')}"
    body = f"{_head(models)}<h2>Decisions</h2>{_undecided(models)}{listed(years)}{decided}"
    return framed(f"Models: {label}", lead, body)


def _head(models: Models) -> str:
    faults = "".join(f'<p class="bad">{escape(fault)}</p>' for fault in models.faults)
    return f"<h2>{_label(models.target)}</h2>{faults}{_champion(models)}"


def _champion(models: Models) -> str:
    champion = models.champion
    if champion is None:
        tried = (
            "its versions were refused, for the reasons below"
            if models.decisions
            else "no version was evaluated yet"
        )
        return notice(f"<b>No model yet:</b> {tried}. Until one is deployed there is no forecast of it.")
    entries = [
        ("Champion", f"<b>{_version(models, champion.version)}</b>"),
        ("Since", f"{kst(champion.at)}, {escape(champion.kind)} by {escape(champion.by)}"),
        (
            "Predecessor",
            _version(models, champion.previous) if champion.previous else "none: it is the first",
        ),
        ("Why", escape(champion.reason)),
    ]
    if inputs := models.figures.get("inputs"):
        entries.append(("Made from", escape(inputs)))
    return described(entries) + _figures(models.figures)


def _figures(figures: Metrics) -> str:
    rmse = figures.get("rmse")
    if not rmse:
        return notice("Its figures are not known: they are not in its manifest.")
    covered, skill = figures.get("coverage_80", {}), figures.get("skill_persistence", {})
    unit = escape(figures.get("unit", ""))
    rows = [
        (
            f"{escape(lead)}{NBSP}h ahead",
            [
                cell(number(value, digits=2)),
                cell(percent(covered.get(lead), digits=1)),
                cell(percent(skill.get(lead), signed=True)),
            ],
        )
        for lead, value in rmse.items()
    ]
    head = [
        "lead",
        f"RMSE<br>({unit})",
        "observations within<br>its 80 % interval",
        "skill over<br>persistence",
    ]
    return table(
        "Measured in its evaluation, on hours that were not in its training data.",
        head,
        rows,
        "it was not measured",
    )


def _newest(models: Models) -> str:
    few, label = models.decisions[:FEW], _label(models.target)
    if not few:
        return ""
    every = link(_history_of(models.target), f"All decisions about {label.lower()} ({len(models.decisions)})")
    return _decisions(models, few, f"{label}: decisions, newest first") + f"<p>{every}</p>"


def _undecided(models: Models) -> str:
    if not models.undecided:
        return ""
    versions = ", ".join(_version(models, version) for version in models.undecided)
    return f"<p>Evaluated, and not decided yet: {versions}.</p>"


def _decisions(models: Models, decisions: Sequence[Decision], caption: str) -> str:
    rows = [
        (
            kst(decision.at),
            [
                cell(f'<span class="{KINDS.get(decision.kind, "")}">{escape(decision.kind)}</span>', "name"),
                cell(_version(models, decision.version), "name"),
                cell(_reasons(decision), "words"),
            ],
        )
        for decision in decisions
    ]
    return table(
        caption,
        ["when", wordy("decision"), wordy("version and its card"), wordy("reason, and who decided")],
        rows,
    )


def _reasons(decision: Decision) -> str:
    """The reasons of a decision; one per line where several gates refused."""
    reasons = [escape(reason) for reason in _BETWEEN_GATES.split(decision.reason)]
    listing = (
        f"<ul>{''.join(f'<li>{reason}</li>' for reason in reasons)}</ul>" if len(reasons) > 1 else reasons[0]
    )
    return f'{listing}<div class="soft">{escape(decision.by)}</div>'


def _version(models: Models, version: str) -> str:
    """The name of a version, linked to its card where that is on S3."""
    if models.stored_versions is not None and version not in models.stored_versions:
        return f'{escape(version)} <span class="soft">(deleted)</span>'
    return link_to(f"{ROOT}{models.target}/versions/{version}/{CARD}", escape(version))


def _history_of(target: str, year: int | None = None) -> str:
    return f"models?{urlencode({'target': target} | ({'year': year} if year else {}))}"


def _label(target: str) -> str:
    return escape(TARGETS[target].label if target in TARGETS else target)


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
