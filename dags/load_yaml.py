"""Build Airflow DAGs from the YAML files of pipelines/, with dag-factory.

Each file is validated and built by itself; plugins/yaml_dags.py describes how a broken one is shown.
"""

from pathlib import Path

from yaml_dags import load

PIPELINES = Path(__file__).resolve().parents[1] / "pipelines"

# With a prefix, so that no DAG's id can replace a name of this module.
globals().update({f"DAG {dag.dag_id}": dag for dag in load(PIPELINES)})
