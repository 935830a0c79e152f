"""Holds a document to the schema, and tells each mistake once, where it is, with the mend.

Reads the JSON Schema that editors read, of which it knows the keywords that ``make schema`` uses. A general
validator tells of a wrong key under ``anyOf`` or ``if`` as many times as there are branches; here the branch is
chosen first: by the operator, by ``__type__``, by the kind of the value.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final

from weather_mlops.pipelines import values
from weather_mlops.pipelines.describe import describe, kind_of, listed, quoted
from weather_mlops.pipelines.document import Document
from weather_mlops.pipelines.findings import Finding, Severity, did_you_mean

Schema = Mapping[str, Any]
Path = tuple[str | int, ...]

KEYWORDS: Final = frozenset(
    """$defs $ref $schema additionalProperties allOf anyOf const default defaultSnippets dependentRequired description
    else enum enumDescriptions examples exclusiveMaximum format if items maxItems maxLength maximum minItems minLength
    minProperties minimum not pattern properties propertyNames required then title type uniqueItems x-refused""".split()
)
"""What a schema may say; a test holds ``schemas/`` to them."""


class Checker:
    """Checks one document.

    Args:
        schema: the whole of ``pipeline.schema.json``.
        document: what is checked.
        supplied: arguments that all tasks get from default_args.
    """

    def __init__(self, schema: Schema, document: Document, supplied: Iterable[str] = ()) -> None:
        self.definitions: Schema = schema["$defs"]
        self.root = schema
        self.document = document
        self.supplied = frozenset(supplied)

    def entry(self, key: str, value: Any) -> Iterator[Finding]:
        """Whatever is wrong with one pipeline of the file, or with what its pipelines share."""
        if key in self.root["properties"]:
            yield from self.check(self.root["properties"][key], (key,), value)
            return
        yield from self._key(self.root["propertyNames"], (key,), key)
        yield from self.check(self.root["additionalProperties"], (key,), value)

    def check(
        self, schema: Schema, path: Path, value: Any, refused: Schema | None = None
    ) -> Iterator[Finding]:
        """Whatever is wrong with the value that the path leads to."""
        if "$ref" in schema:
            target = self.resolve(schema["$ref"])
            if "required" in schema:
                target = {**target, "required": [*target.get("required", ()), *schema["required"]]}
            yield from self.check(target, path, value, refused)
            return
        if "anyOf" in schema:
            yield from self._any_of(schema, path, value)
            return
        if isinstance(value, date) and schema.get("format") == "date":
            value = self.document.text_of(path) or str(value)
        if fault := self._kind(schema, path, value):
            yield fault
            return
        if "const" in schema or "enum" in schema:
            yield from self._allowed(schema, path, value)
        if isinstance(value, str):
            yield from self._text(schema, path, value)
        elif isinstance(value, dict):
            yield from self._mapping(schema, path, value, refused)
        elif isinstance(value, list):
            yield from self._list(schema, path, value)
        elif isinstance(value, int | float):
            yield from self._number(schema, path, value)

    def resolve(self, reference: str) -> Schema:
        """What a reference inside the schema leads to."""
        found: Any = self.definitions
        rest = reference.removeprefix("#/$defs/")
        name, _, inside = rest.partition("/")
        found = found[name]
        for step in inside.split("/") if inside else ():
            found = found[step]
        return found  # type: ignore[no-any-return]

    # One of several

    def _any_of(self, schema: Schema, path: Path, value: Any) -> Iterator[Finding]:
        branches = list(self._branches(schema))
        fitting = [branch for branch in branches if self._fits(branch, value)]
        if isinstance(value, dict):
            typed = ["__type__" in branch.get("properties", {}) for branch in fitting]
            if any(typed) and not all(typed):
                fitting = [
                    branch
                    for branch, is_typed in zip(fitting, typed, strict=True)
                    if is_typed == ("__type__" in value)
                ]
        if not fitting:
            yield self._wrong_kind(schema, path, value)
            return
        results = [list(self.check(branch, path, value)) for branch in fitting]
        best = min(results, key=len)
        if not best or len(fitting) == 1 or not isinstance(value, str):
            yield from best
        else:
            yield self._finding(
                path,
                "not-allowed",
                f"{self._told(path, value)} is not allowed here{self._like(fitting, value)}",
                self._mend(schema),
            )

    def _branches(self, schema: Schema) -> Iterator[Schema]:
        for branch in schema["anyOf"]:
            resolved = self.resolve(branch["$ref"]) if "$ref" in branch else branch
            if "anyOf" in resolved:
                yield from self._branches(resolved)
            else:
                yield resolved

    def _fits(self, branch: Schema, value: Any) -> bool:
        if isinstance(value, date) and branch.get("format") == "date":
            return True
        kinds = branch.get("type")
        if kinds is None:
            options = branch.get("enum", [branch["const"]] if "const" in branch else None)
            return options is None or any(kind_of(option) == kind_of(value) for option in options)
        return _is_a(value, [kinds] if isinstance(kinds, str) else kinds)

    def _like(self, branches: list[Schema], value: str) -> str:
        known = [str(word) for branch in branches for word in branch.get("enum", [branch.get("const", "")])]
        like = did_you_mean(value, known)
        return f"; did you mean {like}?" if like else ""

    # Kinds and words

    def _kind(self, schema: Schema, path: Path, value: Any) -> Finding | None:
        kinds = schema.get("type")
        if kinds is None or _is_a(value, [kinds] if isinstance(kinds, str) else kinds):
            return None
        return self._wrong_kind(schema, path, value)

    def _wrong_kind(self, schema: Schema, path: Path, value: Any) -> Finding:
        if value is None and self.document.text_of(path) == "":
            return self._finding(path, "no-value", f"{self._name(path)} has no value", self._mend(schema))
        if isinstance(value, date):
            return self._finding(
                path,
                "wrong-type",
                f"{self._told(path, value)} is read as a date",
                f"put quotes around it; {self._mend(schema)}",
            )
        return self._finding(
            path, "wrong-type", f"{self._name(path)} is {quoted(value)}, {kind_of(value)}", self._mend(schema)
        )

    def _allowed(self, schema: Schema, path: Path, value: Any) -> Iterator[Finding]:
        options = schema.get("enum", [schema.get("const")])
        if any(value == option and kind_of(value) == kind_of(option) for option in options):
            return
        rule = {"operator": "unknown-operator", "__type__": "type-not-allowed"}.get(
            str(path[-1]) if path else "", "not-allowed"
        )
        what = {"unknown-operator": "operator", "type-not-allowed": "allowed __type__"}.get(
            rule
        ) or schema.get("title", "allowed value")
        like = _same_class(str(value), options) or did_you_mean(str(value), map(str, options))
        hint = f"; did you mean {like}?" if like else ""
        mend = f"allowed are {listed(options)}"
        if rule == "unknown-operator":
            mend = f"operators are those of plugins/operators/ and schemas/providers.txt: {listed(options)}"
        article = "an" if what[0] in "aeo" else "a"
        told = (
            f"no {what.removeprefix('a ').removeprefix('an ')}"
            if not what.startswith("what")
            else f"not {article} {what}"
        )
        yield self._finding(path, rule, f"{self._told(path, value)} is {told}{hint}", mend)

    # Texts and numbers

    def _text(self, schema: Schema, path: Path, value: str) -> Iterator[Finding]:
        fault: values.Fault | None = None
        match schema.get("format"):
            case "cron":
                fault = values.cron_fault(value)
                if doubt := values.cron_doubt(value):
                    yield self._finding(path, "cron", *doubt, severity=Severity.WARNING)
            case "timezone":
                fault = values.zone_fault(value)
            case "date":
                fault = values.date_fault(value)
            case _:
                if "pattern" in schema and not re.search(schema["pattern"], value):
                    fault = (f"{self._told(path, value)} has not the form that is needed", self._mend(schema))
        if fault:
            yield self._finding(path, schema.get("format", "form"), *fault)
        elif len(value) < schema.get("minLength", 0):
            yield self._finding(path, "empty", f"{self._name(path)} is empty", self._mend(schema))
        elif len(value) > schema.get("maxLength", len(value)):
            yield self._finding(
                path,
                "too-long",
                f"{self._name(path)} has {len(value)} characters",
                f"at most {schema['maxLength']}",
            )
        elif "not" in schema and re.search(schema["not"]["pattern"], value):
            yield self._finding(
                path,
                "not-templated",
                f"{self._name(path)} is no templated argument: {value} would be taken as it is written",
                "write the value itself",
            )

    def _number(self, schema: Schema, path: Path, value: float) -> Iterator[Finding]:
        low, high = schema.get("minimum"), schema.get("maximum")
        below = schema.get("exclusiveMaximum")
        if (
            (low is not None and value < low)
            or (high is not None and value > high)
            or (below is not None and value >= below)
        ):
            yield self._finding(path, "out-of-range", f"{self._name(path)} is {value}", self._mend(schema))

    def _list(self, schema: Schema, path: Path, value: list[Any]) -> Iterator[Finding]:
        least, most = schema.get("minItems", 0), schema.get("maxItems", len(value))
        if not least <= len(value) <= most:
            needed = f"{least} to {most}" if least != most else str(least)
            told = "the list is empty" if not value else f"the list has {len(value)} items"
            yield self._finding(
                path,
                "list-length",
                f"{self._name(path)}: {told}",
                f"it needs {'at least ' + str(least) if 'maxItems' not in schema else needed}",
            )
        for index, item in enumerate(value):
            if schema.get("uniqueItems") and item in value[:index]:
                yield self._finding(
                    (*path, index), "duplicate", f"{quoted(item)} is in the list twice", "remove one of them"
                )
            if "items" in schema:
                yield from self.check(schema["items"], (*path, index), item)
            else:
                yield from self._free((*path, index), item)

    # Mappings

    def _mapping(
        self, schema: Schema, path: Path, value: dict[str, Any], refused: Schema | None
    ) -> Iterator[Finding]:
        if "allOf" in schema:
            yield from self._dispatch(schema, path, value)
            return
        known: Schema = schema.get("properties", {})
        if "__type__" in value and not known:
            yield from self._free(path, value)
            return
        unknown = []
        for key, item in value.items():
            if key in known:
                yield from self.check(known[key], (*path, key), item)
                continue
            if "propertyNames" in schema:
                yield from self._key(schema["propertyNames"], (*path, key), key)
            more = schema.get("additionalProperties", True)
            if more is False:
                unknown.append(key)
            elif more is True:
                yield from self._free((*path, key), item)
            else:
                yield from self.check(more, (*path, key), item)
        missing = self._missing(schema, value)
        for key in unknown:
            like = did_you_mean(key, [*missing, *(set(known) - set(value))])
            if like in missing:
                missing.remove(like)
            yield self._unknown(schema, (*path, key), like, refused)
        for key in missing:
            yield self._finding(
                path,
                "missing-key",
                f"{self._owner(schema, path)} needs {key}",
                self._mend(known.get(key, {}), key),
            )
        if len(value) < schema.get("minProperties", 0) and not missing:
            yield self._finding(path, "empty", f"{self._name(path)} says nothing", self._mend(schema))

    def _dispatch(self, schema: Schema, path: Path, value: dict[str, Any]) -> Iterator[Finding]:
        """Goes on with the definition that one key chooses: ``operator`` or ``__type__``."""
        chooser = next(iter(schema["allOf"][0]["if"]["properties"]))
        refused = schema.get("x-refused", {})
        if chooser not in value:
            instead = next((key for key in value if key in refused or did_you_mean(key, [chooser])), None)
            if instead is None:
                yield self._finding(
                    path,
                    "missing-key",
                    f"{self._owner(schema, path)} needs {chooser}",
                    self._mend(schema["properties"][chooser], chooser),
                )
            else:
                yield self._unknown(
                    schema, (*path, instead), None if instead in refused else chooser, refused
                )
            return
        for key in schema["required"]:
            if key not in value and not any(did_you_mean(other, [key]) for other in value):
                yield self._finding(
                    path,
                    "missing-key",
                    f"{self._owner(schema, path)} needs {key}",
                    self._mend(schema["properties"][key], key),
                )
        for branch in schema["allOf"]:
            if branch["if"]["properties"][chooser]["const"] == value[chooser]:
                yield from self.check(branch["then"], path, value, refused)
                return
        yield from self.check(schema["properties"][chooser], (*path, chooser), value[chooser])

    def _missing(self, schema: Schema, value: dict[str, Any]) -> list[str]:
        missing = [key for key in schema.get("required", ()) if key not in value]
        for key, needed in schema.get("dependentRequired", {}).items():
            missing += [other for other in needed if key in value and other not in value]
        if "if" not in schema:
            return missing
        (condition,) = schema["if"]["required"]
        if condition in value and condition != "expand":
            return missing
        given = {*value, *self.supplied}
        for part in ("expand", "partial"):
            given |= set(value[part]) if isinstance(value.get(part), dict) else set()
        return missing + [key for key in schema["else"]["required"] if key not in given]

    def _unknown(self, schema: Schema, path: Path, like: str | None, refused: Schema | None) -> Finding:
        key = str(path[-1])
        mends = {**(refused or {}), **schema.get("x-refused", {})}
        owner = self._owner(schema, path[:-1])
        if key in mends:
            return self._finding(path, "refused-key", f"{owner} takes no {key}", mends[key], text=key)
        elsewhere = self._elsewhere(schema, key)
        hint = f"; did you mean {like}?" if like and not elsewhere else ""
        known = elsewhere or f"known are {listed(sorted(schema.get('properties', {})))}"
        return self._finding(path, "unknown-key", f"{owner} knows no {key}{hint}", known, text=key)

    def _elsewhere(self, schema: Schema, key: str) -> str | None:
        """Where a key belongs that is known on another level."""
        if (
            schema.get("title") in ("pipeline", "defaults")
            and key in self.definitions["defaultArgs"]["properties"]
        ):
            return "it belongs to a task, or under default_args"
        is_task = "operator" in schema.get("properties", {}) or schema.get("title") == "default_args"
        if is_task and key in self.definitions["dag"]["properties"]:
            return "it belongs to the pipeline, beside tasks"
        return None

    def _key(self, schema: Schema, path: Path, key: str) -> Iterator[Finding]:
        resolved = self.resolve(schema["$ref"]) if "$ref" in schema else schema
        if "enum" in resolved and key not in resolved["enum"]:
            like = did_you_mean(key, resolved["enum"])
            hint = f"; did you mean {like}?" if like else ""
            yield self._finding(
                path,
                "unknown-key",
                f"{self._name(path[:-1])} knows no {key}{hint}",
                f"known are {listed(resolved['enum'])}",
                text=key,
            )
        elif "pattern" in resolved and not re.search(resolved["pattern"], key):
            yield self._finding(
                path,
                "bad-id",
                f"{key!r} can't be an id",
                "use letters, digits, _, - and . only, at most 250",
                text=key,
            )

    def _free(self, path: Path, value: Any) -> Iterator[Finding]:
        """What is inside a value that may be anything: objects are still only those that are allowed."""
        if isinstance(value, dict):
            if "__type__" in value:
                yield from self.check(self.definitions["object"], path, value)
            else:
                for key, item in value.items():
                    yield from self._free((*path, key), item)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from self._free((*path, index), item)

    # Words

    def _owner(self, schema: Schema, path: Path) -> str:
        title = schema.get("title")
        if title in ("pipeline", "task", "task group") and path:
            return f"the {title} {self._id(path)}"
        return str(title or self._name(path))

    def _id(self, path: Path) -> str:
        found = self.document.data
        for step in path:
            found = found[step]
        return (
            str(found.get("task_id") or found.get("group_name") or path[-1])
            if isinstance(path[-1], int)
            else str(path[-1])
        )

    def _name(self, path: Path) -> str:
        names = [step for step in path if isinstance(step, str)]
        return names[-1] if names else "the file"

    def _told(self, path: Path, value: Any) -> str:
        return str(self.document.text_of(path) or quoted(value))

    def _mend(self, schema: Schema, key: str | None = None) -> str:
        return f"write {key + ': ' if key else ''}{describe(schema, self.resolve)}"

    def _finding(
        self,
        path: Path,
        rule: str,
        message: str,
        mend: str,
        *,
        text: str | None = None,
        severity: Severity = Severity.ERROR,
    ) -> Finding:
        is_key = rule in (
            "unknown-key",
            "refused-key",
            "missing-key",
            "bad-id",
            "no-value",
            "empty",
            "list-length",
        )
        return self.document.finding(
            path, rule, message, mend, text=text, severity=severity, value=not is_key
        )


def _is_a(value: Any, kinds: list[str]) -> bool:
    return any(
        (kind == "null" and value is None)
        or (kind == "string" and isinstance(value, str))
        or (kind == "boolean" and isinstance(value, bool))
        or (kind == "integer" and isinstance(value, int) and not isinstance(value, bool))
        or (kind == "number" and isinstance(value, int | float) and not isinstance(value, bool))
        or (kind == "object" and isinstance(value, dict))
        or (kind == "array" and isinstance(value, list))
        for kind in kinds
    )


def _same_class(path: str, known: list[Any]) -> str | None:
    """The class of the same name in another module."""
    name = path.rpartition(".")[2]
    return next(
        (str(other) for other in known if str(other).rpartition(".")[2] == name and "." in path), None
    )
