"""The full check: every DAG built by the loader that Airflow uses, without a database."""

from dataclasses import replace
from pathlib import Path

from weather_mlops.pipelines.findings import Finding
from yaml_dags import Broken, load


def build(folder: Path) -> list[Finding]:
    """Build the DAGs of a folder that has passed the fast check, and return the findings.

    Args:
        folder: the folder with the pipelines.
    """
    return [
        replace(finding, file=str(folder / Path(finding.file).name))
        for dag in load(folder.resolve())
        if isinstance(dag, Broken)
        for finding in dag.findings
    ]
