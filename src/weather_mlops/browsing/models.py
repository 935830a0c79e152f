"""The page of the models: who is champion of each target, since when and why; and all that was decided."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields, replace
from typing import Final
from urllib.parse import urlencode

from weather_mlops.browsing.frame import TIMES, described, framed, link, link_to, listed, notice, wordy
from weather_mlops.errors import ModelUnusable, ObjectDamaged
from weather_mlops.lake import documents
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.limits import JSON_DOCUMENT
from weather_mlops.model.evaluation import CARD
from weather_mlops.model.gates import Gates
from weather_mlops.model.registry import Decision, Metrics, Registry
from weather_mlops.model.targets import TARGETS
from weather_mlops.pages.markup import NBSP, cell, escape, kst, number, percent, table, to_kst

ROOT: Final = "models/"
FEW: Final = 10
"""Decisions of each target on the page of all of them."""
UNDECIDED: Final = 3
"""Versions without a decision that are looked at: one is usual while a training runs."""
_BETWEEN_GATES: Final = re.compile(f"; (?=(?:{'|'.join(gate.name for gate in fields(Gates))}): )")
HISTORY_FIX: Final = "The next decision writes it again, from decisions/."
KINDS: Final = {"deployed": "good", "refused": "warn", "rolled back": "bad"}


@dataclass(frozen=True)
class Models:
    """Of one target, as the registry tells.

    Attributes:
        target: its name.
        champion: the decision that made the present one; None = there is none.
        figures: the champion's, as its manifest tells; empty = not known.
        decisions: all, newest first.
        kept: versions whose files are on S3; None = not looked at.
        undecided: those of them that are whole, and that nothing was decided about yet.
        faults: what could not be read, in sentences.
    """

    target: str
    champion: Decision | None = None
    figures: Metrics = field(default_factory=Metrics)
    decisions: Sequence[Decision] = ()
    kept: frozenset[str] | None = None
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
    there = {folder.removeprefix(ROOT).rstrip("/") for folder in store.folders(ROOT)}
    return [name for name in TARGETS if name in there]


def read_all(store: ObjectStore) -> list[Models]:
    """The same as ``read`` of all targets that have anything on S3.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    with ThreadPoolExecutor(len(TARGETS)) as pool:
        return list(pool.map(lambda target: read(store, target), targets(store)))


def read(store: ObjectStore, target: str, *, versions: bool = False) -> Models:
    """What is known of a target's models, in three requests, however long its history is.

    Args:
        store: the bucket.
        target: its name.
        versions: look also which versions are there, and which of them nothing was decided about.

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
    found = Models(target, champion, figures, decisions, faults=[*faults, *unreadable])
    return _with_versions(store, registry, found) if versions else found


def _with_versions(store: ObjectStore, registry: Registry, found: Models) -> Models:
    folder = f"{registry.prefix}versions/"
    kept = frozenset(key.removeprefix(folder).rstrip("/") for key in store.folders(folder))
    unknown = sorted(kept - {decision.version for decision in found.decisions}, reverse=True)[:UNDECIDED]
    return replace(
        found, kept=kept, undecided=[version for version in unknown if registry.finalized(version)]
    )


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
            "What is trained are the targets in pipelines/defaults.yml.</p>"
        )
    lead = f"The model that forecasts each target, and what was decided about the others. {TIMES}"
    return framed("Models", lead, body)


def render_history(models: Models, year: int | None = None) -> str:
    """The page of all decisions about a target in a year; of the newest one where none is named."""
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
    lead = f"All that was decided about models of {label.lower()}. {TIMES} {link('models', 'All targets')}"
    body = f"{_head(models)}<h2>Decisions</h2>{_undecided(models)}{listed(years)}{decided}"
    return framed(f"Models: {label}", lead, body)


def _head(models: Models) -> str:
    faults = "".join(f'<p class="bad">{escape(fault)}</p>' for fault in models.faults)
    return f"<h2>{_label(models.target)}</h2>{faults}{_champion(models)}"


def _champion(models: Models) -> str:
    champion = models.champion
    if champion is None:
        tried = (
            "its versions were refused, see below why" if models.decisions else "no version was evaluated yet"
        )
        return notice(f"<b>No model yet:</b> {tried}. Until one is deployed there is no forecast of it.")
    entries = [
        ("Champion", f"<b>{_version(models, champion.version)}</b>"),
        ("Since", f"{kst(champion.at)}, {escape(champion.kind)} by {escape(champion.by)}"),
        (
            "In the place of",
            _version(models, champion.previous) if champion.previous else "none: it is the first",
        ),
        ("Why", escape(champion.reason)),
    ]
    return described(entries) + _figures(models.figures)


def _figures(figures: Metrics) -> str:
    rmse = figures.get("rmse")
    if not rmse:
        return notice("Its figures are not known: its manifest tells none.")
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
        "Measured when it was evaluated, on hours that it had not seen.", head, rows, "it was not measured"
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
    return f"<p>Evaluated, and nothing decided yet: {versions}.</p>"


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
        caption, ["when", wordy("decision"), wordy("version and its card"), wordy("why, and by whom")], rows
    )


def _reasons(decision: Decision) -> str:
    """The reasons, one a line where several gates refused."""
    reasons = [escape(reason) for reason in _BETWEEN_GATES.split(decision.reason)]
    told = (
        f"<ul>{''.join(f'<li>{reason}</li>' for reason in reasons)}</ul>" if len(reasons) > 1 else reasons[0]
    )
    return f'{told}<div class="soft">{escape(decision.by)}</div>'


def _version(models: Models, version: str) -> str:
    """Its name, leading to its card while that is kept."""
    if models.kept is not None and version not in models.kept:
        return f'{escape(version)} <span class="soft">(not kept)</span>'
    return link_to(f"{ROOT}{models.target}/versions/{version}/{CARD}", escape(version))


def _history_of(target: str, year: int | None = None) -> str:
    return f"models?{urlencode({'target': target} | ({'year': year} if year else {}))}"


def _label(target: str) -> str:
    return escape(TARGETS[target].label if target in TARGETS else target)


def _year(decision: Decision) -> int:
    """In Korea."""
    return to_kst(decision.at).year


def _history(store: ObjectStore, registry: Registry) -> tuple[list[Decision], list[str]]:
    """All decisions by the one object that holds them, newest first; and what of it can't be read."""
    key = f"{registry.prefix}history.jsonl"
    try:
        lines = store.get(key, JSON_DOCUMENT).splitlines()
    except FileNotFoundError:
        return [], []
    except ObjectDamaged as error:
        return [], [f"{error} {HISTORY_FIX}"]
    found, faults = [], []
    for place, line in enumerate(lines, 1):
        try:
            found.append(documents.parse(line, Decision, f"line {place}", HISTORY_FIX))
        except ObjectDamaged as error:
            faults.append(str(error))
    if faults:
        faults = [f"{store.where(key)}: {len(faults)} lines can't be read, and are left out. {faults[0]}"]
    return sorted(found, key=lambda decision: decision.at, reverse=True), faults
