"""What people who wait for a model see of its training: how far it is, and whether it stopped."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.browsing import made
from tests.lake.conftest import access, server, store  # noqa: F401  fixtures
from tests.pages.reading import ENGLISH, KOREAN, Page
from weather_mlops.browsing import models
from weather_mlops.browsing.models import Models
from weather_mlops.browsing.training import Training
from weather_mlops.model import training_progress
from weather_mlops.model.training_progress import ProgressReport

AT = datetime(2026, 11, 25, 17, 30, tzinfo=UTC)
SEVEN = {
    "schema": 1, "version": "v1", "step": "training", "at": AT.isoformat(), "lead": 7, "leads": 48,
    "seconds_left": 130.0,
}  # fmt: skip


def text(progress, visit=ENGLISH, after=timedelta(0)):
    return Training(progress, AT + after).text(visit.language).replace("\u00a0", " ")


def test_a_training_tells_its_lead_and_how_long_it_takes():
    assert text(SEVEN) == "A model is being trained, lead 7 of 48, about 2 min left."
    assert text(SEVEN, KOREAN) == "모델 학습: 선행시간 48개 중 7개 완료, 약 2분 남음."


def test_the_time_left_gets_shorter_while_people_wait():
    assert "less than a minute left" in text(SEVEN, after=timedelta(seconds=90))


def test_the_second_part_of_a_training_is_named():
    assert "begins with the KMA's forecast, lead 7 of 48" in text(SEVEN | {"step": "training_with_kma"})


def test_before_the_first_lead_no_time_is_promised():
    assert text(SEVEN | {"lead": 0, "seconds_left": None}) == "A model is being trained, lead 0 of 48."


@pytest.mark.parametrize(
    ("step", "words"), [("preparing", "its data are prepared"), ("evaluating", "is being evaluated")]
)
def test_the_other_steps_of_a_training_are_named(step, words):
    assert words in text({"schema": 1, "version": "v1", "step": step, "at": AT.isoformat()})


def test_a_killed_training_is_said_to_have_stopped():
    late = Training(SEVEN, AT + timedelta(minutes=21))

    assert late.tone == "warn"
    assert text(SEVEN, after=timedelta(minutes=21)) == (
        "The training of v1 stopped: nothing was heard of it since 2026-11-26 02:30 KST."
    )


def test_people_who_wait_for_the_first_model_see_its_training():
    page = Page(models.render([Models("air_temperature", training=Training(SEVEN, AT))], ENGLISH))

    assert "lead 7 of 48, about 2 min left. Until the model is deployed there is no forecast" in page.text
    assert "No model yet" not in page.text
    assert page.links["Runs of the training"] == "documents?dag_id=model_training"


def test_the_next_training_is_shown_above_the_champion():
    decisions = made.decisions(3)
    current = Models("air_temperature", decisions[0], made.metrics("v"), decisions)
    page = Page(models.render([replace(current, training=Training(SEVEN, AT))], KOREAN))

    assert page.text.index("선행시간 48개 중 7개") < page.text.index("챔피언")


@pytest.mark.integration
class TestReport:
    def test_a_training_is_shown_until_its_version_is_decided(self, store):  # noqa: F811  the fixture
        newest = made.models(store, days=2, files=0)[-1]
        for version, is_shown in (("new", True), (newest.version, False)):
            ProgressReport(store, "air_temperature", version).trained("training", 7, 48, 130.0)
            training = models.read(store, "air_temperature", datetime.now(UTC)).training
            assert (training is not None) == is_shown

    def test_a_training_reports_its_first_and_last_lead_at_least(self, store):  # noqa: F811
        report, seen = ProgressReport(store, "air_temperature", "v1"), []
        report.begin("preparing")
        for lead in range(49):
            report.trained("training", lead, 48, 48.0 - lead)
            each = models.read(store, "air_temperature", datetime.now(UTC)).training
            seen.append(each.progress["lead"])

        assert (seen[0], seen[47], seen[48]) == (0, 0, 48)

    def test_a_damaged_report_hides_only_itself(self, store):  # noqa: F811
        made.models(store, days=2, files=0)
        store.put(training_progress.key_of("air_temperature"), b'{"schema": 1, "step": "cooking"}')

        assert models.read(store, "air_temperature", AT).training is None

    def test_a_storage_that_fails_does_not_stop_a_training(self, store, caplog):  # noqa: F811
        lost = type(store)(replace(store.access, bucket="none-such"))
        ProgressReport(lost, "air_temperature", "v1").begin("evaluating")

        assert "the pages don't show how far the training is" in caplog.text
