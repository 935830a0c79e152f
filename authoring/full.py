"""The full check: every DAG built by the loader that Airflow uses, without a database."""

from pathlib import Path

from yaml_dags import Broken, load

from weather_mlops.pipelines.findings import Finding


def build(folder: Path) -> list[Finding]:
    """What keeps the files of a folder from becoming DAGs; they have passed the fast check.

    Args:
        folder: with the pipelines.
    """
    return [finding for dag in load(folder) if isinstance(dag, Broken) for finding in dag.found]
