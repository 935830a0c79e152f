"""The model card in the language of its reader, drawn from the evaluation and the decision of its version."""

import logging
import re
from typing import Final

from weather_mlops.browsing import models
from weather_mlops.browsing.models import Models
from weather_mlops.documents.decision import Decision
from weather_mlops.documents.evaluation import EvaluationDocument
from weather_mlops.errors import ObjectDamaged
from weather_mlops.lake import documents
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.model.card import page
from weather_mlops.model.card.views import VersionOutcome
from weather_mlops.model.evaluation import CARD, EVALUATION
from weather_mlops.pages.figures import kst, to_kst
from weather_mlops.pages.visit import Visit

log = logging.getLogger(__name__)

_CARD: Final = re.compile(rf"{models.ROOT}([a-z0-9_]+)/versions/([^/]+)/{re.escape(CARD)}")


def draw(store: ObjectStore, key: str, visit: Visit) -> str | None:
    """The card of a version; None where only the card that its task stored can be shown.

    That is so where there is no evaluation, where it is damaged, or older than what the card needs.

    Args:
        store: the bucket.
        key: of the stored card.
        visit: who opens it.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    match = _CARD.fullmatch(key)
    if match is None:
        return None
    target, version = match.groups()
    try:
        evaluation = documents.read(store, key.removesuffix(CARD) + EVALUATION, EvaluationDocument)
    except FileNotFoundError:
        return None
    except ObjectDamaged as error:
        log.info("the card of %s is shown as its task stored it: %s", version, error)
        return None
    return page.render(evaluation, visit, outcome(models.read_decisions(store, target), version, visit))


def outcome(view: Models, version: str, visit: Visit) -> VersionOutcome:
    """What became of a version.

    Args:
        view: the decisions about its target.
        version: its name.
        visit: who opens its card.
    """
    words, champion = visit.language, view.champion
    if champion is not None and champion.version == version:
        return _decided(view, champion, visit, "card_champion", "good")
    decision = next((each for each in view.decisions if each.version == version), None)
    if decision is not None:
        if decision.kind == "refused":
            return _decided(view, decision, visit, "card_refused", view.tone(decision))
        return _decided(view, decision, visit, "card_deployed", "")
    known = "card_unknown_decision" if view.faults else "card_undecided"
    return VersionOutcome(
        words("card_undecided_badge"),
        "",
        words(known),
        reasons=view.faults,
        history=visit.to(view.history_address()),
    )


def _decided(view: Models, decision: Decision, visit: Visit, text: str, tone: str) -> VersionOutcome:
    words, champion = visit.language, view.champion
    replaced = champion is not None and champion.version != decision.version and decision.kind != "refused"
    return VersionOutcome(
        view.kind(decision, words),
        tone,
        words(text),
        words("card_decided", at=kst(decision.at), by=decision.by),
        view.reasons(decision),
        (visit.to(view.card_of(champion.version)), champion.version) if champion and replaced else None,
        visit.to(view.history_address(to_kst(decision.at).year)),
    )
