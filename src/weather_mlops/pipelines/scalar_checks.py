"""Checks of single values: types, allowed words, formats of texts, limits of numbers."""

import math
import re
from collections.abc import Collection, Iterator
from datetime import date
from typing import Any, Final

from weather_mlops.pipelines import stations, values
from weather_mlops.pipelines.describe import flow, kind_of, listed, quoted
from weather_mlops.pipelines.findings import Finding, FindingSeverity, did_you_mean
from weather_mlops.pipelines.keys import ANCHORS, KeyPath, YamlValue
from weather_mlops.pipelines.reporting import Reporter
from weather_mlops.pipelines.schema import Schema, has_type

_RULES: Final = {"operator": "unknown-operator", "__type__": "type-not-allowed"}


def fits(schema: Schema, value: YamlValue) -> bool:
    """Whether a value has the type that a schema asks for."""
    kinds = schema.get("type")
    if kinds is None:
        return True
    return any(has_type(value, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def scalar(reporter: Reporter, schema: Schema, path: KeyPath, value: YamlValue) -> Iterator[Finding]:
    """Findings of a single value of the right type."""
    if isinstance(value, str):
        yield from text(reporter, schema, path, value)
    elif isinstance(value, int | float):
        yield from number(reporter, schema, path, value)


def wrong_kind(reporter: Reporter, schema: Schema, path: KeyPath, value: YamlValue) -> Finding:
    """A finding of a value of the wrong type."""
    name = reporter.name(path)
    if value is None and reporter.document.text_of(path) == "":
        return reporter.finding(path, "no-value", f"{name} has no value", reporter.fix(schema))
    if isinstance(value, date):
        message = f"{reporter.as_written(path, value)} is read as a date"
        return reporter.finding(
            path, "wrong-type", message, f"put quotes around it, or {reporter.fix(schema)}"
        )
    what = "" if value is None else f", {kind_of(value)}"
    message = f"{name} is {flow(value)}{what}"
    return reporter.finding(path, "wrong-type", message, reporter.fix(schema))


def allowed(reporter: Reporter, schema: Schema, path: KeyPath, value: YamlValue) -> Iterator[Finding]:
    """A finding if the value is not one of the allowed ones."""
    options = schema.get("enum", [schema.get("const")])
    is_station = schema.get("title") == stations.TITLE
    if isinstance(value, float) and is_station and (fault := stations.item_fault(value)):
        yield reporter.finding(path, "not-allowed", *fault)
        return
    if any(value == option and kind_of(value) == kind_of(option) for option in options):
        return
    if is_station and (fault := stations.item_fault(value)):
        yield reporter.finding(path, "not-allowed", *fault)
        return
    rule = _RULES.get(str(path[-1]) if path else "", "not-allowed")
    noun = {"unknown-operator": "operator", "type-not-allowed": "__type__"}.get(rule)
    fix = f"allowed are {listed(options)}"
    if rule == "unknown-operator":
        module = str(value).rpartition(".")[0] or "its module"
        fix = (
            "known are those of plugins/operators/ and schemas/providers.txt; of another provider: "
            f"add {module} to schemas/providers.txt, then make schema"
        )
    hint = like(value, options) if isinstance(value, str) else ""
    noun = noun or schema.get("title", "value")
    message = f"{reporter.as_written(path, value)} is not a valid {noun}{hint}"
    yield reporter.finding(path, rule, message, fix)


def text(reporter: Reporter, schema: Schema, path: KeyPath, value: str) -> Iterator[Finding]:
    """Findings of a text: its format, its length, and what is probably not meant."""
    if fault := _form(reporter, schema, path, value):
        yield reporter.finding(path, schema.get("format", "form"), *fault)
        return
    if schema.get("format") == "cron" and (doubt := values.cron_doubt(value)):
        yield reporter.finding(path, "cron", *doubt, severity=FindingSeverity.WARNING)
    name = reporter.name(path)
    if len(value) < schema.get("minLength", 0):
        yield reporter.finding(path, "empty", f"{name} is empty", reporter.fix(schema))
    elif len(value) > schema.get("maxLength", len(value)):
        yield reporter.finding(
            path,
            "too-long",
            f"{name} has {len(value)} characters",
            f"write at most {schema['maxLength']} characters",
        )
    elif "not" in schema and re.search(schema["not"]["pattern"], value):
        message = f"{name} is not a templated argument: {value} would be used literally"
        yield reporter.finding(path, "not-templated", message, "write the value itself")
    default = schema.get("default")
    if (
        name.endswith("_conn_id")
        and isinstance(default, str)
        and value != default
        and did_you_mean(value, [default])
    ):
        message = f"{value} differs a little from the default connection; did you mean {default}?"
        fix = f"write {default}, or a name that is less similar"
        yield reporter.finding(path, "connection", message, fix, severity=FindingSeverity.WARNING)


def number(reporter: Reporter, schema: Schema, path: KeyPath, value: float) -> Iterator[Finding]:
    """A finding if a number is outside its limits."""
    low, high, below = schema.get("minimum"), schema.get("maximum"), schema.get("exclusiveMaximum")
    # NaN is neither below a limit nor above it.
    outside = (
        not math.isfinite(value) or (low is not None and value < low) or (high is not None and value > high)
    )
    if outside or (below is not None and value >= below):
        yield reporter.finding(
            path, "out-of-range", f"{reporter.name(path)} is {value}", reporter.fix(schema)
        )


def length(reporter: Reporter, schema: Schema, path: KeyPath, value: list[Any]) -> Iterator[Finding]:
    """Findings of a list with too few or too many items, or with an item twice."""
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    if len(value) < least or (most is not None and len(value) > most):
        items = "the list is empty" if not value else f"the list has {len(value)} items"
        needed = (
            f"at least {least}" if most is None else str(least) if least == most else f"{least} to {most}"
        )
        yield reporter.finding(path, "list-length", f"{reporter.name(path)}: {items}", f"it needs {needed}")
    known: set[str] = set()
    for index, item in enumerate(value if schema.get("uniqueItems") else ()):
        same = stations.identity(item) if schema.get("items") == stations.REFERENCE else item
        if repr(same) in known:
            twice = f"{quoted(item)} is in the list twice" + (f", as {same} too" if same != item else "")
            yield reporter.finding((*path, index), "duplicate", twice, "remove one of them")
        known.add(repr(same))


def anchors(reporter: Reporter, word: str, value: YamlValue, needed: Collection[str]) -> Iterator[Finding]:
    """A finding if a key for anchors, which may hold anything but never runs, holds a pipeline."""
    if isinstance(value, dict) and set(needed) <= set(value):
        yield reporter.finding(
            (word,),
            "no-pipeline",
            f"{word} holds anchors, since it begins with {ANCHORS}: it is not a pipeline, and never runs",
            f"name the pipeline {word.removeprefix(ANCHORS)}, or remove its schedule",
            text=word,
            severity=FindingSeverity.WARNING,
        )


def key(reporter: Reporter, schema: Schema, path: KeyPath, word: str) -> Iterator[Finding]:
    """A finding if a key that users choose is not allowed."""
    resolved = reporter.resolve(schema["$ref"]) if "$ref" in schema else schema
    if "enum" in resolved and word not in resolved["enum"]:
        message = f"{reporter.name(path[:-1])}: unknown key {word}{like(word, resolved['enum'])}"
        yield reporter.finding(
            path, "unknown-key", message, f"known are {listed(resolved['enum'])}", text=word
        )
    elif "pattern" in resolved and not re.search(resolved["pattern"], word):
        yield reporter.finding(
            path,
            "bad-id",
            f"{word!r} can't be an id",
            "use letters, digits, _, - and . only, at most 250",
            text=word,
        )


def like(word: str, known: list[Any]) -> str:
    """A hint at the word that was probably meant; of import paths, the names of the classes are compared."""
    words = {str(other).rpartition(".")[2]: str(other) for other in reversed(known)}
    meant = did_you_mean(word.rpartition(".")[2], words)
    return f"; did you mean {words[meant]}?" if meant else ""


def _form(reporter: Reporter, schema: Schema, path: KeyPath, value: str) -> values.Fault | None:
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
        return f"{reporter.as_written(path, value)} has the wrong format", reporter.fix(schema)
    return None
