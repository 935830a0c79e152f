"""Checks a document against the schema, and reports each mistake once, where it is, with its fix.

Reads the same JSON Schema as editors do, and supports the keywords that ``make schema`` writes. A general
validator reports a wrong key under ``anyOf`` or ``if`` once per branch; here the branch is chosen first: by
the operator, by ``__type__``, or by the type of the value.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import islice
from typing import Any, Final

from weather_mlops.pipelines import scalar_checks, stations
from weather_mlops.pipelines.describe import kind_of, listed
from weather_mlops.pipelines.document import YamlDocument
from weather_mlops.pipelines.findings import MOST, Finding, did_you_mean
from weather_mlops.pipelines.keys import ANCHORS, KeyPath, YamlMapping, YamlValue
from weather_mlops.pipelines.reporting import Reporter
from weather_mlops.pipelines.schema import Schema, schema_of_others

_NEEDED: Final = ("schedule", "tasks")
_NO_KEYS: Final[Mapping[str, str]] = {}


class Checker(Reporter):
    """Checks one document.

    Args:
        schema: the whole of ``pipeline.schema.json``.
        document: the document to check.
        supplied: names of the arguments that all tasks get from default_args.
    """

    def __init__(self, schema: Schema, document: YamlDocument, supplied: Iterable[str] = ()) -> None:
        super().__init__(schema, document)
        self.root = schema
        self.supplied = frozenset(supplied)

    def entry(self, key: str, value: YamlValue) -> Iterator[Finding]:
        """Findings of one top-level key of the file: a pipeline, or what its pipelines share."""
        if key in self.root["properties"]:
            yield from self.check(self.root["properties"][key], (key,), value)
            return
        if key.startswith(ANCHORS):
            yield from scalar_checks.anchors(self, key, value, _NEEDED)
            return
        yield from scalar_checks.key(self, self.root["propertyNames"], (key,), key)
        if isinstance(value, dict) and not any(did_you_mean(word, _NEEDED) for word in value):
            yield self.finding(
                (key,),
                "no-pipeline",
                f"{key} has neither schedule nor tasks: it is not a pipeline",
                "remove it; what pipelines share belongs in defaults.yml or under default:, "
                "and anchors under a key that begins with x-",
                text=key,
            )
            return
        yield from self.check(schema_of_others(self.root), (key,), value)

    def check(
        self, schema: Schema, path: KeyPath, value: YamlValue, refused: Mapping[str, str] = _NO_KEYS
    ) -> Iterator[Finding]:
        """Findings of the value at a path.

        Args:
            schema: the schema of the value.
            path: from the document's root.
            value: the value at the path.
            refused: keys that are not accepted, each with its fix.
        """
        if "$ref" in schema:
            yield from self.check(self._target(schema), path, value, refused)
            return
        if "anyOf" in schema:
            yield from self._any_of(schema, path, value)
            return
        if isinstance(value, date) and schema.get("format") == "date":
            value = self.document.text_of(path) or str(value)
        if not scalar_checks.fits(schema, value):
            yield scalar_checks.wrong_kind(self, schema, path, value)
            return
        if "const" in schema or "enum" in schema:
            yield from scalar_checks.allowed(self, schema, path, value)
        elif isinstance(value, dict):
            yield from self._mapping(schema, path, value, refused)
        elif isinstance(value, list):
            yield from scalar_checks.length(self, schema, path, value)
            for index, item in enumerate(value):
                yield from self.check(schema.get("items", {}), (*path, index), item)
        else:
            yield from scalar_checks.scalar(self, schema, path, value)

    def is_templated(self, path: KeyPath) -> bool:
        """Whether Airflow renders templates at a path: in an argument of a task that accepts them."""
        item: Any = self.document.data
        for depth, step in enumerate(path):
            operator = item.get("operator") if isinstance(item, dict) else None
            if isinstance(operator, str) and depth > 1:
                schema = self.definitions.get(operator, {}).get("properties", {}).get(str(step))
                sample: Any = "{{ a }}"
                for inner in reversed(path[depth + 1 :]):
                    sample = [sample] if isinstance(inner, int) else {inner: sample}
                return schema is not None and not any(self.check(schema, path[: depth + 1], sample))
            item = item[step]
        return False

    def _target(self, schema: Schema) -> Schema:
        """The definition that a ``$ref`` refers to, with the keywords next to the reference."""
        target = self.resolve(schema["$ref"])
        merged = target.copy()
        if "default" in schema:
            merged["default"] = schema["default"]
        if needed := [*target.get("required", ()), *schema.get("required", ())]:
            merged["required"] = needed
        return merged

    # One of several

    def _any_of(self, schema: Schema, path: KeyPath, value: YamlValue) -> Iterator[Finding]:
        if isinstance(value, str) and stations.is_list(schema):
            templated = any(branch is self.definitions["template"] for branch in self._branches(schema))
            if fault := stations.text_fault(value, templated=templated):
                yield self.finding(path, "not-allowed", *fault)
                return
        template = None if "{" in str(value) else self.definitions.get("template")
        fitting = [b for b in self._branches(schema) if _may_be(b, value) and b is not template]
        if isinstance(value, dict):
            typed = [branch for branch in fitting if "__type__" in branch.get("properties", {})]
            untyped = [branch for branch in fitting if branch not in typed]
            fitting = (typed if "__type__" in value or not untyped else untyped) or fitting
        if not fitting:
            yield scalar_checks.wrong_kind(self, schema, path, value)
            return
        results = [list(islice(self.check(branch, path, value), MOST)) for branch in fitting]
        if len(fitting) == 1 or not isinstance(value, str) or not all(results):
            yield from min(results, key=len)
            return
        known = [word for branch in fitting for word in branch.get("enum", [branch.get("const", "")])]
        message = f"{self.as_written(path, value)} is not allowed here{scalar_checks.like(value, known)}"
        yield self.finding(path, "not-allowed", message, self.fix(schema))

    def _branches(self, schema: Schema) -> Iterator[Schema]:
        for branch in schema["anyOf"]:
            resolved = self.resolve(branch["$ref"]) if "$ref" in branch else branch
            if "anyOf" in resolved:
                yield from self._branches(resolved)
            else:
                yield resolved

    # Mappings

    def _mapping(
        self, schema: Schema, path: KeyPath, value: YamlMapping, refused: Mapping[str, str]
    ) -> Iterator[Finding]:
        known = schema.get("properties", {})
        if "allOf" in schema:
            yield from self._dispatch(schema, path, value)
            return
        if "__type__" in value and "__type__" not in known and not _is_closed(schema):
            yield from self.check(self.definitions["object"], path, value)
            return
        if "__type__" in value and "__type__" in known:
            wrong = list(self.check(known["__type__"], (*path, "__type__"), value["__type__"]))
            if wrong:
                yield from wrong
                return
        refused = {**refused, **schema.get("x-refused", {})}
        yield from self._keys(schema, path, value, refused)
        for key, item in value.items():
            if key in known:
                yield from self.check(known[key], (*path, key), item)
            elif not _is_closed(schema):
                if "propertyNames" in schema:
                    yield from scalar_checks.key(self, schema["propertyNames"], (*path, key), key)
                yield from self.check(schema_of_others(schema), (*path, key), item)

    def _keys(
        self, schema: Schema, path: KeyPath, value: YamlMapping, refused: Mapping[str, str]
    ) -> Iterator[Finding]:
        """Unknown and missing keys; a mistyped key is not reported as missing, too."""
        known = schema.get("properties", {})
        missing = self._missing(schema, value)
        for key in [key for key in value if key not in known] if _is_closed(schema) else ():
            if any(re.search(pattern, key) for pattern in schema.get("patternProperties", ())):
                continue
            like = did_you_mean(key, [*missing, *(set(known) - set(value))])
            meant = str(refused.get(key, like)).split()
            missing = [other for other in missing if other not in meant]
            yield self._unknown(schema, (*path, key), like, refused)
        for key in missing:
            message = f"{self.owner(schema, path)} needs {key}"
            more = "; the one under default: is not passed on" if self._shares(schema, key) else ""
            yield self.finding(path, "missing-key", message, self.fix(known.get(key, {}), key) + more)
        if len(value) < schema.get("minProperties", 0) and not missing:
            yield self.finding(path, "empty", f"{self.name(path)} is empty", self.fix(schema))

    def _shares(self, schema: Schema, key: str) -> bool:
        """Whether a pipeline lacks a key that the file's block ``default`` has."""
        default = self.document.value_at(("default",)) if schema.get("title") == "pipeline" else None
        return isinstance(default, dict) and key in default

    def _dispatch(self, schema: Schema, path: KeyPath, value: YamlMapping) -> Iterator[Finding]:
        """Check against the definition that one key selects: ``operator`` or ``__type__``."""
        chooser = next(iter(schema["allOf"][0]["if"]["properties"]))
        refused = schema.get("x-refused", _NO_KEYS)
        if chooser not in value:
            instead = next((key for key in value if key in refused or did_you_mean(key, [chooser])), None)
            if instead is not None:
                yield self._unknown(schema, (*path, instead), chooser, refused)
                return
        for key in schema["required"]:
            if key not in value and not any(did_you_mean(other, [key]) for other in value):
                message = f"{self.owner(schema, path)} needs {key}"
                yield self.finding(path, "missing-key", message, self.fix(schema["properties"][key], key))
        if chooser not in value:
            return
        for branch in schema["allOf"]:
            if branch["if"]["properties"][chooser]["const"] == value[chooser]:
                yield from self.check(branch["then"], path, value, refused)
                return
        yield from self.check(schema["properties"][chooser], (*path, chooser), value[chooser])

    def _missing(self, schema: Schema, value: YamlMapping) -> list[str]:
        missing = [key for key in schema.get("required", ()) if key not in value]
        for key, needed in schema.get("dependentRequired", {}).items():
            missing += [other for other in needed if key in value and other not in value]
        needed = [*schema.get("else", {}).get("required", ()), *schema.get("x-needed", ())]
        if not needed:
            return missing
        condition = schema["if"]["required"][0] if "if" in schema else "expand"
        if condition in value and condition != "expand":
            return missing
        given = {*value, *self.supplied}
        for part in (value.get("expand"), value.get("partial")):
            given |= set(part) if isinstance(part, dict) else set()
        return missing + [key for key in needed if key not in given]

    def _unknown(
        self, schema: Schema, path: KeyPath, like: str | None, refused: Mapping[str, str]
    ) -> Finding:
        key, owner = str(path[-1]), self.owner(schema, path[:-1])
        if key in refused:
            return self.finding(path, "refused-key", f"{owner} does not take {key}", refused[key], text=key)
        elsewhere = self._elsewhere(schema, key, self.name(path[:-1]))
        hint = f"; did you mean {like}?" if like and not elsewhere else ""
        known = schema.get("properties", {})
        noun = "argument" if {"operator", "__type__"} & known.keys() else "key"
        fix = elsewhere or f"known are {listed(_own_first(known))}"
        return self.finding(path, "unknown-key", f"{owner}: unknown {noun} {key}{hint}", fix, text=key)

    def _elsewhere(self, schema: Schema, key: str, part: str) -> str | None:
        """Where a key belongs that is known on another level; None if on none."""
        of_tasks = self.definitions["defaultArgs"]["properties"]
        if part in ("expand", "partial") and key in self.definitions["task"]["properties"]:
            return f"it is the same for all of them: it belongs to the task itself, next to {part}"
        if schema.get("title") in ("pipeline", "defaults") and key in of_tasks:
            return "it belongs to a task, or under default_args"
        is_task = "operator" in schema.get("properties", {}) or schema.get("title") == "default_args"
        if is_task and key in self.definitions["dag"]["properties"]:
            return "it belongs to the pipeline, next to tasks"
        return None


def _own_first(properties: Mapping[str, Schema]) -> list[str]:
    """Keys, with those that every task has last."""
    return sorted(properties, key=lambda key: ("/task/" in properties[key].get("$ref", ""), key))


def _is_closed(schema: Schema) -> bool:
    return schema.get("additionalProperties") is False


def _may_be(branch: Schema, value: YamlValue) -> bool:
    """Whether a value has the type of a branch, whatever else is wrong with it."""
    if isinstance(value, date) and branch.get("format") == "date":
        return True
    options = branch.get("enum", [branch["const"]] if "const" in branch else None)
    if options is not None:
        return any(kind_of(option) == kind_of(value) for option in options)
    return scalar_checks.fits(branch, value)
