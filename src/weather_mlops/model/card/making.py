"""The model card's sections on how a model was made, and which inputs matter."""

from weather_mlops.documents.evaluation import EvaluationDocument
from weather_mlops.model.card.figures import share_with_kma
from weather_mlops.model.card.groups import ROWS_OPEN
from weather_mlops.model.card.translations import CardTranslator
from weather_mlops.model.card.views import CardPart, Fact, FactList
from weather_mlops.model.description import OBSERVATIONS_ALONE
from weather_mlops.pages.components import Table, TableCell, TableRow, Text
from weather_mlops.pages.figures import MISSING, kst, number, percent


def facts(e: EvaluationDocument, words: CardTranslator) -> FactList:
    """How it was made."""
    training, held = e["training"], e["holdout"]
    names = [words.station(station) for station in training["stations"]]
    versions = [f"{name} {version}" for name, version in e["libraries"].items()]
    entries = {
        "training": words("card_span", first=kst(training["first"]), last=kst(training["last"])),
        "training_rows": number(training["rows"], digits=0),
        "holdout": words("card_span", first=kst(held["first"]), last=kst(held["last"])),
        "holdout_rows": number(held["rows"], digits=0),
        "share": percent(share_with_kma(e), digits=1),
        "seconds": number(training["seconds"], "s", digits=0),
        "memory": number(training["peak_rss_mb"], "MB", digits=0),
        "snapshot": str(e["snapshot_id"] or words("card_files")),
        "kma_snapshot": str(e.get("kma_snapshot_id") or words("card_files_or_none")),
        "revision": e["code_revision"] or words("card_not_recorded"),
        "libraries": words.listed(versions),
    }
    return FactList(
        [
            Fact(words("card_fact_target"), f"{e['target']} ({e['unit']})"),
            _inputs(e.get("inputs"), words),
            *(Fact(words(f"card_fact_{name}"), text) for name, text in entries.items()),
            Fact(words("card_fact_stations"), words("card_n_stations", n=len(names)), entries=names),
        ]
    )


def _inputs(inputs: str | None, words: CardTranslator) -> Fact:
    name = words("card_fact_inputs")
    if not inputs:
        return Fact(name, words("card_not_recorded"))
    if inputs == OBSERVATIONS_ALONE:
        return Fact(name, words("card_alone"))
    return Fact(name, "", inputs)


def importance(e: EvaluationDocument, words: CardTranslator) -> CardPart:
    """Which inputs matter."""
    leads = sorted(map(int, e["importance"]))
    if not leads:
        return Text(words("card_no_importance"))
    shares = [e["importance"][str(lead)] for lead in leads]
    features = {
        feature: sum(share.get(feature) or 0 for share in shares) for one in shares for feature in one
    }
    order = sorted(features, key=lambda feature: (-features[feature], feature))
    longest = max((share.get(feature) or 0 for share in shares for feature in order), default=0) or 1
    rows = [
        TableRow(TableCell(feature, "id"), [_share(share.get(feature), longest) for share in shares])
        for feature in order
    ]
    return Table(
        words("card_gain", n=len(leads)),
        [words("card_input"), *map(words.lead, leads)],
        rows,
        words("card_no_share"),
        ROWS_OPEN,
        words("card_other_inputs", n=len(rows) - ROWS_OPEN),
    )


def _share(share: float | None, longest: float) -> TableCell | str:
    return MISSING if share is None else TableCell(percent(share, digits=1), "bar", share / longest)
