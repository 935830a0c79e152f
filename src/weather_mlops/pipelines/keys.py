"""Keys and values of a pipeline's YAML that several parts of the project use."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, TypeGuard

KeyPath = tuple[str | int, ...]
"""The path of a value in a file: keys of mappings and indices of lists, from the root."""

YamlValue = None | bool | int | float | str | date | Sequence["YamlValue"] | Mapping[str, "YamlValue"]
"""What a YAML file can hold, with its dates and times read as such: a ``datetime`` is a ``date``, too.

Before it is checked, a file may have anything anywhere: a text for tasks, a list for a date. So whoever takes
a value out of a mapping tests what it is, and mypy insists on it."""

YamlMapping = Mapping[str, YamlValue]
"""A mapping as its author wrote it: a DAG, a task, ``default_args``, what several layers give together."""

NO_DAGS: Final = ("default", "task_groups")
"""Keys of a file that dag-factory doesn't take for a DAG."""
ANCHORS: Final = "x-"
"""Prefix of keys of a file that hold anchors for its pipelines, as in compose files."""

FROM_DEFAULT_ARGS: Final = r"^default_args\.(\w+)$"
"""A list of ``default_args`` that a task is mapped over: ``expand: {target: default_args.targets}``."""

SHIPPED: Final = {
    "data_collection": "collection",
    "forecast": "forecast",
    "history": "history",
    "kma_forecast": "kma_forecast",
    "kma_forecast_history": "kma_forecast_history",
    "model_rollback": "rollback",
    "model_training": "training",
    "monitoring": "monitoring",
}
"""The DAGs of this project, and the names of their files: no other file can take over these ids."""


def is_pipeline(key: str) -> bool:
    """Whether a key of a file is the id of a DAG."""
    return key not in NO_DAGS and not key.startswith(ANCHORS)


def is_plain(value: YamlValue) -> TypeGuard[YamlMapping]:
    """Whether a value is a mapping that stays one: ``__type__`` turns it into an object."""
    return isinstance(value, dict) and "__type__" not in value


LOADER_KEYS: Final = (
    "allowed_run_types",
    "deadline",
    "disable_bundle_versioning",
    "fail_fast",
    "jinja_environment_kwargs",
    "max_consecutive_failed_dag_runs",
    "owner_links",
    "rerun_with_latest_version",
    "template_undefined",
    "user_defined_filters",
)
"""DAG parameters of Airflow, by their own names, that our loader sets since dag-factory can't reach them.

``auto_register`` is not one of them: it says whether a ``with`` block registers the DAG, and YAML has none.
``deadline`` is ``{after: queued | logical_date, interval: duration, callback: import path, arguments: {}}``;
``user_defined_filters`` maps names to import paths, as ``user_defined_macros`` does; ``template_undefined``
is an import path: ``jinja2.StrictUndefined``."""

PRESETS: Final = (
    "@once",
    "@continuous",
    "@hourly",
    "@daily",
    "@weekly",
    "@monthly",
    "@quarterly",
    "@yearly",
)
"""Airflow's names for schedules."""

ENVIRONMENT_KEYS: Final = ("AWS_ENDPOINT_URL", "KMA_API_URL", "WEATHER_BUCKET")
"""Environment variables that YAML may name as ``$NAME``: addresses, not secrets. dag-factory replaces them by
their values when it reads the file."""
