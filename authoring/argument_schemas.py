"""The schema of an argument of an operator, from its annotation and its description."""

import ast
import importlib
import re
from dataclasses import MISSING, fields, is_dataclass
from typing import Final

from authoring import types
from authoring.components import ref
from authoring.signatures import REQUIRED, Argument, described
from weather_mlops.pipelines.schema import Schema

_RANGE: Final = re.compile(r"\((-?\d[\d.]*) to (-?\d[\d.]*)\)|, (0) to (1)\b")
_LEAST: Final = re.compile(r"\((-?\d[\d.]*) or more\)")
_BELOW: Final = re.compile(r"\(below (-?\d[\d.]*)\)")
_WORDS: Final = re.compile(r"(?:`[\w-]+`, )*`[\w-]+` or `[\w-]+`")
_LIMITS_CLASS: Final = re.compile(r"see `(weather_mlops[\w.]+)`")

ENUMS: Final[dict[str, Schema]] = {
    "stations": {
        "anyOf": [
            {"const": "all"},
            {"type": "array", "items": ref("station"), "minItems": 1, "uniqueItems": True},
        ]
    },
    "station": ref("station"),
    "target": ref("target"),
    "targets": {"type": "array", "items": ref("target"), "minItems": 1, "uniqueItems": True},
    "variable": ref("variable"),
    "variables": {"type": "array", "items": ref("variable"), "minItems": 1, "uniqueItems": True},
}
"""Schemas of arguments of our own operators whose values are known, by name."""

SPECIAL: Final[dict[str, Schema]] = {
    "python_callable": ref("importPath"),
    "execution_date_fn": ref("importPath"),
    "execution_delta": {
        "type": "string",
        "pattern": r"^\d+ (hour|minute|second|day)s?$",
        "description": "how much earlier the other DAG's run is, in words: 1 hour",
    },
    "mode": {"enum": ["poke", "reschedule"]},
    "trigger_rule": ref("triggerRule"),
}
"""Arguments that dag-factory or Airflow take in another form than their type says."""


def argument_schema(argument: Argument, *, own: bool) -> Schema | None:
    """The schema of an argument; None if YAML can't express it.

    Args:
        argument: the argument.
        own: whether it is one of our own operators, whose docstrings name limits and allowed words.
    """
    schema = SPECIAL.get(argument.name)
    if schema is None and _is_function(argument.annotation):
        return {**ref("function"), **({"description": argument.about} if argument.about else {})}
    if schema is None and own:
        schema = _own(argument)
    if schema is None:
        schema = types.schema_of(argument.annotation)
    if schema is None:
        return None
    if argument.default is None and not own:
        schema = types.any_of([schema, types.NULL])
    schema = _with_text(schema or {}, argument).copy()
    if argument.about:
        schema["description"] = argument.about
    default = None if argument.default is REQUIRED else types.json_value(argument.default)
    if default is not None:
        schema["default"] = default
    return schema


def _is_function(annotation: ast.expr | None) -> bool:
    """Whether an argument is a function, or None, and nothing else: YAML names it by its import path."""
    match annotation:
        case ast.Constant(value=str(text)):
            return _is_function(_parsed(text))
        case ast.BinOp(op=ast.BitOr(), left=left, right=ast.Constant(value=None)):
            return _is_function(left)
        case ast.Subscript(value=ast.Name(id="Optional"), slice=inside):
            return _is_function(inside)
        case ast.Subscript(value=ast.Name(id="Callable")) | ast.Name(id="Callable"):
            return True
    return False


PATTERNS: Final = {
    "cells": r"(\s*[^\s=;,]+\s*=\s*\d{1,3}\s*,\s*\d{1,3}\s*(;|$))*",
    "issues": r"(all|\d{1,2}(\s*,\s*\d{1,2})*)?",
    "variables": r"([A-Za-z0-9]{3}(\s*,\s*[A-Za-z0-9]{3})*)?",
}
"""How arguments of text are written that have a form of their own, where they are no template."""


def _own(argument: Argument) -> Schema | None:  # noqa: PLR0911  one return per form
    """The schema of an argument of our own operators: limits and names come from its docstring."""
    if limits := _LIMITS_CLASS.search(argument.about):
        return _limits(limits.group(1))
    schema = _without_null(types.schema_of(argument.annotation))
    if argument.name in ENUMS and (schema or {}) != {"type": "string"}:
        return ENUMS[argument.name]
    if argument.name.endswith("_conn_id"):
        return ref("connection")
    if argument.name == "target":
        return ENUMS["target"]
    if argument.name in PATTERNS and (schema or {}) == {"type": "string"}:
        return {"type": "string", "pattern": rf"^(.*\{{\{{.*|{PATTERNS[argument.name]})$"}
    if argument.name == "stations":
        return {
            "type": "string",
            "format": "stations",
            "description": argument.about,
        }
    if "YYYY-MM-DD" in argument.about:
        return {"type": "string", "pattern": r"^(\d{4}-\d{2}-\d{2}|.*\{\{.*)?$"}
    if (schema or {}).get("type") == "string" and (words := _WORDS.search(argument.about)):
        return {"enum": re.findall(r"`([\w-]+)`", words.group())}
    return limited(_number_or_template(schema, argument), argument.about, least=0)


def _number_or_template(schema: Schema | None, argument: Argument) -> Schema | None:
    """The number of ``int | str``: the text is a template, rendered before the task runs."""
    kinds = (schema or {}).get("type")
    if schema and argument.templated and isinstance(kinds, list) and "string" in kinds:
        return {**schema, "type": next(kind for kind in kinds if kind != "string")}
    return schema


def _without_null(schema: Schema | None) -> Schema | None:
    """A schema without null: an argument in the YAML has a value."""
    if schema and isinstance(schema.get("type"), list):
        names = [name for name in schema["type"] if name != "null"]
        return {**schema, "type": names[0] if len(names) == 1 else names}
    return schema


def limited(schema: Schema | None, about: str, least: float | None) -> Schema | None:
    """A number with the limits in its description; without any, with the given minimum."""
    if schema is None or schema.get("type") not in ("number", "integer"):
        return schema
    if match := _RANGE.search(about):
        low, high = (group for group in match.groups() if group is not None)
        return {**schema, "minimum": _number(low), "maximum": _number(high)}
    if match := _LEAST.search(about):
        return {**schema, "minimum": _number(match.group(1))}
    if match := _BELOW.search(about):
        return {**schema, "exclusiveMaximum": _number(match.group(1))}
    return schema if least is None else {**schema, "minimum": least}


def _limits(path: str) -> Schema:
    """A closed mapping of a dataclass's fields."""
    module, _, name = path.rpartition(".")
    kind = getattr(importlib.import_module(module), name)
    if not (isinstance(kind, type) and is_dataclass(kind)):
        raise TypeError(f"{path}: a docstring refers to it for limits, but it is not a dataclass")
    abouts = described(kind)
    properties: dict[str, Schema] = {}
    for field in fields(kind):
        about = abouts.get(field.name, "")
        schema: Schema = {**_field(str(field.type), field.name, about), "description": about}
        if field.default is not MISSING:
            schema["default"] = types.json_value(field.default)
        properties[field.name] = schema
    return {
        "title": path,
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "properties": properties,
    }


def _field(annotation: str, name: str, about: str) -> Schema:
    number: dict[str, Schema] = {"<class 'float'>": {"type": "number"}, "<class 'int'>": {"type": "integer"}}
    if annotation in number:
        return limited(number[annotation], about, least=0 if name.startswith("max_") else None) or {}
    if annotation == "float | None":
        return {**(limited({"type": "number"}, about, least=None) or {}), "type": ["number", "null"]}
    if "Mapping" in annotation and name.startswith("min_skill"):
        return {
            "type": "object",
            "propertyNames": ref("baseline"),
            "additionalProperties": {"type": "number", "exclusiveMaximum": 1},
        }
    if "Sequence" in annotation and "lowest and highest" in about:
        items = limited({"type": "number"}, about, least=None) or {}
        return {"type": "array", "items": items, "minItems": 2, "maxItems": 2}
    return types.schema_of(_parsed(annotation)) or {}


def _parsed(annotation: str) -> ast.expr:
    return ast.parse(annotation.removeprefix("<class '").removesuffix("'>"), mode="eval").body


def _with_text(schema: Schema, argument: Argument) -> Schema:
    """Allow a template in any value if Jinja is rendered; otherwise refuse texts that look like one."""
    if argument.templated:
        if schema and "string" not in str(schema.get("type", schema.get("anyOf", ""))):
            return types.any_of([schema, ref("template")]) or {}
        return schema
    if schema.get("type") == "string" and "pattern" not in schema:
        return ref("plainText")
    if schema.get("type") == ["string", "null"]:
        return {"anyOf": [ref("plainText"), types.NULL]}
    return schema


def _number(text: str) -> float | int:
    return float(text) if "." in text else int(text)
