"""The JSON Schema of a pipeline's YAML, made of what Airflow, dag-factory and our operators take."""

import ast
import inspect
import json
from pathlib import Path
from typing import Any, Final

import dagfactory.dagbuilder
from airflow import sdk
from airflow.sdk import DAG, BaseOperator, Context, TaskGroup, TriggerRule, WeightRule
from airflow.sdk.api.datamodels._generated import DagRunType

from authoring import types
from authoring.operators import DOMAIN, PROJECT, operators, schema_of
from authoring.parts import ASSETS, DEFINITIONS, ID, OBJECTS, TIMETABLES, Schema, one_of_types, ref, typed
from authoring.signatures import REQUIRED, base_arguments, described, summary
from authoring.words import DAG_WORDS, TASK_WORDS
from weather_mlops.pipelines.keys import LOADER_KEYS

SCHEMAS: Final = PROJECT / "schemas"
WIDTH: Final = 110
DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"

REFUSED_DAG_KEYS: Final = {
    "schedule_interval": "Airflow 3 calls it schedule",
    "timetable": "give it as schedule: {__type__: airflow.sdk.CronTriggerTimetable, …}",
    "concurrency": "Airflow 3 calls it max_active_tasks",
    "default_view": "Airflow 3 has none",
    "orientation": "Airflow 3 has none",
    "sla_miss_callback": "Airflow 3 has none: use deadline",
    "sla_miss_callback_name": "Airflow 3 has none: use deadline",
    "sla_miss_callback_file": "Airflow 3 has none: use deadline",
    "dag_id": "the DAG's id is the key that it stands under",
    "auto_register": "it has a meaning in Python code only",
    "doc_md_python_callable_file": "write the text under doc_md",
    "doc_md_python_callable_name": "write the text under doc_md",
    "doc_md_python_arguments": "write the text under doc_md",
    **{
        f"on_{event}_callback_{part}": f"give the import path: on_{event}_callback: package.module.function"
        for event in ("execute", "success", "failure", "retry", "skipped")
        for part in ("name", "file")
    },
    **dict.fromkeys(
        ("on_execute_callback", "on_retry_callback", "on_skipped_callback"),
        "it belongs under default_args, or a task",
    ),
    **dict.fromkeys(
        ("retries", "retry_delay", "owner", "execution_timeout", "trigger_rule", "pool"),
        "it belongs under default_args, or a task",
    ),
}
"""Keys that dag-factory takes, or that people try, and that a pipeline has no use for; with the mend."""

REFUSED_TASK_KEYS: Final = {
    "decorator": "use operator: airflow.providers.standard.operators.python.PythonOperator",
    "variables_as_arguments": "it asks the database each time the file is read: use {{ var.value.name }}",
    "python_callable_name": "give the import path: python_callable: package.module.function",
    "python_callable_file": "give the import path: python_callable: package.module.function",
    "provide_context": "Airflow always gives the context",
    "retry_delay_sec": "write retry_delay: {__type__: datetime.timedelta, seconds: …}",
    "execution_timeout_secs": "write execution_timeout: {__type__: datetime.timedelta, seconds: …}",
    "task_concurrency": "Airflow 3 calls it max_active_tis_per_dag",
    "schedule": "it belongs to the pipeline, not to a task",
    "email": "use on_failure_callback with airflow.providers.smtp.notifications.smtp.SmtpNotifier",
    "email_on_failure": "use on_failure_callback with airflow.providers.smtp.notifications.smtp.SmtpNotifier",
    "email_on_retry": "use on_retry_callback with airflow.providers.smtp.notifications.smtp.SmtpNotifier",
    "sla": "Airflow 3 has none: use the pipeline's deadline",
    "depends_on": "it is called dependencies",
    "upstream": "it is called dependencies",
    "start_date": "it belongs to the pipeline",
    "end_date": "it belongs to the pipeline",
}
"""The same for tasks."""

_OBJECTS: Final = {
    "dag",
    "task_group",
    "default_args",
    "pre_execute",
    "post_execute",
    "retry_policy",
    "resources",
}
_POSITIVE: Final = {"type": "integer", "minimum": 1}
_COUNT: Final = {"type": "integer", "minimum": 0}
_OVERRIDES: Final[dict[str, Schema]] = {
    "retries": _COUNT,
    "pool_slots": _POSITIVE,
    "retry_exponential_backoff": {"type": "number", "minimum": 0},
    "max_active_tis_per_dag": {"type": ["integer", "null"], "minimum": 1},
    "max_active_tis_per_dagrun": {"type": ["integer", "null"], "minimum": 1},
    "priority_weight": {"type": "integer", "minimum": -2147483648, "maximum": 2147483647},
    "weight_rule": {"enum": [rule.value for rule in WeightRule]},
    "trigger_rule": ref("triggerRule"),
    "params": ref("params"),
    "inlets": ref("assets"),
    "outlets": ref("assets"),
    "map_index_template": ref("template"),
    "task_id": {"type": "string", "pattern": ID},
    **{
        f"on_{event}_callback": ref("callback")
        for event in ("execute", "success", "failure", "retry", "skipped")
    },
}
_TEXTS: Final = {"doc", "doc_md", "doc_json", "doc_yaml", "doc_rst", "map_index_template"}


def build() -> Schema:
    """The schema of a pipeline's file; that of defaults.yml is its definition ``defaults``."""
    common = _task_properties()
    found = operators()
    tasks = {path: schema_of(path, kind, common) for path, kind in found.items()}
    dag = _dag_properties()
    names = {name for path in tasks if path.startswith("operators.") for name in tasks[path]["properties"]}
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
            "x-refused": REFUSED_TASK_KEYS,
        },
        "defaultArgs": _default_args(common, names),
        "taskGroup": _task_group(),
        "dag": {
            "title": "pipeline",
            "type": "object",
            "additionalProperties": False,
            "required": ["schedule", "tasks"],
            "properties": dag,
            "x-refused": REFUSED_DAG_KEYS,
        },
        "defaults": {
            "title": "defaults",
            "type": "object",
            "additionalProperties": False,
            "properties": {
                name: schema for name, schema in dag.items() if name not in ("tasks", "task_groups")
            },
            "x-refused": REFUSED_DAG_KEYS,
        },
        **tasks,
    }
    return {
        "$schema": DRAFT,
        "title": "Pipelines",
        "description": "A file of pipelines/: each key is the id of a DAG. Made by `make schema`.",
        "type": "object",
        "minProperties": 1,
        "properties": {
            "default": {**ref("defaults"), "description": "what the pipelines of this file share"}
        },
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


def _task_properties() -> dict[str, Schema]:
    """Keys of every task: Airflow's, and dag-factory's own."""
    found: dict[str, Schema] = {
        "operator": {"type": "string", "description": "import path of the operator's class"},
        "task_id": {},
        "dependencies": {
            "type": "array",
            "items": {"type": "string"},
            "minItems": 1,
            "uniqueItems": True,
            "description": "tasks and task groups that come before, by their ids",
        },
        "task_group_name": {"type": "string", "description": "the task group that it is in"},
    }
    for name, argument in base_arguments(BaseOperator).items():
        if name in _OBJECTS or name in REFUSED_TASK_KEYS:
            continue
        schema = _OVERRIDES.get(name) or types.schema_of(argument.annotation)
        if schema is None:
            continue
        if argument.default is None and name not in _OVERRIDES:
            schema = types.either([schema, types.NULL])
        if (schema or {}).get("type") == "string" and name not in _TEXTS and name not in _OVERRIDES:
            schema = ref("plainText")
        default = None if argument.default is REQUIRED else types.json_value(argument.default)
        found[name] = {
            **(schema or {}),
            **({"description": argument.about} if argument.about else {}),
            **({"default": default} if default is not None else {}),
        }
    return _worded(found, TASK_WORDS)


def _dag_properties() -> dict[str, Schema]:
    """Keys of a DAG: those that dag-factory reads, and those that our loader adds."""
    taken = _keys_of_dagfactory() | set(LOADER_KEYS)
    known = _dag_types()
    if unknown := taken - set(known) - set(REFUSED_DAG_KEYS):
        raise LookupError(f"dag-factory takes {sorted(unknown)}: say in authoring/schema.py what they are")
    if missing := set(LOADER_KEYS) - set(inspect.signature(DAG).parameters):
        raise LookupError(f"DAG has no {sorted(missing)}: take them out of weather_mlops/pipelines/keys.py")
    return _worded({name: known[name] for name in known if name in taken}, DAG_WORDS)


def _dag_types() -> dict[str, Schema]:
    flag: Schema = {"type": "boolean"}
    return {
        "description": {"type": "string"},
        "schedule": ref("schedule"),
        "timezone": {"type": "string", "format": "timezone"},
        "start_date": ref("date"),
        "end_date": ref("date"),
        "catchup": flag,
        "max_active_runs": _POSITIVE,
        "max_active_tasks": _POSITIVE,
        "max_consecutive_failed_dag_runs": _COUNT,
        "dagrun_timeout": ref("duration"),
        "deadline": ref("deadline"),
        "is_paused_upon_creation": flag,
        "fail_fast": flag,
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 100}, "uniqueItems": True},
        "doc_md": {"type": "string"},
        "doc_md_file_path": {"type": "string", "pattern": "^/"},
        "dag_display_name": {"type": "string"},
        "owner_links": {
            "type": "object",
            "additionalProperties": {"type": "string", "pattern": r"^(https?://|mailto:)"},
        },
        "params": ref("params"),
        "default_args": ref("defaultArgs"),
        "task_groups": {
            "anyOf": [
                {
                    "type": "object",
                    "additionalProperties": ref("taskGroup"),
                    "propertyNames": {"pattern": ID},
                },
                {"type": "array", "items": {**ref("taskGroup"), "required": ["group_name"]}},
            ]
        },
        "tasks": {
            "anyOf": [
                {"type": "array", "minItems": 1, "items": {**ref("task"), "required": ["task_id"]}},
                {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": ref("task"),
                    "propertyNames": {"pattern": ID},
                },
            ]
        },
        "on_success_callback": ref("callback"),
        "on_failure_callback": ref("callback"),
        "access_control": {
            "type": "object",
            "additionalProperties": {
                "anyOf": [
                    {"type": "array", "items": {"type": "string"}},
                    {
                        "type": "object",
                        "additionalProperties": {"type": "array", "items": {"type": "string"}},
                    },
                ]
            },
        },
        "allowed_run_types": {
            "type": "array",
            "minItems": 1,
            "items": {"enum": [kind.value for kind in DagRunType]},
        },
        "render_template_as_native_obj": flag,
        "template_searchpath": {
            "anyOf": [
                {"type": "string", "pattern": "^/"},
                {"type": "array", "items": {"type": "string", "pattern": "^/"}},
            ]
        },
        "template_undefined": ref("importPath"),
        "jinja_environment_kwargs": {"type": "object"},
        "user_defined_macros": {"type": "object"},
        "user_defined_filters": {"type": "object", "additionalProperties": ref("importPath")},
        "disable_bundle_versioning": flag,
        "rerun_with_latest_version": flag,
    }


def _keys_of_dagfactory() -> set[str]:
    """Every key of a DAG that dag-factory's source asks for."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(inspect.getsource(dagfactory.dagbuilder.DagBuilder))):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="dag_params"), attr="get"),
                args=[ast.Constant(value=key), *_],
            ):
                found.add(key)
            case ast.Call(args=[ast.Name(id="dag_params"), ast.Constant(value=key)]):
                found.add(key)
            case ast.Subscript(value=ast.Name(id="dag_params"), slice=ast.Constant(value=key)):
                found.add(key)
            case ast.Compare(left=ast.Constant(value=key), comparators=[ast.Name(id="dag_params")]):
                found.add(key)
    return {key for key in found if isinstance(key, str)}


def _default_args(common: dict[str, Schema], names: set[str]) -> Schema:
    """Arguments of every task: the common ones, and those of our operators by name."""
    outside = {"operator", "task_id", "dependencies", "task_group_name", "expand", "partial"}
    shared = {name: ref(f"task/properties/{name}") for name in common if name not in outside}
    own: dict[str, Schema] = {name: {} for name in sorted(names - set(shared) - outside)}
    dates = {name: ref("date") for name in ("start_date", "end_date")}
    return {
        "title": "default_args",
        "type": "object",
        "additionalProperties": False,
        "properties": {**shared, **own, **dates},
        "x-refused": {key: mend for key, mend in REFUSED_TASK_KEYS.items() if key not in dates},
    }


def _task_group() -> Schema:
    texts = described(TaskGroup)
    keys: dict[str, Schema] = {
        "group_name": {"type": "string", "pattern": ID, "description": "its id, in a list of groups"},
        "tooltip": {"type": "string", "description": texts.get("tooltip", "")},
        "group_display_name": {"type": "string", "description": "shown in place of its id"},
        "parent_group_name": {"type": "string", "description": "the group that it is in"},
        "dependencies": {
            "type": "array",
            "items": {"type": "string"},
            "description": "tasks and task groups that come before",
        },
        "default_args": ref("defaultArgs"),
        "prefix_group_id": {
            "type": "boolean",
            "description": texts.get("prefix_group_id", ""),
            "default": True,
        },
        "ui_color": {"type": "string", "description": texts.get("ui_color", "")},
        "ui_fgcolor": {"type": "string", "description": texts.get("ui_fgcolor", "")},
        "doc_md": {"type": "string", "description": "notes, Markdown"},
    }
    return {"title": "task group", "type": "object", "additionalProperties": False, "properties": keys}


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
            properties["__args__"] = ref("assets")
            required.append("__args__")
        if path.endswith("MultipleCronTriggerTimetable"):
            properties["__args__"] = {"type": "array", "items": ref("cron"), "minItems": 1}
            required.append("__args__")
        found[path] = typed(path, f"{about}. {summary(kind)}", properties, tuple(required))
    found["airflow.sdk.Asset"] |= {"if": {"required": ["uri"]}, "then": {}, "else": {"required": ["name"]}}
    for asset in ("name", "uri"):
        found["airflow.sdk.Asset"]["properties"][asset] = {"type": "string", "minLength": 1}
    return found


def _worded(schemas: dict[str, Schema], words: dict[str, Any]) -> dict[str, Schema]:
    """With our own descriptions and examples, where there are any."""
    return {
        name: {
            **schema,
            **({"description": words[name].english} if name in words else {}),
        }
        for name, schema in schemas.items()
    }
