"""Airflow's loader, given all that is hostile in one folder: each shows its error, the others keep theirs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from embedded.components import PROJECT
from tests.hostile.pipeline_files import pipeline
from tests.hostile.registry import Kind, entries
from weather_mlops.pipelines import templates

LOAD = """
import json, sys, time
from pathlib import Path
from authoring.__main__ import airflow_aside
with airflow_aside():
    from airflow.sdk.definitions._internal.templater import FILTERS
    from yaml_dags import Broken, load
    begun = time.process_time()
    dags = load(Path(sys.argv[1]))
    seconds = time.process_time() - begun
print(json.dumps({
    "broken": {dag.relative_fileloc: dag._fault for dag in dags if isinstance(dag, Broken)},
    "dags": [dag.dag_id for dag in dags if not isinstance(dag, Broken)],
    "seconds": seconds,
    "filters": list(FILTERS),
}))
"""
REFUSED = [entry for entry in entries(Kind.PIPELINE) if entry.expected]
PYTHON = "airflow.providers.standard.operators.python.PythonOperator"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory) -> dict:
    folder = tmp_path_factory.mktemp("project") / "pipelines"
    folder.mkdir()
    (folder / "defaults.yml").write_text("timezone: Asia/Seoul\n")
    (folder / "good.yml").write_text(pipeline(dag_id="good"))
    for entry in REFUSED:
        entry.put(folder / f"{entry.name}.yml")
    (folder / os.fsdecode(b"a\xff.yml")).write_text(pipeline(dag_id="of_other_bytes"))
    (folder.parent / "ending.py").write_text("raise SystemExit(3)")
    calling = "      python_callable: ending.function\n"
    text = pipeline(task=calling, dag_id="ending").replace("      bash_command: hi\n", "")
    (folder / "ends_the_program.yml").write_text(text.replace(text.split("operator: ")[1].split()[0], PYTHON))
    paths = map(str, (PROJECT / "src", PROJECT / "plugins", PROJECT, folder.parent))
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(folder)],
        env={**os.environ, "PYTHONPATH": ":".join(paths)},
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_others_keep_their_schedules(loaded):
    assert loaded["dags"] == ["good"]


def test_each_shows_its_error_under_its_name(loaded):
    expected = {f"pipelines/{entry.name}.yml": f"[{entry.expected}]" for entry in REFUSED}
    expected["pipelines/a\\xff.yml"] = "[bad-name]"
    expected["pipelines/ends_the_program.yml"] = "SystemExit"

    assert loaded["broken"].keys() == expected.keys()
    for file, part in expected.items():
        assert part in loaded["broken"][file]


def test_the_check_knows_the_filters_of_airflow(loaded):
    assert tuple(loaded["filters"]) == templates.FILTERS


def test_no_error_has_a_character_that_a_database_refuses(loaded):
    for fault in loaded["broken"].values():
        assert "\0" not in fault
        fault.encode()


def test_all_of_them_take_less_than_airflow_allows(loaded):
    """30 s, its own default."""
    assert loaded["seconds"] < 30
    assert Path("pipelines/good.yml") not in map(Path, loaded["broken"])
