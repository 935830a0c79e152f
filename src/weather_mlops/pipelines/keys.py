"""Words that a pipeline's YAML may use, and that several parts of the project agree on."""

from typing import Final

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
