"""Keys of a pipeline: those that dag-factory reads, and those that our loader adds."""

import ast
import inspect
from typing import Final

import dagfactory.dagbuilder
from airflow.sdk import DAG
from airflow.sdk.api.datamodels._generated import DagRunType

from authoring.components import COUNT, ID, POSITIVE, ref, worded
from authoring.translations import DAG_WORDS
from weather_mlops.pipelines.keys import LOADER_KEYS
from weather_mlops.pipelines.schema import Schema

REFUSED_DAG_KEYS: Final = {
    "schedule_interval": "Airflow 3 calls it schedule",
    "timetable": "give it as schedule: {__type__: airflow.sdk.CronTriggerTimetable, …}",
    "concurrency": "Airflow 3 calls it max_active_tasks",
    "dagrun_timeout_sec": "write dagrun_timeout: {__type__: datetime.timedelta, seconds: …}",
    "default_view": "Airflow 3 has none",
    "orientation": "Airflow 3 has none",
    "sla_miss_callback": "Airflow 3 has none: use deadline",
    "sla_miss_callback_name": "Airflow 3 has none: use deadline",
    "sla_miss_callback_file": "Airflow 3 has none: use deadline",
    "dag_id": "the DAG's id is its key in the file",
    "auto_register": "it only has a meaning in Python code",
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
"""Keys that dag-factory or earlier versions of Airflow take, and that a pipeline doesn't; with the fix."""


def properties() -> dict[str, Schema]:
    """Keys of a DAG: those that dag-factory reads, and those that our loader adds."""
    taken = _keys_of_dagfactory() | set(LOADER_KEYS)
    known = _dag_types()
    if unknown := taken - set(known) - set(REFUSED_DAG_KEYS):
        raise LookupError(f"dag-factory takes {sorted(unknown)}: add their types to authoring/dag_level.py")
    if missing := set(LOADER_KEYS) - set(inspect.signature(DAG).parameters):
        raise LookupError(f"DAG has no {sorted(missing)}: remove them from weather_mlops/pipelines/keys.py")
    return worded({name: known[name] for name in known if name in taken}, DAG_WORDS)


def shared_tasks() -> dict[str, Schema]:
    """Tasks and task groups of a block ``default``: parts of them, which each pipeline may complete.

    Mistakes in them are found in the pipelines that have them.
    """
    part: Schema = {
        "type": "object",
        "additionalProperties": {"type": "object"},
        "propertyNames": {"pattern": ID},
    }
    return {
        "tasks": {
            **part,
            "description": "tasks that every pipeline of this file has, by their ids; each may change parts",
        },
        "task_groups": {
            **part,
            "description": "task groups that every pipeline of this file has, by their ids",
        },
    }


def _dag_types() -> dict[str, Schema]:
    flag: Schema = {"type": "boolean"}
    return {
        "description": {"type": "string"},
        "schedule": ref("schedule"),
        "timezone": {"type": "string", "format": "timezone"},
        "start_date": ref("date"),
        "end_date": ref("date"),
        "catchup": flag,
        "max_active_runs": POSITIVE,
        "max_active_tasks": POSITIVE,
        "max_consecutive_failed_dag_runs": COUNT,
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
        **_task_types(),
        "on_success_callback": ref("callback"),
        "on_failure_callback": ref("callback"),
        "access_control": {"type": "object", "additionalProperties": _permissions()},
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


def _task_types() -> dict[str, Schema]:
    """Tasks and task groups, each as a mapping by their ids or as a list with their ids inside."""
    return {
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
    }


def _permissions() -> Schema:
    """What a role may do: a list of permissions for the DAG, or one for each kind of resource."""
    names: Schema = {"type": "array", "items": {"type": "string"}}
    return {"anyOf": [names, {"type": "object", "additionalProperties": names}]}


def _keys_of_dagfactory() -> set[str]:
    """Every key of a DAG that dag-factory's source reads."""
    keys: set[object] = set()
    for node in ast.walk(ast.parse(inspect.getsource(dagfactory.dagbuilder.DagBuilder))):
        match node:
            case (
                ast.Call(
                    func=ast.Attribute(value=ast.Name(id="dag_params"), attr="get"),
                    args=[ast.Constant(value=key), *_],
                )
                | ast.Call(args=[ast.Name(id="dag_params"), ast.Constant(value=key)])
                | ast.Subscript(value=ast.Name(id="dag_params"), slice=ast.Constant(value=key))
                | ast.Compare(left=ast.Constant(value=key), comparators=[ast.Name(id="dag_params")])
            ):
                keys.add(key)
    return {key for key in keys if isinstance(key, str)}
