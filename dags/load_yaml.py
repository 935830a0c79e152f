"""Hand each YAML file of pipelines/ to dag-factory, which makes Airflow DAGs of it.

Each file is loaded by itself, so that a broken one neither vanishes nor takes the others down: what went
wrong is raised once more by a DAG of its own, which Airflow shows as an import error naming the file.
"""

from pathlib import Path

from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowException
from dagfactory import load_yaml_dags

PIPELINES = Path(__file__).resolve().parents[1] / "pipelines"
faults: list[str] = []


class BrokenPipelines(DAG):
    """Not a DAG to run: tells Airflow of the files that are none."""

    def validate(self) -> None:
        """Raise what was wrong with the files."""
        raise AirflowException("\n".join(faults))


for path in sorted(PIPELINES.glob("*.yml")):
    if path.name == "defaults.yml":
        continue
    loaded: dict[str, DAG] = {}
    try:
        load_yaml_dags(loaded, config_filepath=str(path), defaults_config_path=str(PIPELINES))
    except Exception as error:  # noqa: BLE001  whatever a user's file provokes is shown, with the file's name
        faults.append(f"pipelines/{path.name}: {type(error).__name__}: {error}")
    for dag in loaded.values():
        # dag-factory's own rendering of the YAML spells out Python objects and loses the comments.
        about = (dag.doc_md or "").partition("## YML DAG")[0]
        dag.doc_md = f"{about}\n## pipelines/{path.name}\n```yaml\n{path.read_text('utf-8')}\n```"
    globals().update(loaded)

if faults:
    broken_pipelines = BrokenPipelines("broken_pipelines")
