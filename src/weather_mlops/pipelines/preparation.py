"""Prepares a file for dag-factory, where dag-factory itself behaves differently.

- Tasks of the block ``default`` also belong to pipelines that list their tasks.
- The block ``default`` takes precedence over ``defaults.yml``, since it is nearer.
- Dates keep their offsets: dag-factory drops them, and reads those of ``default_args`` as UTC.
- Datetimes of ``__type__: datetime.datetime`` are in UTC, as the schema says.
- A task can be mapped over a list of ``default_args``, so that the list is named once.
- Functions are named by import path, wherever an operator takes one.
"""

import re
from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime
from pkgutil import resolve_name
from typing import Any, Final
from zoneinfo import ZoneInfo

from weather_mlops.pipelines import dates, effective
from weather_mlops.pipelines.describe import quoted
from weather_mlops.pipelines.document import YamlDocument
from weather_mlops.pipelines.graph import named
from weather_mlops.pipelines.keys import ANCHORS, FROM_DEFAULT_ARGS, YamlMapping, is_pipeline
from weather_mlops.pipelines.schema import Schema
from weather_mlops.pipelines.shared import share_tasks

FUNCTION: Final = "#/$defs/function"
_MERGED: Final = ("tasks", "task_groups", "default_args")
"""Keys of the block ``default`` that are merged with those of a pipeline, not replaced by them."""


def prepare(
    data: dict[str, Any], document: YamlDocument, defaults: YamlDocument | None, schema: Schema
) -> None:
    """Prepare the data of a file for dag-factory, in place.

    Args:
        data: the data of the file, with the objects of ``__type__`` built.
        document: the file.
        defaults: ``defaults.yml``, if there is one.
        schema: ``pipeline.schema.json``.

    Raises:
        ImportError: a function can't be imported.
        TypeError: something else is named as a function.
    """
    share_tasks(data)
    for key in [key for key in data if key.startswith(ANCHORS)]:
        del data[key]
    default = data.get("default")
    shared = default if isinstance(default, dict) else {}
    for dag_name, dag in data.items():
        if is_pipeline(dag_name) and isinstance(dag, dict):
            for key in shared.keys() - dag.keys() - set(_MERGED):
                dag[key] = deepcopy(shared[key])
            _date(dag, effective.dag_settings(document, dag_name, defaults))
            dag["tasks"] = _in_utc(dag.get("tasks"))
            _map_over(dag, effective.default_args(document, dag_name, defaults))
            _import_functions(dag_name, dag, schema["$defs"])


def _date(dag: dict[str, Any], settings: effective.Settings) -> None:
    """Set the dates of a DAG, its ``default_args`` and its groups, in the form that dag-factory needs.

    dag-factory reads a date without its offset in the pipeline's time zone, one of ``default_args`` in UTC.
    Tasks begin and end with their DAG: if they began later, it would have runs without tasks, which succeed.
    """
    zone = ZoneInfo(str(settings["timezone"].value if "timezone" in settings else "UTC"))
    for name in dates.NAMES:
        if name in settings:
            when = dates.parse_time(settings[name].value, zone)
            dag[name] = when.replace(tzinfo=None) if when else None
            arguments = dag["default_args"] = dag.get("default_args") or {}
            arguments[name] = when.astimezone(UTC).replace(tzinfo=None) if when else None
    for _, _, group in named(dag.get("task_groups"), (), "group_name"):
        arguments = group.get("default_args")
        for name in dates.NAMES:
            if isinstance(arguments, dict) and name in arguments:
                arguments[name] = dates.parse_time(arguments[name], zone)


def _in_utc(value: Any) -> Any:
    """A value with the datetimes of ``__type__`` in UTC: without a zone, Airflow would use its own."""
    if isinstance(value, dict):
        return {key: _in_utc(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_in_utc(item) for item in value]
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


def _map_over(dag: YamlMapping, shared: effective.Settings) -> None:
    """Replace names of lists of ``default_args`` by the lists, where tasks are mapped over them."""
    for _, _, task in named(dag.get("tasks"), (), "task_id"):
        expand: Any = task.get("expand")
        for name, value in expand.items() if isinstance(expand, dict) else ():
            if isinstance(value, str) and (match := re.match(FROM_DEFAULT_ARGS, value)):
                expand[name] = list(shared[match[1]].value)


def _import_functions(dag_name: str, dag: YamlMapping, definitions: Mapping[str, Schema]) -> None:
    """Import the functions that tasks name; dag-factory does it for the Python operators."""
    for task_name, _, task in named(dag.get("tasks"), (dag_name, "tasks"), "task_id"):
        known = definitions.get(str(task.get("operator")), {}).get("properties", {})
        for holder in (task, task.get("partial")):
            for argument in [name for name, about in known.items() if about.get("$ref") == FUNCTION]:
                if isinstance(holder, dict) and isinstance(holder.get(argument), str):
                    holder[argument] = _imported(f"{task_name}: {argument}", holder[argument])


def _imported(where: str, path: str) -> Any:
    try:
        function = resolve_name(path)
    except (ImportError, AttributeError) as error:
        raise ImportError(
            f"{where}: {path} can't be imported ({error}): a module of your own belongs in plugins/"
        ) from error
    if not callable(function):
        raise TypeError(f"{where}: {path} is {quoted(function)}, not a function: name one that can be called")
    return function
