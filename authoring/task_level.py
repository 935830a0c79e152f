"""Keys of a task, of default_args and of a task group."""

import re
from typing import Final

from airflow.sdk import BaseOperator, TaskGroup, WeightRule

from authoring import types
from authoring.components import COUNT, ID, POSITIVE, SECONDS, ref, worded
from authoring.signatures import REQUIRED, base_arguments, described
from authoring.translations import TASK_WORDS
from weather_mlops.pipelines.schema import Schema

REFUSED_TASK_KEYS: Final = {
    "decorator": "use operator: airflow.providers.standard.operators.python.PythonOperator",
    "variables_as_arguments": "it queries the database each time the file is read: write "
    "{{ var.value.name }} in an argument that is templated",
    "python_callable_name": "give the import path: python_callable: package.module.function",
    "python_callable_file": "give the import path: python_callable: package.module.function",
    **{
        f"{check}_check_{part}": f"give the import path: {argument}: package.module.function"
        for check, argument in (
            ("response", "response_check"),
            ("success", "success"),
            ("failure", "failure"),
        )
        for part in ("name", "file", "lambda")
    },
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
"""Keys of tasks that dag-factory or earlier versions of Airflow take; with the fix."""


_OBJECTS: Final = {
    "dag",
    "task_group",
    "default_args",
    "pre_execute",
    "post_execute",
    "retry_policy",
    "resources",
}
_OVERRIDES: Final[dict[str, Schema]] = {
    "retries": COUNT,
    "pool_slots": POSITIVE,
    "retry_delay": {"anyOf": [SECONDS, ref("duration")]},
    "max_retry_delay": {"anyOf": [{**SECONDS, "type": ["number", "null"]}, ref("duration")]},
    "retry_exponential_backoff": {"type": "number", "minimum": 0, "maximum": 100},
    "max_active_tis_per_dag": {**POSITIVE, "type": ["integer", "null"]},
    "max_active_tis_per_dagrun": {**POSITIVE, "type": ["integer", "null"]},
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


def properties() -> dict[str, Schema]:
    """Keys of every task: Airflow's, and dag-factory's own."""
    schemas: dict[str, Schema] = {
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
            schema = types.any_of([schema, types.NULL])
        if (schema or {}).get("type") == "string" and name not in _TEXTS and name not in _OVERRIDES:
            schema = ref("plainText")
        elif (schema or {}).get("type") == ["string", "null"] and name not in _TEXTS:
            schema = {"anyOf": [ref("plainText"), types.NULL]}
        default = None if argument.default is REQUIRED else types.json_value(argument.default)
        schemas[name] = {
            **(schema or {}),
            **({"description": argument.about} if argument.about else {}),
            **({"default": default} if default is not None else {}),
        }
    return worded(schemas, TASK_WORDS)


def default_args(common: dict[str, Schema], names: set[str], known: dict[str, Schema]) -> Schema:
    """The schema of ``default_args``: arguments that all tasks have, and those of our operators.

    Args:
        common: schemas of the arguments that all tasks have.
        names: names of our operators' arguments.
        known: schemas of those arguments of our operators whose values are known.
    """
    outside = {"operator", "task_id", "dependencies", "task_group_name", "expand", "partial"}
    shared = {name: ref(f"task/properties/{name}") for name in common if name not in outside}
    own: dict[str, Schema] = {name: known.get(name, {}) for name in sorted(names - set(shared) - outside)}
    dates = {name: ref("date") for name in ("start_date", "end_date")}
    return {
        "title": "default_args",
        "type": "object",
        "additionalProperties": False,
        "properties": {**shared, **own, **dates},
        "x-refused": {
            key: fix if _helps(fix, shared) else f"it belongs to a task; there, {fix}"
            for key, fix in REFUSED_TASK_KEYS.items()
            if key not in dates
        },
    }


def _helps(fix: str, shared: dict[str, Schema]) -> bool:
    """Whether a fix works in default_args as well: it names no argument, or one that every task has."""
    named = re.search(r"(?:write|use|path:) (?!the\b)(\w+)|called (\w+)", fix)
    word = next((group for group in named.groups() if group), "") if named else ""
    return word in shared or not (named or "{{" in fix)


def task_group() -> Schema:
    """Keys of a task group."""
    texts = described(TaskGroup)
    keys: dict[str, Schema] = {
        "group_name": {"type": "string", "pattern": ID, "description": "its id, in a list of groups"},
        "tooltip": {"type": "string", "description": texts.get("tooltip", "")},
        "group_display_name": {"type": "string", "description": "shown instead of its id"},
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
