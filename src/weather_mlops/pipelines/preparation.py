"""What a file is turned into before dag-factory makes DAGs of it: what dag-factory itself does otherwise.

- Tasks of the block ``default``: of pipelines that list their tasks as well.
- The block ``default`` counts more than ``defaults.yml``: it stands nearer.
- Dates are moments: dag-factory drops their offsets, and takes those of ``default_args`` for UTC.
- Moments that ``__type__: datetime.datetime`` makes are UTC's, as the schema says.
- A task is mapped over a list of ``default_args``, so that it is named once.
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
from weather_mlops.pipelines.keys import ANCHORS, FROM_DEFAULT_ARGS, is_pipeline
from weather_mlops.pipelines.shared import share_tasks

FUNCTION: Final = "#/$defs/function"
_OTHERWISE: Final = ("tasks", "task_groups", "default_args")
"""Keys of the block ``default`` that are merged with those of a pipeline, and not replaced by them."""


def prepare(
    data: dict[str, Any], document: YamlDocument, defaults: YamlDocument | None, schema: Mapping[str, Any]
) -> None:
    """Prepare the data of a file for dag-factory, in place.

    Args:
        data: of the file, objects made of ``__type__``.
        document: the file.
        defaults: ``defaults.yml``, where there is one.
        schema: ``pipeline.schema.json``.

    Raises:
        ImportError: a function can't be imported.
        TypeError: what is named as one is no function.
    """
    share_tasks(data)
    for key in [key for key in data if key.startswith(ANCHORS)]:
        del data[key]
    default = data.get("default")
    shared = default if isinstance(default, dict) else {}
    for dag_name, dag in data.items():
        if is_pipeline(dag_name) and isinstance(dag, dict):
            for key in shared.keys() - dag.keys() - set(_OTHERWISE):
                dag[key] = deepcopy(shared[key])
            _date(dag, effective.dag_settings(document, dag_name, defaults))
            dag["tasks"] = _in_utc(dag.get("tasks"))
            _map_over(dag, effective.default_args(document, dag_name, defaults))
            _import_functions(dag_name, dag, schema["$defs"])


def _date(dag: dict[str, Any], settings: effective.Settings) -> None:
    """Set the dates of a DAG, its ``default_args`` and its groups, as dag-factory has to be given them.

    It takes the digits of a date for the pipeline's time, of one in ``default_args`` for UTC. Tasks begin and
    end with their DAG: where they began later, it had runs without tasks, which are green.
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
    """The same, with the moments of ``__type__`` in UTC: without a zone, Airflow's own would count."""
    if isinstance(value, dict):
        return {key: _in_utc(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_in_utc(item) for item in value]
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


def _map_over(dag: Mapping[str, Any], shared: effective.Settings) -> None:
    """Put the lists of ``default_args`` where tasks are mapped over them."""
    for _, _, task in named(dag.get("tasks"), (), "task_id"):
        expand: Any = task.get("expand")
        for name, value in expand.items() if isinstance(expand, dict) else ():
            if isinstance(value, str) and (found := re.match(FROM_DEFAULT_ARGS, value)):
                expand[name] = list(shared[found[1]].value)


def _import_functions(dag_name: str, dag: Mapping[str, Any], definitions: Mapping[str, Any]) -> None:
    """Import the functions that tasks name; of the Python operators dag-factory does."""
    for task_name, _, task in named(dag.get("tasks"), (dag_name, "tasks"), "task_id"):
        known = definitions.get(str(task.get("operator")), {}).get("properties", {})
        for said in (task, task.get("partial")):
            for argument in [name for name, about in known.items() if about.get("$ref") == FUNCTION]:
                if isinstance(said, dict) and isinstance(said.get(argument), str):
                    said[argument] = _imported(f"{task_name}: {argument}", said[argument])


def _imported(where: str, path: str) -> Any:
    try:
        found = resolve_name(path)
    except (ImportError, AttributeError) as error:
        raise ImportError(
            f"{where}: {path} can't be imported ({error}): a module of your own belongs into plugins/"
        ) from error
    if not callable(found):
        raise TypeError(f"{where}: {path} is {quoted(found)}, not a function: name one that can be called")
    return found
