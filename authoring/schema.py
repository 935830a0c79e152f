"""The JSON Schema of a pipeline's YAML, made of what Airflow, dag-factory and our operators take."""

import json
from pathlib import Path
from typing import Any, Final

from airflow import sdk
from airflow.sdk import Context, TriggerRule

from authoring import dag_level, task_level, types
from authoring.components import (
    ASSETS,
    DEFINITIONS,
    FREE,
    ID,
    OBJECTS,
    TIMETABLES,
    Schema,
    one_of_types,
    ref,
    typed,
)
from authoring.operators import DOMAIN, ENUMS, PROJECT, operators, schema_of
from authoring.signatures import REQUIRED, base_arguments, summary

SCHEMAS: Final = PROJECT / "schemas"
WIDTH: Final = 110
DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"


def build() -> Schema:
    """The schema of a pipeline's file; that of defaults.yml is its definition ``defaults``."""
    common = task_level.properties()
    found = operators()
    tasks = {path: schema_of(path, kind, common) for path, kind in found.items()}
    dag = dag_level.properties()
    names = {name for path in tasks if path.startswith("operators.") for name in tasks[path]["properties"]}
    shared = {name: schema for name, schema in dag.items() if name not in ("tasks", "task_groups")}
    definitions = {
        **DEFINITIONS,
        **DOMAIN,
        **_objects(),
        "object": one_of_types(OBJECTS | {path: path for path in (*ASSETS, *TIMETABLES)}),
        "triggerRule": {"enum": [rule.value for rule in TriggerRule], "default": "all_success"},
        "task": {
            "title": "task",
            "type": "object",
            "required": ["operator"],
            "properties": common | {"operator": {**common["operator"], "enum": list(tasks)}},
            "allOf": [
                {
                    "if": {"properties": {"operator": {"const": path}}, "required": ["operator"]},
                    "then": ref(path),
                }
                for path in tasks
            ],
            "x-refused": task_level.REFUSED_TASK_KEYS,
        },
        "defaultArgs": task_level.default_args(common, names, ENUMS),
        "taskGroup": task_level.task_group(),
        "dag": {
            "title": "pipeline",
            "type": "object",
            "additionalProperties": False,
            "required": ["schedule", "tasks"],
            "properties": dag,
            "x-refused": dag_level.REFUSED_DAG_KEYS,
        },
        "defaults": {
            "title": "defaults",
            "type": "object",
            "additionalProperties": False,
            "patternProperties": FREE,
            "properties": shared,
            "x-refused": dag_level.REFUSED_DAG_KEYS,
        },
        "default": {
            "title": "defaults",
            "type": "object",
            "additionalProperties": False,
            "properties": shared | dag_level.shared_tasks(),
            "x-refused": dag_level.REFUSED_DAG_KEYS,
        },
        **tasks,
    }
    return {
        "$schema": DRAFT,
        "title": "Pipelines",
        "description": "A file of pipelines/: each key is the id of a DAG. Made by `make schema`.",
        "type": "object",
        "minProperties": 1,
        "properties": {"default": {**ref("default"), "description": "what the pipelines of this file share"}},
        "patternProperties": FREE,
        "propertyNames": {"pattern": ID},
        "additionalProperties": ref("dag"),
        "x-context": sorted(Context.__annotations__),
        "$defs": definitions,
    }


def files() -> dict[Path, str]:
    """What is checked in, by path."""
    defaults = {"$schema": DRAFT, "title": "defaults.yml", "$ref": "pipeline.schema.json#/$defs/defaults"}
    return {
        SCHEMAS / "pipeline.schema.json": _text(build()),
        SCHEMAS / "defaults.schema.json": _text(defaults),
    }


def _text(schema: Schema) -> str:
    return _written(schema, 0) + "\n"


def _written(value: Any, depth: int) -> str:
    """JSON with what is short in one line."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + depth <= WIDTH or not isinstance(value, dict | list):
        return line
    if isinstance(value, list):
        inside = [_written(item, depth + 1) for item in value]
    else:
        inside = [
            f"{json.dumps(key, ensure_ascii=False)}: {_written(item, depth + 1)}"
            for key, item in value.items()
        ]
    indent = " " * (depth + 1)
    opened, closed = ("[", "]") if isinstance(value, list) else ("{", "}")
    return f"{opened}\n{indent}" + f",\n{indent}".join(inside) + f"\n{' ' * depth}{closed}"


def _objects() -> dict[str, Schema]:
    """Assets and timetables, from their constructors."""
    special: dict[str, Any] = {
        "expression": ref("cron"),
        "timezone": {"type": "string", "format": "timezone"},
        "assets": {"anyOf": [ref("assets"), ref("asset")]},
        "timetable": ref("timetable"),
    }
    found: dict[str, Schema] = {}
    for path, about in {**ASSETS, **TIMETABLES}.items():
        kind = getattr(sdk, path.rpartition(".")[2])
        properties: dict[str, Schema] = {}
        required: list[str] = []
        for name, argument in base_arguments(kind).items():
            schema = special.get(name) or types.schema_of(argument.annotation)
            if schema is None:
                continue
            properties[name] = schema
            if argument.default is REQUIRED:
                required.append(name)
        if path.endswith(("AssetAll", "AssetAny")):
            properties["__args__"] = ref("assetArguments")
            required.append("__args__")
        if path.endswith("MultipleCronTriggerTimetable"):
            properties["__args__"] = {"type": "array", "items": ref("cron"), "minItems": 1}
            required.append("__args__")
        found[path] = typed(path, f"{about}. {summary(kind)}", properties, tuple(required))
    found["airflow.sdk.Asset"] |= {"if": {"required": ["uri"]}, "then": {}, "else": {"required": ["name"]}}
    for asset in ("name", "uri"):
        found["airflow.sdk.Asset"]["properties"][asset] = {"type": "string", "minLength": 1}
    return found
