"""Operators as schemas: every class that a pipeline may name, with its arguments."""

import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from airflow.sdk import BaseOperator

from authoring.argument_schemas import argument_schema
from authoring.components import ref
from authoring.signatures import REQUIRED, arguments, summary
from weather_mlops.model import baselines
from weather_mlops.model.targets import TARGETS
from weather_mlops.pipelines.preparation import FUNCTION
from weather_mlops.pipelines.schema import Schema
from weather_mlops.stations import load_stations
from weather_mlops.variables import BY_NAME

PROJECT: Final = Path(__file__).resolve().parents[1]
PROVIDERS: Final = PROJECT / "schemas" / "providers.txt"

NAMED_ONCE: Final = ("targets",)
"""Arguments that defaults.yml gives to all tasks: an editor, which sees one file, must not require them."""

DOMAIN: Final[dict[str, Schema]] = {
    "station": {
        "title": "station of the KMA",
        "enum": [
            *(station.id for station in load_stations()),
            *(station.korean for station in load_stations()),
            *(station.english for station in load_stations()),
        ],
        "enumDescriptions": [
            *(f"{station.korean} {station.english}" for station in load_stations()),
            *(f"{station.english}, {station.id}" for station in load_stations()),
            *(f"{station.korean}, {station.id}" for station in load_stations()),
        ],
    },
    "target": {"title": "target of a forecast", "enum": list(TARGETS)},
    "variable": {"title": "variable of the observations", "enum": list(BY_NAME)},
    "baseline": {"title": "baseline of the model", "enum": [*baselines.NAMES, baselines.KMA_FORECAST]},
}

FORMER: Final = "operators.measuring"
"""A module of import paths that operators had before: valid, and not documented."""


def operators() -> dict[str, type]:
    """Every class that a pipeline may name, by its import path."""
    ours = sorted(path.stem for path in (PROJECT / "plugins" / "operators").glob("[a-z]*.py"))
    lines = [line.strip() for line in PROVIDERS.read_text("utf-8").splitlines()]
    modules = [f"operators.{name}" for name in ours] + [
        line for line in lines if line and not line.startswith("#")
    ]
    former = importlib.import_module(FORMER)
    return {
        **{f"{module}.{kind.__name__}": kind for module in modules for kind in _usable(module)},
        **{f"{FORMER}.{name}": getattr(former, name) for name in former.__all__},
    }


def schema_of(path: str, kind: type, common: dict[str, Schema]) -> Schema:
    """The schema of a task with that operator.

    Args:
        path: its import path.
        kind: the operator class.
        common: schemas of the keys that every task may have.
    """
    taken = arguments(kind, BaseOperator)
    own = {
        name: schema
        for name, argument in taken.items()
        if name not in common
        and (schema := argument_schema(argument, own=path.startswith("operators."))) is not None
    }
    task: Schema = {
        "title": kind.__name__,
        "description": summary(kind),
        "type": "object",
        "additionalProperties": False,
        "required": ["operator"],
        "properties": {
            **own,
            "operator": {"const": path, "description": summary(kind)},
            **{name: ref(f"task/properties/{name}") for name in common if name != "operator"},
            **_mapped({name: ref(f"{path}/properties/{name}") for name in own}),
        },
        "dependentRequired": {"partial": ["expand"]},
    }
    required = [name for name in own if taken[name].default is REQUIRED]
    if alone := [name for name in required if name not in NAMED_ONCE]:
        task |= {"if": {"required": ["expand"]}, "then": {}, "else": {"required": alone}}
    if shared := [name for name in required if name in NAMED_ONCE]:
        task["x-needed"] = shared
    return task


def _mapped(own: dict[str, Schema]) -> dict[str, Schema]:
    """Keys of a mapped task: arguments with several values, and those that are the same for all."""
    several: dict[str, Schema] = {
        name: {
            "anyOf": [
                ref("outputOf"),
                {"type": "array", "minItems": 1, "items": one, "uniqueItems": True},
            ]
        }
        for name, one in own.items()
        if one.get("$ref") != FUNCTION
    }
    closed: Schema = {"type": "object", "additionalProperties": False}
    return {
        "expand": {
            "description": "arguments with several values: a task for each",
            **closed,
            "minProperties": 1,
            "properties": several,
        },
        "partial": {
            "description": "arguments that are the same for all tasks of expand",
            **closed,
            "properties": own,
        },
    }


def _usable(module: str) -> Iterator[type]:
    """Operators of a module, without base classes of our own."""
    kinds = [
        kind
        for name, kind in sorted(vars(importlib.import_module(module)).items())
        if isinstance(kind, type)
        and issubclass(kind, BaseOperator)
        and kind.__module__ == module
        and not name.startswith(("_", "Base"))
        and not inspect.isabstract(kind)
    ]
    bases = {base for kind in kinds for base in kind.__mro__[1:] if module.startswith("operators.")}
    yield from (kind for kind in kinds if kind not in bases)
