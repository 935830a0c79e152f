"""Thousands of slips in the shipped pipelines: each is reported, or changes only what people may change.

What a slip changed is read from the parsed files, not from what was done to them. Of each value that it
changed one of the reasons below must hold; else the check has a hole.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pipelines import mutations
from weather_mlops.pipelines import cross_file, parser, validation

PIPELINES = Path(__file__).resolve().parents[2] / "pipelines"
ABSENT = object()

TEXTS = {
    "description", "doc_md", "doc", "dag_display_name", "task_display_name", "tags", "owner", "owner_links",
    "reason", "version",
}  # fmt: skip
NAMES = ("task_id", "pool", "_conn_id", "_url")
NULL_SAYS_NONE = {"schedule", "execution_timeout", "max_retry_delay", "pool", "map_index_template"}
EMPTY_SAYS_NONE = {"min_skill", "min_skill_every_lead", "default_args"}
SECONDS_OR_SPAN = {"retry_delay", "max_retry_delay"}


def reason(path: tuple[Any, ...], before: Any, after: Any) -> str | None:
    """Why a change is one that people may make; None where no reason holds."""
    words = [step for step in path if isinstance(step, str)]
    key = words[-1]
    reasons = {
        "a pipeline's id is what its author calls it": len(path) == 1 and ABSENT in (before, after),
        "an optional key left out asks for its default; make plan shows it": after is ABSENT,
        "free text": bool(TEXTS & set(words)),
        "a form's field is as its author says: any type, any default": "params" in words[1:3],
        "a name, or an address: whether it is there, the file can't tell": key.endswith(NAMES)
        and isinstance(after, str),
        "null is how one says: none": after is None and key in NULL_SAYS_NONE,
        "a number within its limits, if it has any": is_number(before) and is_number(after),
        "yes or no, both are possible": isinstance(before, bool) and isinstance(after, bool),
        "Airflow takes seconds as well": key in SECONDS_OR_SPAN and is_number(after),
        "an asset may be updated that nobody waits for": "outlets" in words,
        "a template, or the value itself": str(before).startswith("{{") and isinstance(after, bool),
        "a template of another text": "{{" in str(before) and "{{" in str(after),
        "an empty mapping asks for nothing": key in EMPTY_SAYS_NONE and after == {},
    }
    return next((text for text, holds in reasons.items() if holds), None)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def changes(
    before: Any, after: Any, path: tuple[Any, ...] = ()
) -> Iterator[tuple[tuple[Any, ...], Any, Any]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in {**before, **after}:
            yield from changes(before.get(key, ABSENT), after.get(key, ABSENT), (*path, key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, pair in enumerate(zip(before, after, strict=True)):
            yield from changes(*pair, (*path, index))
    elif before != after:
        yield path, before, after


@pytest.mark.parametrize("name", sorted(path.name for path in PIPELINES.glob("*.yml")))
def test_every_slip_is_reported_or_may_be_meant(name):
    documents = {path: parser.load(path) for path in sorted(PIPELINES.glob("*.yml"))}
    path = PIPELINES / name
    defaults = documents[PIPELINES / "defaults.yml"].data
    others = [other for at, other in documents.items() if at.name not in (name, "defaults.yml")]
    counts: Counter[str] = Counter()
    holes = []
    for what, damaged in mutations.damages(documents[path]):
        reported = (
            validation.check_defaults(damaged)
            if name == "defaults.yml"
            else validation.check_document(damaged, defaults) or any(cross_file.check([*others, damaged]))
        )
        if reported:
            counts["reported"] += 1
            continue
        changed = list(changes(documents[path].data, damaged.data))
        counts["the same" if not changed else "may be meant"] += 1
        holes += [(what, *change) for change in changed if reason(*change) is None]

    assert holes == []
    assert counts["reported"] > 100
    assert counts["reported"] > 4 * counts["may be meant"]
