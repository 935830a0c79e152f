"""The Markdown file next to a pipeline: notes on it and its tasks for the UI."""

from pathlib import Path

import pytest

from weather_mlops.pipelines import notes
from weather_mlops.pipelines.parser import load
from weather_mlops.pipelines.validation import validate

YAML = """\
rain:
  schedule: null
  dagrun_timeout: {__type__: datetime.timedelta, minutes: 55}
  tasks:
    - task_id: add_up
      operator: airflow.providers.standard.operators.empty.EmptyOperator
    - task_id: tell
      operator: airflow.providers.standard.operators.empty.EmptyOperator
      doc_md: from the YAML
"""
NOTES = "Rain of each hour.\n\n## add_up\nAdds.\n\n### Not a task\nmore\n\n## tell\nTells.\n"


@pytest.fixture
def pipeline(tmp_path: Path) -> Path:
    file = tmp_path / "rain.yml"
    file.write_text(YAML)
    file.with_suffix(".md").write_text(NOTES)
    return file


def test_they_become_the_docs_of_the_pipeline_and_of_its_tasks(pipeline):
    data = load(pipeline).data
    notes.add(data, notes.read(pipeline))

    assert data["rain"]["doc_md"] == "Rain of each hour."
    assert [task["doc_md"] for task in data["rain"]["tasks"]] == [
        "Adds.\n\n### Not a task\nmore",
        "from the YAML",
    ]


def test_a_pipeline_that_has_docs_of_its_own_keeps_them_below(pipeline):
    data = load(pipeline).data
    data["rain"]["doc_md"] = "Its own."
    notes.add(data, notes.read(pipeline))

    assert data["rain"]["doc_md"] == "Rain of each hour.\n\nIts own."


def test_a_pipeline_without_them_stays_as_it_is(pipeline):
    pipeline.with_suffix(".md").unlink()
    before, data = load(pipeline).data, load(pipeline).data
    notes.add(data, notes.read(pipeline))

    assert data == before


def test_notes_on_an_unknown_task_are_reported_with_the_line(pipeline):
    pipeline.with_suffix(".md").write_text(NOTES.replace("add_up", "ad_up"))
    [finding] = validate(pipeline.parent)

    assert (Path(finding.file).name, finding.line, finding.severity) == ("rain.md", 3, "warning")
    assert "did you mean add_up?" in finding.message
