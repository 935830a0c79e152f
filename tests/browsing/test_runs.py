"""What the page of a run says of each of its tasks."""

import pytest

from tests.browsing import made
from weather_mlops.browsing import runs
from weather_mlops.browsing.runs import RunView, TaskView

CARD = "models/air_temperature/versions/v1/card.html"


def run_of(*tasks):
    return RunView("model_training", "scheduled__1+00:00", "success", made.NOW, tasks)


def told(task):
    return runs.render_run(run_of(task))


@pytest.mark.parametrize(
    ("task", "why"),
    [
        (TaskView("t", -1, "skipped", {"skipped": "too few hours"}), "Skipped: too few hours"),
        (TaskView("t", -1, "skipped"), "Skipped, since a task before it was."),
        (TaskView("t", -1, "failed", {"failed": "S3 is down"}), "Failed: S3 is down"),
        (TaskView("t", -1, "failed"), "its log says why"),
        (TaskView("t", -1, "upstream_failed"), "Not run: a task before it failed."),
        (TaskView("t"), "Not run yet."),
        (TaskView("t", -1, "queued"), "Not run yet."),
        (TaskView("t", -1, "running"), "Not done yet."),
        (TaskView("t", -1, "success", {"return_value": {"rows": 1}}), "It makes none."),
        (TaskView("t", -1, "success", {"return_value": [1]}), "It makes none."),
        (TaskView("t", -1, "removed"), "None."),
    ],
)
def test_a_task_without_documents_says_why(task, why):
    assert why in told(task)


def test_documents_are_titled_and_lead_to_their_pages():
    returned = {"card_key": CARD, "forecast_key": "forecasts/latest.json", "raw_keys": ["a", "b"]}
    page = told(TaskView("t", 2, "success", {"return_value": returned}))

    assert f'<a href="pages/{CARD}">Model card</a>' in page
    assert '<a href="forecasts">Forecasts (the latest)</a>' in page
    assert (
        '<a href="raw?dag_id=model_training&amp;run_id=scheduled__1%2B00%3A00&amp;task_id=t&amp;map_index=2">'
        "Raw replies (2)</a>" in page
    )
    assert "t [2]" in page


def test_a_task_s_only_document_is_opened_but_none_of_several():
    one = TaskView("t", -1, "success", {"return_value": {"card_key": CARD}})

    assert runs.only_document(run_of(one)) == f"pages/{CARD}"
    assert runs.only_document(run_of(one, one)) == ""
    assert runs.only_document(run_of(TaskView("t"))) == ""
    assert runs.only_document(run_of(TaskView("t", -1, "success", {"return_value": {"card_key": "x"}}))) == ""


def test_nothing_of_a_run_is_taken_for_html():
    evil = made.EVIL
    task = TaskView(evil, -1, evil, {"return_value": {"card_key": evil}})
    skipped = TaskView(evil, -1, "skipped", {"skipped": evil})
    run = RunView(evil, evil, evil, made.NOW, [task, skipped])

    for page in (runs.render_run(run), runs.render_dag(evil, [run], evil)):
        assert "<img" not in page
        assert "&lt;img" in page


MANY = [f"quality/docs/2026/11/26/07h_20261126T0705_0.9876_1.0000_x{n}.html" for n in range(50_000)]


def test_of_an_xcom_of_many_keys_some_are_shown_the_rest_counted():
    task = TaskView("t", -1, "success", {"docs_keys": MANY})
    for page in (told(task), runs.render_dag("model_training", [run_of(task)])):
        assert len(page) < 50_000
        assert "and 49,950 more" in page


@pytest.mark.parametrize("xcoms", [{"failed": "x" * 1_000_000}, {"docs_key": "x" * 1_000_000}])
def test_of_a_very_long_text_a_page_shows_how_it_begins(xcoms):
    page = told(TaskView("t", -1, "failed", xcoms))

    assert len(page) < 50_000
    assert "… and 998,000 more characters" in page
