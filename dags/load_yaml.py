"""Hand each YAML file of pipelines/ to dag-factory, which makes Airflow DAGs of it.

Each file is loaded by itself, so that a broken one neither vanishes nor takes the others down: what went
wrong is raised once more by a DAG of its own, which Airflow shows as an import error naming the file.
"""

from pathlib import Path

from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowException
from dagfactory import load_yaml_dags

PIPELINES = Path(__file__).resolve().parents[1] / "pipelines"
faults = []


class BrokenPipelines(DAG):
    """Not a DAG to run: tells Airflow of the files that are none."""

    def validate(self) -> None:
        """Raise what was wrong with the files."""
        raise AirflowException("\n".join(faults))


for path in sorted(PIPELINES.glob("*.yml")):
    if path.name == "defaults.yml":
        continue
    try:
        load_yaml_dags(globals(), config_filepath=str(path), defaults_config_path=str(PIPELINES))
    except Exception as error:  # noqa: BLE001  whatever a user's file provokes is shown, with the file's name
        faults.append(f"pipelines/{path.name}: {type(error).__name__}: {error}")

if faults:
    broken_pipelines = BrokenPipelines("broken_pipelines")
