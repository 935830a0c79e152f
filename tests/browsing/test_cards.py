"""The model card as the API server draws it: what became of the version, and when the stored one is shown."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.browsing import made
from tests.lake.conftest import access, server, store  # noqa: F401  fixtures
from tests.model.evaluations import evaluation, kma_forecast, on_common_rows
from tests.pages.reading import Page
from weather_mlops.browsing import cards
from weather_mlops.browsing.models import Models
from weather_mlops.documents.decision import Decision
from weather_mlops.pages.languages import Language
from weather_mlops.pages.visit import Visit

AT = datetime(2026, 11, 25, 17, 30, tzinfo=UTC)
BY = "model_training/scheduled__1"
CHAMPION = Decision("deployed", "v2", "v1", AT, BY, "every gate passed; RMSE 0.52 °C")
REFUSED = Decision("refused", "v3", "v2", AT, BY, "coverage: 60%; 70% wanted; min_skill: none")
FORMER = Decision("deployed", "v1", None, AT, BY, "every gate passed")
MODELS = Models("air_temperature", CHAMPION, decisions=[REFUSED, CHAMPION, FORMER])
KEY = "models/air_temperature/versions/{}/card.html"
ENGLISH = Visit(Language("en"), "../../../../../", "?language=ko")
KOREAN = replace(ENGLISH, language=Language("ko"))


@pytest.mark.parametrize(
    ("version", "badge", "tone", "text"),
    [
        ("v2", "deployed", "good", "It is the champion"),
        ("v3", "refused", "warn", "It was refused"),
        ("v1", "deployed", "", "is the champion no more"),
        ("v4", "no decision", "", "no decision is recorded"),
    ],
)
def test_a_card_says_what_became_of_its_version(version, badge, tone, text):
    shown = cards.outcome(MODELS, version, ENGLISH)

    assert (shown.badge, shown.tone) == (badge, tone)
    assert text in shown.text


def test_a_refused_version_s_card_has_each_reason():
    shown = cards.outcome(MODELS, "v3", KOREAN)

    assert shown.reasons == ["coverage: 60%; 70% wanted", "min_skill: none"]
    assert (shown.badge, shown.decided) == ("거부", "2026-11-26 02:30\u00a0KST, model_training/scheduled__1")
    assert shown.history == "../../../../../models?target=air_temperature&year=2026"


def test_a_replaced_version_s_card_leads_to_the_champion_s():
    shown = cards.outcome(MODELS, "v1", ENGLISH)

    assert shown.champion == (f"../../../../../pages/{KEY.format('v2')}", "v2")
    assert cards.outcome(MODELS, "v3", ENGLISH).champion is None


def test_a_version_rolled_back_to_is_the_champion():
    back = replace(CHAMPION, kind="rolled back")

    assert cards.outcome(replace(MODELS, champion=back), "v2", ENGLISH).badge == "rolled back"


def test_unreadable_decisions_are_not_taken_for_none():
    shown = cards.outcome(Models("air_temperature", faults=["history.jsonl: damaged"]), "v9", ENGLISH)

    assert "can't be read" in shown.text
    assert shown.reasons == ["history.jsonl: damaged"]


@pytest.mark.integration
class TestDraw:
    def test_a_card_is_drawn_in_the_reader_s_language(self, store):  # noqa: F811  the fixture
        key = filled(store, evaluation())
        page = Page(cards.draw(store, key, KOREAN))

        assert "선행시간별 정확도" in page.text
        assert "거부되었습니다." in page.text
        assert page.links["모델"] == "../../../../../models"
        assert page.links["English"] == "?language=ko"

    @pytest.mark.parametrize(
        "damage",
        [
            {"schema": 99},
            {"schema": None},
            {"leads": {}},
            {"evaluated_at": "yesterday"},
            {"holdout": {"first": "2026-01-01", "last": "2026-02-01", "rows": 1}},
            {"hours": {"6": {"24": None}}},
            {"stations": {"Seoul": {}}},
            {"ranks": {"6": {"levels": [0.5, 0.5], "shares": [1, 0, 0], "low": [0] * 3, "high": [1] * 3}}},
            {"unit": 1},
        ],
    )
    def test_the_stored_card_is_shown_where_the_evaluation_is_unfit(self, store, damage):  # noqa: F811
        assert cards.draw(store, filled(store, evaluation() | damage), ENGLISH) is None

    def test_the_stored_card_is_shown_without_an_evaluation(self, store):  # noqa: F811
        made.models(store, days=1, files=0)

        assert cards.draw(store, KEY.format("none"), ENGLISH) is None

    def test_a_case_with_too_few_values_is_unfit(self, store):  # noqa: F811
        short = evaluation()
        short["worst"][0]["p50"].pop()

        assert cards.draw(store, filled(store, short), ENGLISH) is None

    def test_a_card_of_all_stations_and_leads_is_below_400_kb(self, store):  # noqa: F811
        whole = on_common_rows(evaluation(97, kma_forecast=kma_forecast()))

        for visit in (ENGLISH, KOREAN):
            assert len(cards.draw(store, filled(store, whole), visit).encode()) < 400_000


def filled(store, document):  # noqa: F811
    """A registry whose newest version was refused, with an evaluation; the key of its card."""
    newest = made.models(store, days=5, files=0)[-1]
    assert newest.kind == "refused"
    key = KEY.format(newest.version)
    store.put(key.replace("card.html", "evaluation.json"), json.dumps(document).encode())
    return key
