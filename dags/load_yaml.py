"""Hand each YAML file of pipelines/ to dag-factory, which makes Airflow DAGs of it.

Each file by itself, validated first; plugins/yaml_dags.py tells what becomes of a broken one.
"""

from pathlib import Path

from yaml_dags import load

PIPELINES = Path(__file__).resolve().parents[1] / "pipelines"

# No DAG's id is a name of this module.
globals().update({f"DAG {dag.dag_id}": dag for dag in load(PIPELINES)})
