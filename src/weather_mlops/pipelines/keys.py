"""Words that a pipeline's YAML may use, and that several parts of the project agree on."""

from typing import Final

KeyPath = tuple[str | int, ...]
"""Where a value stands in a file: keys of mappings and indices of lists, from the root."""

NO_DAGS: Final = ("default", "task_groups")
"""Keys of a file that dag-factory doesn't take for a DAG."""
ANCHORS: Final = "x-"
"""What a key of a file begins with that holds anchors for its pipelines, as in compose files."""

FROM_DEFAULT_ARGS: Final = r"^default_args\.(\w+)$"
"""A list of ``default_args`` that a task is mapped over: ``expand: {target: default_args.targets}``."""

SHIPPED: Final = {
    "data_collection": "collection",
    "forecast": "forecast",
    "history": "history",
    "model_rollback": "rollback",
    "model_training": "training",
    "monitoring": "monitoring",
}
"""The DAGs of this project, and the names of their files: no other file can take such an id from them."""


def is_pipeline(key: str) -> bool:
    """Whether a key of a file is the id of a DAG."""
    return key not in NO_DAGS and not key.startswith(ANCHORS)


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

``auto_register`` is not among them: it tells whether a ``with`` block registers the DAG, and YAML has none.
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
"""Variables of the environment that YAML may name as ``$NAME``: where things are, no secrets. dag-factory
puts in their values while it reads the file."""
