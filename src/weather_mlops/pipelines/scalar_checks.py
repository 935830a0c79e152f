"""Checks of single values: kinds, allowed words, forms of texts, limits of numbers."""

import math
import re
from collections.abc import Collection, Iterator
from datetime import date
from typing import Any, Final

from weather_mlops.pipelines import stations, values
from weather_mlops.pipelines.describe import flow, kind_of, listed, quoted
from weather_mlops.pipelines.findings import Finding, FindingSeverity, did_you_mean
from weather_mlops.pipelines.keys import ANCHORS, KeyPath
from weather_mlops.pipelines.reporting import Schema, Teller

_PYTHON: Final[dict[str, Any]] = {
    "null": type(None),
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "array": list,
}
_RULES: Final = {"operator": "unknown-operator", "__type__": "type-not-allowed"}


def fits(schema: Schema, value: Any) -> bool:
    """Whether a value is of the kind that a schema asks for."""
    kinds = schema.get("type")
    if kinds is None:
        return True
    return any(_is(value, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def scalar(teller: Teller, schema: Schema, path: KeyPath, value: Any) -> Iterator[Finding]:
    """Whatever is wrong with a single value of the right kind."""
    if isinstance(value, str):
        yield from text(teller, schema, path, value)
    elif isinstance(value, int | float):
        yield from number(teller, schema, path, value)


def wrong_kind(teller: Teller, schema: Schema, path: KeyPath, value: Any) -> Finding:
    """What is said of a value of another kind."""
    name = teller.name(path)
    if value is None and teller.document.text_of(path) == "":
        return teller.finding(path, "no-value", f"{name} has no value", teller.mend(schema))
    if isinstance(value, date):
        told = f"{teller.told(path, value)} is read as a date"
        return teller.finding(path, "wrong-type", told, f"put quotes around it, or {teller.mend(schema)}")
    what = "" if value is None else f", {kind_of(value)}"
    told = f"{name} is {flow(value)}{what}"
    return teller.finding(path, "wrong-type", told, teller.mend(schema))


def allowed(teller: Teller, schema: Schema, path: KeyPath, value: Any) -> Iterator[Finding]:
    """Whether it is one of the words that are allowed."""
    options = schema.get("enum", [schema.get("const")])
    is_station = schema.get("title") == stations.TITLE
    if isinstance(value, float) and is_station and (fault := stations.item_fault(value)):
        yield teller.finding(path, "not-allowed", *fault)
        return
    if any(value == option and kind_of(value) == kind_of(option) for option in options):
        return
    if is_station and (fault := stations.item_fault(value)):
        yield teller.finding(path, "not-allowed", *fault)
        return
    rule = _RULES.get(str(path[-1]) if path else "", "not-allowed")
    what = {"unknown-operator": "operator", "type-not-allowed": "allowed __type__"}.get(rule)
    mend = f"allowed are {listed(options)}"
    if rule == "unknown-operator":
        module = str(value).rpartition(".")[0] or "its module"
        mend = (
            "known are those of plugins/operators/ and schemas/providers.txt; of another provider: "
            f"add {module} to schemas/providers.txt, then make schema"
        )
    told = f"{teller.told(path, value)} is no {what or schema.get('title', 'allowed value')}"
    yield teller.finding(path, rule, told + (like(value, options) if isinstance(value, str) else ""), mend)


def text(teller: Teller, schema: Schema, path: KeyPath, value: str) -> Iterator[Finding]:
    """Whether a text has the form that is needed."""
    if fault := _form(teller, schema, path, value):
        yield teller.finding(path, schema.get("format", "form"), *fault)
        return
    if schema.get("format") == "cron" and (doubt := values.cron_doubt(value)):
        yield teller.finding(path, "cron", *doubt, severity=FindingSeverity.WARNING)
    name = teller.name(path)
    if len(value) < schema.get("minLength", 0):
        yield teller.finding(path, "empty", f"{name} is empty", teller.mend(schema))
    elif len(value) > schema.get("maxLength", len(value)):
        yield teller.finding(
            path, "too-long", f"{name} has {len(value)} characters", f"at most {schema['maxLength']}"
        )
    elif "not" in schema and re.search(schema["not"]["pattern"], value):
        told = f"{name} is no templated argument: {value} would be taken as it is written"
        yield teller.finding(path, "not-templated", told, "write the value itself")
    usual = schema.get("default")
    if (
        name.endswith("_conn_id")
        and isinstance(usual, str)
        and value != usual
        and did_you_mean(value, [usual])
    ):
        told = f"{value} is like the usual connection, {usual}, but another one; did you mean {usual}?"
        mend = f"write {usual}, or a name that is less like it"
        yield teller.finding(path, "connection", told, mend, severity=FindingSeverity.WARNING)


def number(teller: Teller, schema: Schema, path: KeyPath, value: float) -> Iterator[Finding]:
    """Whether a number is within its limits."""
    low, high, below = schema.get("minimum"), schema.get("maximum"), schema.get("exclusiveMaximum")
    # One that is not a number is neither below a limit nor above it.
    outside = (
        not math.isfinite(value) or (low is not None and value < low) or (high is not None and value > high)
    )
    if outside or (below is not None and value >= below):
        yield teller.finding(path, "out-of-range", f"{teller.name(path)} is {value}", teller.mend(schema))


def length(teller: Teller, schema: Schema, path: KeyPath, value: list[Any]) -> Iterator[Finding]:
    """Whether a list has as many items as are needed, and none twice."""
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    if len(value) < least or (most is not None and len(value) > most):
        told = "the list is empty" if not value else f"the list has {len(value)} items"
        needed = (
            f"at least {least}" if most is None else str(least) if least == most else f"{least} to {most}"
        )
        yield teller.finding(path, "list-length", f"{teller.name(path)}: {told}", f"it needs {needed}")
    known: set[str] = set()
    for index, item in enumerate(value if schema.get("uniqueItems") else ()):
        same = stations.identity(item) if schema.get("items") == stations.REFERENCE else item
        if repr(same) in known:
            twice = f"{quoted(item)} is in the list twice" + (f", as {same} too" if same != item else "")
            yield teller.finding((*path, index), "duplicate", twice, "remove one of them")
        known.add(repr(same))


def anchors(teller: Teller, word: str, value: Any, needed: Collection[str]) -> Iterator[Finding]:
    """A key for anchors may hold anything, but nobody runs it: whether it is a pipeline nevertheless."""
    if isinstance(value, dict) and set(needed) <= set(value):
        yield teller.finding(
            (word,),
            "no-pipeline",
            f"{word} holds anchors, since it begins with {ANCHORS}: it is no pipeline, and never runs",
            f"name the pipeline {word.removeprefix(ANCHORS)}, or remove its schedule",
            text=word,
            severity=FindingSeverity.WARNING,
        )


def key(teller: Teller, schema: Schema, path: KeyPath, word: str) -> Iterator[Finding]:
    """Whether a key that people choose is one that may be."""
    resolved = teller.resolve(schema["$ref"]) if "$ref" in schema else schema
    if "enum" in resolved and word not in resolved["enum"]:
        told = f"{teller.name(path[:-1])} knows no {word}{like(word, resolved['enum'])}"
        yield teller.finding(path, "unknown-key", told, f"known are {listed(resolved['enum'])}", text=word)
    elif "pattern" in resolved and not re.search(resolved["pattern"], word):
        yield teller.finding(
            path,
            "bad-id",
            f"{word!r} can't be an id",
            "use letters, digits, _, - and . only, at most 250",
            text=word,
        )


def like(word: str, known: list[Any]) -> str:
    """A hint at the word that was meant; of classes in modules, the names of the classes are compared."""
    words = {str(other).rpartition(".")[2]: str(other) for other in reversed(known)}
    meant = did_you_mean(word.rpartition(".")[2], words)
    return f"; did you mean {words[meant]}?" if meant else ""


def _form(teller: Teller, schema: Schema, path: KeyPath, value: str) -> values.Fault | None:
    match schema.get("format"):
        case "cron":
            return values.cron_fault(value)
        case "timezone":
            return values.zone_fault(value)
        case "date":
            return values.date_fault(value)
        case "stations":
            return values.stations_fault(value)
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return f"{teller.told(path, value)} has not the form that is needed", teller.mend(schema)
    return None


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _PYTHON[kind])
