"""What the page of a run says of each of its tasks."""

import pytest

from tests.browsing import made
from weather_mlops.browsing import runs
from weather_mlops.browsing.runs import Run, Task

CARD = "models/air_temperature/versions/v1/card.html"


def run_of(*tasks):
    return Run("model_training", "scheduled__1+00:00", "success", made.NOW, tasks)


def told(task):
    return runs.render_run(run_of(task))


@pytest.mark.parametrize(
    ("task", "why"),
    [
        (Task("t", -1, "skipped", {"skipped": "too few hours"}), "Skipped: too few hours"),
        (Task("t", -1, "skipped"), "Skipped, since a task before it was."),
        (Task("t", -1, "failed", {"failed": "S3 is down"}), "Failed: S3 is down"),
        (Task("t", -1, "failed"), "its log says why"),
        (Task("t", -1, "upstream_failed"), "Not run: a task before it failed."),
        (Task("t"), "Not run yet."),
        (Task("t", -1, "queued"), "Not run yet."),
        (Task("t", -1, "running"), "Not done yet."),
        (Task("t", -1, "success", {"return_value": {"rows": 1}}), "It makes none."),
        (Task("t", -1, "success", {"return_value": [1]}), "It makes none."),
        (Task("t", -1, "removed"), "None."),
    ],
)
def test_a_task_without_documents_says_why(task, why):
    assert why in told(task)


def test_documents_are_titled_and_lead_to_their_pages():
    returned = {"card_key": CARD, "forecast_key": "forecasts/latest.json", "raw_keys": ["a", "b"]}
    page = told(Task("t", 2, "success", {"return_value": returned}))

    assert f'<a href="pages/{CARD}">Model card</a>' in page
    assert '<a href="forecasts">Forecasts (the latest)</a>' in page
    assert (
        '<a href="raw?dag_id=model_training&amp;run_id=scheduled__1%2B00%3A00&amp;task_id=t&amp;map_index=2">'
        "Raw replies (2)</a>" in page
    )
    assert "t [2]" in page


def test_a_task_s_one_document_is_opened_at_once_but_none_of_several_or_of_none():
    one = Task("t", -1, "success", {"return_value": {"card_key": CARD}})

    assert runs.only_document(run_of(one)) == f"pages/{CARD}"
    assert runs.only_document(run_of(one, one)) == ""
    assert runs.only_document(run_of(Task("t"))) == ""
    assert runs.only_document(run_of(Task("t", -1, "success", {"return_value": {"card_key": "x"}}))) == ""


def test_nothing_of_a_run_is_taken_for_html():
    evil = made.EVIL
    task = Task(evil, -1, evil, {"return_value": {"card_key": evil}})
    skipped = Task(evil, -1, "skipped", {"skipped": evil})
    run = Run(evil, evil, evil, made.NOW, [task, skipped])

    for page in (runs.render_run(run), runs.render_dag(evil, [run], evil)):
        assert "<img" not in page
        assert "&lt;img" in page
