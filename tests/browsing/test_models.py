"""The page of the models, with the registry's data and with damaged data."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from markupsafe import escape

from tests.browsing import made
from tests.lake.conftest import access, server, store  # noqa: F401  fixtures
from tests.pages.reading import ENGLISH, KOREAN, Page
from weather_mlops.browsing import models
from weather_mlops.browsing.models import Models
from weather_mlops.documents.decision import Decision

AT = datetime(2026, 11, 25, 17, 30, tzinfo=UTC)
DEPLOYED = Decision(
    "deployed", "v2", "v1", AT, "model_training/scheduled__1", "every gate passed; RMSE 0.52 °C"
)
REFUSED = Decision(
    "refused", "v3", "v2", AT, "model_training/scheduled__2", "coverage: 60%; 70% wanted; min_skill: none"
)
MODELS = Models(
    "air_temperature",
    DEPLOYED,
    made.metrics("v2"),
    [REFUSED, DEPLOYED],
    frozenset({"v2", "v3", "v4"}),
    ["v4"],
)


def test_the_champion_is_shown_with_its_history_and_scores():
    page = models.render([MODELS], ENGLISH)

    for text in (
        "Air temperature",
        '<a href="pages/models/air_temperature/versions/v2/card.html">v2</a>',
        "2026-11-26 02:30\u00a0KST, deployed by model_training/scheduled__1",
        "every gate passed; RMSE 0.52 °C",
        "RMSE (°C)",
        "0.52",
        "80.6\u00a0%",
        "+66\u00a0%",
    ):
        assert text in page


def test_the_champion_s_inputs_are_shown_where_they_are_recorded():
    inputs = "observations and the KMA's forecast (ridge; archive of 90 days)"
    described = replace(MODELS, figures=made.metrics("v2") | {"inputs": inputs})

    assert str(escape(inputs)) in models.render([described], ENGLISH)
    assert "Made from" not in models.render([MODELS], ENGLISH)


def test_a_refused_version_is_shown_with_each_gate_that_refused():
    page = models.render([MODELS], ENGLISH)

    assert "<li>coverage: 60%; 70% wanted</li>\n<li>min_skill: none</li>" in page
    assert "versions/v3/card.html" in page


def test_a_version_whose_files_are_deleted_has_no_link():
    page = models.render([MODELS], ENGLISH)

    assert "versions/v1/card.html" not in page
    assert "v1 <span" in page


def test_a_version_without_a_decision_is_named():
    page = Page(models.render_history(MODELS, ENGLISH))

    assert "not decided yet: v4." in page.text
    assert page.links["v4"].endswith("/v4/card.html")


def test_a_korean_reader_gets_a_korean_page():
    page = Page(models.render([MODELS], KOREAN))

    for text in (
        "모델",
        "기온",
        "챔피언",
        "2026-11-26 02:30 KST, model_training/scheduled__1에서 배포",
        "거부",
    ):
        assert text in page.text
    assert page.links["English"] == "?language=en"


@pytest.mark.parametrize(
    ("each", "text"),
    [
        ([], "There is no model yet."),
        ([Models("air_temperature")], "No model yet: no version was evaluated."),
        (
            [Models("air_temperature", decisions=[REFUSED])],
            "its versions were refused, for the reasons below",
        ),
    ],
)
def test_without_a_model_the_page_says_so_clearly(each, text):
    assert text in models.render(each, ENGLISH)


def test_all_decisions_of_a_year_are_on_a_page_of_their_own():
    old = replace(REFUSED, at=datetime(2025, 12, 31, 15, 30, tzinfo=UTC), version="v0")  # 2026 in Korea
    older = replace(old, at=datetime(2025, 12, 31, 14, 30, tzinfo=UTC), version="v00")
    history = replace(MODELS, decisions=[REFUSED, DEPLOYED, old, older])

    assert history.years == [2026, 2025]
    assert "v00" not in models.render_history(history, ENGLISH)
    assert "v00" in models.render_history(history, ENGLISH, 2025)
    assert "Nothing was decided then." in models.render_history(history, ENGLISH, 2020)


def test_stored_texts_are_escaped():
    evil = Decision(made.EVIL, made.EVIL, made.EVIL, AT, made.EVIL, f"a; {made.EVIL}")
    figures = {"unit": made.EVIL, "rmse": {made.EVIL: 1.0}}
    each = Models("air_temperature", evil, figures, [evil], frozenset({made.EVIL}), [made.EVIL], [made.EVIL])

    for page in (models.render([each], ENGLISH), models.render_history(each, ENGLISH)):
        assert "<img" not in page
        assert "&lt;img" in page


@pytest.mark.integration
class TestRead:
    def test_many_decisions_take_no_more_requests_than_few(self, store):  # noqa: F811  the fixture
        requests = []
        store._client.meta.events.register("before-send.s3", lambda **_: requests.append(1))
        for days in (7, 40):
            made.models(store, days=days, files=0)
            requests.clear()
            each = models.read(store, "air_temperature", AT)
            assert len(each.decisions) == days
            assert len(requests) == 4

    def test_champion_decisions_and_versions_are_the_registry_s(self, store):  # noqa: F811
        decisions = made.models(store, files=0)
        store.put("models/air_temperature/versions/new/manifest.json", b"{}")
        store.put("models/air_temperature/versions/unfinished/lead_1.ubj", b"")
        each = models.read(store, "air_temperature", AT, versions=True)

        assert each.decisions == decisions[::-1]
        assert each.champion == [one for one in decisions if one.kind == "deployed"][-1]
        assert each.figures["unit"] == "°C"
        assert each.undecided == ["new"]
        assert models.targets(store) == ["air_temperature"]
        assert models.read_all(store, AT) == [replace(each, stored_versions=None, undecided=())]

    def test_damage_is_reported_and_the_rest_is_shown(self, store):  # noqa: F811
        made.models(store, files=0)
        prefix = "models/air_temperature"
        lines = store.get(f"{prefix}/history.jsonl")
        store.put(f"{prefix}/history.jsonl", b'nonsense\n{"kind": 1}\n[]\n' + lines)
        store.put(f"{prefix}/champion.json", b"{")
        each = models.read(store, "air_temperature", AT)
        page = models.render([each], ENGLISH)

        assert len(each.decisions) == 12
        assert "3 lines can't be read" in Page(page).text
        assert "champion.json" in page
        assert "damaged" in page
