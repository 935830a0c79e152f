"""A Korean reader finds our texts in Airflow's UI in Korean."""

import pytest

from weather_mlops.pages.airflow_answers import korean_first, translator

ENGLISH = "Fetches the hour.\n\n**Do**: clear the task `a`."
KOREAN = "시각을 받습니다.\n\n**할 일**: `a`를 지웁니다. 런북: kma_silent, kma_errors, kma_forecast_errors."
CODE = "```yaml\n# comment\n\nkey: 값  # 설명\n\n```"


def translated(path, answer):
    translate = translator(path)
    assert translate is not None
    return translate(answer)


@pytest.mark.parametrize("prefix", ["", "/airflow"])
def test_the_navigation_and_the_tabs_are_in_korean(prefix):
    views = [
        {"name": "Data quality", "href": "weather/quality", "url_route": "quality"},
        {"name": "Documents", "href": "weather/documents", "url_route": "documents-dag"},
        {"name": "Somebody's", "href": "else", "url_route": None},
    ]
    answer = {"plugins": [{"name": "pages", "external_views": views}, {"name": "other"}], "total_entries": 2}

    result = translated(f"{prefix}/api/v2/plugins", answer)

    assert [view["name"] for view in result["plugins"][0]["external_views"]] == [
        "자료 품질",
        "문서",
        "Somebody's",
    ]
    assert result["plugins"][0]["external_views"][0]["href"] == "weather/quality"
    assert result["plugins"][1] == {"name": "other"}
    assert result["total_entries"] == 2


def test_buttons_are_in_korean_and_lead_where_they_led():
    path = "/api/v2/dags/monitoring/dagRuns/manual__2026-01-01T00:00:00+00:00/taskInstances/report/links"
    answer = {"extra_links": {"Latest report": "weather/a", "Mine": None}, "total_entries": 2}

    assert translated(path, answer)["extra_links"] == {"최신 보고서": "weather/a", "Mine": None}


def test_a_button_of_a_user_with_the_korean_name_is_not_lost():
    links = {"Report": "weather/a", "보고서": "mine"}

    result = translated("/api/v2/dags/d/dagRuns/r/taskInstances/t/links", {"extra_links": links})

    assert result == {"extra_links": links}


def test_a_pipeline_and_its_form_are_described_in_korean():
    params = {
        "to": {"value": None, "description": "The last day, KST, included. Empty = today.", "schema": {}},
        "mine": {"value": 1, "description": "A param of a user.", "schema": {}},
        "plain": 3,
    }
    answer = {
        "dag_id": "history",
        "description": "Years of observations, audited and published; started by hand",
        "doc_md": f"{ENGLISH}\n\n{KOREAN}",
        "params": params,
    }

    result = translated("/api/v2/dags/history/details", answer)

    assert result["description"] == "여러 해의 관측을 검사하고 게시. 직접 시작합니다"
    assert result["doc_md"] == f"{KOREAN}\n\n{ENGLISH}"
    assert result["params"]["to"] == {
        "value": None,
        "description": "마지막 날(KST, 그날 포함). 비우면 오늘입니다.",
        "schema": {},
    }
    assert {name: result["params"][name] for name in ("mine", "plain")} == {
        "mine": params["mine"],
        "plain": 3,
    }


def test_a_list_of_pipelines_describes_each_in_korean():
    dags = [{"description": "What the model forecasts."}, {"description": "Mine"}, {"description": None}]

    result = translated("/api/v2/dags", {"dags": dags})

    assert [dag["description"] for dag in result["dags"]] == ["모델이 예보하는 대상.", "Mine", None]


def test_the_notes_of_a_task_begin_in_korean():
    result = translated("/api/v2/dags/d/tasks/t", {"doc_md": f"{ENGLISH}\n\n{KOREAN}", "task_id": "t"})

    assert result == {"doc_md": f"{KOREAN}\n\n{ENGLISH}", "task_id": "t"}


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        (ENGLISH, ENGLISH),
        (KOREAN, KOREAN),
        (f"{KOREAN}\n\n{ENGLISH}", f"{KOREAN}\n\n{ENGLISH}"),
        (f"{ENGLISH}\n\n{KOREAN}\n\nOurs.\n\n우리 것.", f"{KOREAN}\n\n{ENGLISH}\n\n우리 것.\n\nOurs."),
        (f"{ENGLISH}\n\n---\n\n{KOREAN}\n\n`x`", f"{KOREAN}\n\n`x`\n\n{ENGLISH}\n\n---"),
        (f"{ENGLISH}\n\n{CODE}\n\n{KOREAN}", f"{KOREAN}\n\n{ENGLISH}\n\n{CODE}"),
        (
            f"{ENGLISH}\n\n{KOREAN}\n## YAML\n{CODE}\n# Ours\nHi.\n\n안녕.\n",
            f"{KOREAN}\n\n{ENGLISH}\n## YAML\n{CODE}\n# Ours\n안녕.\n\nHi.\n",
        ),
        ("", ""),
        (None, None),
    ],
    ids=[
        "English",
        "Korean",
        "Korean first",
        "a user's after ours",
        "no words",
        "code",
        "sections",
        "empty",
        "none",
    ],
)
def test_notes_keep_every_word(note, expected):
    assert korean_first(note) == expected


@pytest.mark.parametrize(
    "path",
    [
        "/api/v2/plugins/importErrors",
        "/api/v2/dags/d/dagRuns",
        "/api/v2/dags/d/tasks",
        "/api/v2/connections",
        "/ui/dags",
        "/weather/models",
        "/",
    ],
)
def test_other_answers_of_airflow_are_not_read(path):
    assert translator(path) is None


@pytest.mark.parametrize("answer", [None, 1, "text", [], {}, {"plugins": 1}, {"dags": [1, None]}])
@pytest.mark.parametrize("path", ["plugins", "dags", "dags/d/details", "dags/d/tasks/t"])
def test_an_answer_of_another_shape_stays_as_it_is(path, answer):
    assert translated(f"/api/v2/{path}", answer) == answer
