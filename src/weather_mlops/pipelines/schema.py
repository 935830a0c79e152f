"""The JSON Schema of a pipeline's YAML: its keywords, its types, and how it is read."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, TypedDict

from weather_mlops.pipelines.keys import YamlValue

SCHEMA: Final = "pipeline.schema.json"

Schema = TypedDict(
    "Schema",
    {
        "$schema": str,
        "$ref": str,
        "$defs": dict[str, "Schema"],
        # What editors show
        "title": str,
        "description": str,
        "default": YamlValue,
        "defaultSnippets": list[YamlValue],
        "enumDescriptions": list[str],
        "examples": list[YamlValue],
        # Values
        "type": str | list[str],
        "const": YamlValue,
        "enum": list[YamlValue],
        "format": str,
        "pattern": str,
        "not": "Schema",
        "minLength": int,
        "maxLength": int,
        "minimum": float,
        "maximum": float,
        "exclusiveMaximum": float,
        # Lists
        "items": "Schema",
        "minItems": int,
        "maxItems": int,
        "uniqueItems": bool,
        # Mappings
        "properties": dict[str, "Schema"],
        "patternProperties": dict[str, "Schema"],
        "additionalProperties": "Schema | bool",
        "propertyNames": "Schema",
        "required": list[str],
        "minProperties": int,
        "dependentRequired": dict[str, list[str]],
        # One of several
        "anyOf": list["Schema"],
        "allOf": list["Schema"],
        "if": "Schema",
        "then": "Schema",
        "else": "Schema",
        # Our own; editors ignore them
        "x-context": list[str],
        "x-refused": dict[str, str],
        "x-needed": list[str],
    },
    total=False,
)
"""A schema, or a part of one, with the keywords that ``make schema`` writes and ``check.py`` supports.

``x-context`` has the names that Airflow provides in every template, ``x-refused`` the keys that are not
accepted, each with its fix, and ``x-needed`` the arguments that an operator can't do without, wherever they
are set. A schema is read once and shared: it is never changed in place."""

Definitions = Mapping[str, Schema]
"""The definitions of a schema, ``$defs``, by their names; those of operators by their import paths."""

KEYWORDS: Final = frozenset(Schema.__annotations__)
"""Keywords that the schema may use; a test checks ``schemas/`` against them."""

TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "null": type(None),
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "array": list,
}
"""Python's types of the values of each type of JSON Schema; see also ``has_type``."""


def has_type(value: YamlValue, name: str) -> bool:
    """Whether a value of the YAML has a type of JSON Schema; for Python, unlike here, ``True`` is a number.

    Raises:
        KeyError: JSON Schema has no such type.
    """
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, TYPES[name])


def referred(reference: str, definitions: Definitions) -> Schema:
    """The part of the definitions that a ``$ref`` refers to: ``#/$defs/task/properties/pool``.

    Raises:
        KeyError: there is no such part.
    """
    name, _, inside = reference.removeprefix("#/$defs/").partition("/")
    part: Any = definitions[name]
    for step in inside.split("/") if inside else ():
        part = part[step]
    return part  # type: ignore[no-any-return]


def schema_of_others(schema: Schema) -> Schema:
    """The schema of the keys that a mapping has besides its ``properties``; if none is set, any value."""
    others = schema.get("additionalProperties", True)
    return {} if isinstance(others, bool) else others


def schema_file() -> Path:
    """The schema of the project.

    Raises:
        Misconfigured: the project's folder can't be found.
    """
    from weather_mlops.settings import project_folder  # noqa: PLC0415  Airflow names the schema, and is quick

    return project_folder("schemas") / SCHEMA


@cache
def schema_at(path: Path) -> Schema:
    """The schema of a file; each file is read once.

    Raises:
        OSError: the file can't be read.
    """
    schema: Schema = json.loads(path.read_bytes())
    return schema
