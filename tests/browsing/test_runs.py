"""The page of a run: the documents of each task, or why it has none."""

import pytest

from tests.browsing import made
from tests.pages.reading import ENGLISH, KOREAN, Page
from weather_mlops.browsing import runs
from weather_mlops.browsing.runs import RunView, TaskView

CARD = "models/air_temperature/versions/v1/card.html"


def run_of(*tasks):
    return RunView("model_training", "scheduled__1+00:00", "success", made.NOW, tasks)


def page_of(task, visit=ENGLISH):
    return runs.render_run(run_of(task), visit)


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        (TaskView("t", -1, "skipped", {"skipped": "too few hours"}), "Skipped: too few hours"),
        (TaskView("t", -1, "skipped"), "Skipped, because a task before it was."),
        (TaskView("t", -1, "failed", {"failed": "S3 is down"}), "Failed: S3 is down"),
        (TaskView("t", -1, "failed"), "its log says why"),
        (TaskView("t", -1, "upstream_failed"), "Not run: a task before it failed."),
        (TaskView("t"), "Not run yet."),
        (TaskView("t", -1, "queued"), "Not run yet."),
        (TaskView("t", -1, "running"), "Not done yet."),
        (TaskView("t", -1, "success", {"return_value": {"rows": 1}}), "It writes none."),
        (TaskView("t", -1, "success", {"return_value": [1]}), "It writes none."),
        (TaskView("t", -1, "removed"), "None."),
    ],
)
def test_a_task_without_documents_has_a_reason(task, reason):
    assert reason in Page(page_of(task)).text


@pytest.mark.parametrize(
    ("task", "words"),
    [
        (TaskView("t", -1, "skipped", {"skipped": "too few hours"}), "건너뜀 건너뜀: too few hours"),
        (TaskView("t", -1, "upstream_failed"), "업스트림 실패 앞의 태스크가 실패해"),
        (TaskView("t", -1, "running"), "실행 중 아직 끝나지 않았습니다."),
        (TaskView("t", -1, "success", {"return_value": {"card_key": CARD}}), "성공 모델 카드"),
    ],
)
def test_a_korean_reader_gets_a_korean_page_of_a_run(task, words):
    page = Page(page_of(task, KOREAN))

    assert words in page.text
    assert "model_training의 문서, 2026-11-26 08:30 KST" in page.text
    assert page.links["이 DAG의 최근 실행"] == "documents?dag_id=model_training"
    assert page.links["English"] == "?language=en"
    in_list = Page(runs.render_dag("model_training", [run_of(task)], KOREAN)).text
    assert "최근 실행(최대 10개), 최신순" in in_list


def test_a_state_that_airflow_adds_later_is_shown_by_its_name():
    assert "parked" in Page(page_of(TaskView("t", -1, "parked"), KOREAN)).text


def test_documents_are_titled_and_lead_to_their_pages():
    returned = {"card_key": CARD, "forecast_key": "forecasts/latest.json", "raw_keys": ["a", "b"]}
    page = Page(page_of(TaskView("t", 2, "success", {"return_value": returned})))

    assert page.links["Model card"] == f"pages/{CARD}"
    assert page.links["Forecasts (the latest)"] == "forecasts"
    assert (
        page.links["Raw responses (2)"]
        == "raw?dag_id=model_training&run_id=scheduled__1%2B00%3A00&task_id=t&map_index=2"
    )
    assert "t [2]" in page.text


def test_several_documents_of_a_task_are_numbered():
    page = Page(page_of(TaskView("t", -1, "success", {"docs_keys": MANY[:3]})))

    assert page.links["Data Docs 2 of 3"] == f"pages/{MANY[1]}"


def test_a_task_s_only_document_is_opened_but_none_of_several():
    one = TaskView("t", -1, "success", {"return_value": {"card_key": CARD}})

    assert runs.only_document(run_of(one)) == f"pages/{CARD}"
    assert runs.only_document(run_of(one, one)) == ""
    assert runs.only_document(run_of(TaskView("t"))) == ""
    assert runs.only_document(run_of(TaskView("t", -1, "success", {"return_value": {"card_key": "x"}}))) == ""


def test_texts_of_a_run_are_escaped():
    evil = f"{made.EVIL}\u202e"
    task = TaskView(evil, -1, evil, {"return_value": {"card_key": evil}})
    skipped = TaskView(evil, -1, "skipped", {"skipped": evil})
    run = RunView(evil, evil, evil, made.NOW, [task, skipped])

    for visit in (ENGLISH, KOREAN):
        for page in (runs.render_run(run, visit), runs.render_dag(evil, [run], visit, evil)):
            assert "<img" not in page
            assert "&lt;img" in page
            assert "\u202e" not in page


MANY = [f"quality/docs/2026/11/26/07h_20261126T0705_0.9876_1.0000_x{n}.html" for n in range(50_000)]


def test_of_many_keys_some_are_shown_and_the_rest_counted():
    task = TaskView("t", -1, "success", {"docs_keys": MANY})
    for page in (page_of(task), runs.render_dag("model_training", [run_of(task)], ENGLISH)):
        assert len(page) < 50_000
        assert "and 49,950 more" in page


@pytest.mark.parametrize("xcoms", [{"failed": "x" * 1_000_000}, {"docs_key": "x" * 1_000_000}])
def test_of_a_very_long_text_only_the_beginning_is_shown(xcoms):
    page = page_of(TaskView("t", -1, "failed", xcoms))

    assert len(page) < 50_000
    assert "… and 998,000 more characters" in Page(page).text
