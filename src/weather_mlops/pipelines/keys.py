"""Keys of a pipeline that our loader sets on the DAG, since dag-factory can't reach them."""

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
"""DAG parameters of Airflow by their own names. ``auto_register`` is not among them: it tells whether a
``with`` block registers the DAG, and YAML has none. ``user_defined_filters`` maps names to import paths, as
``user_defined_macros``; ``template_undefined`` is an import path: ``jinja2.StrictUndefined``."""
