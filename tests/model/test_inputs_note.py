"""Each forecast says in a sentence what it was made from."""

from datetime import datetime

import pytest

from weather_mlops.clock import HOUR, KST
from weather_mlops.model.inputs_note import KmaAtIssue, note, note_without_kma
from weather_mlops.model.targets import TARGETS

AT = datetime(2026, 12, 1, 15, tzinfo=KST)
NEWEST = datetime(2026, 12, 1, 14, tzinfo=KST)


def kma(issued_at=NEWEST, *, recent=True, implausible=False, used=(True, True)) -> KmaAtIssue:
    return KmaAtIssue(issued_at, recent, implausible, used)


@pytest.mark.parametrize(
    ("known", "english"),
    [
        (kma(), "observations and the KMA's forecast of 14:00 KST"),
        (
            kma(NEWEST - 3 * HOUR),
            (
                "observations and the KMA's forecast of 11:00 KST; "
                "its issue of 14:00 KST was missing at 15:00 KST"
            ),
        ),
        (
            kma(used=(False, True)),
            "observations and the KMA's forecast of 14:00 KST; observations only at 1 of 2 leads",
        ),
        (
            kma(None, recent=False, used=(False, False)),
            "observations only: the KMA's issue of 14:00 KST was missing at 15:00 KST",
        ),
        (
            kma(NEWEST - 24 * HOUR, recent=False, used=(False, False)),
            "observations only: the KMA's issue of 14:00 KST was missing at 15:00 KST",
        ),
        (
            kma(implausible=True, used=(False, False)),
            "observations only: the KMA's forecast is implausible (far off, with a jump, or constant)",
        ),
        (
            kma(used=(False, False)),
            "observations only: too few recent errors of the KMA's forecast are known",
        ),
    ],
)
def test_the_sentence_names_the_inputs_or_what_is_missing(known, english):
    sentence = note(AT, known)
    assert sentence.english == english
    assert sentence.korean.startswith("관측값만 사용") == english.startswith("observations only")


@pytest.mark.parametrize(
    ("target", "english"),
    [
        ("air_temperature", "observations only: the model was trained without the KMA's forecast"),
        ("dew_point", "observations only: the KMA does not forecast it"),
        ("sea_level_pressure", "observations only: the KMA does not forecast it"),
    ],
)
def test_the_sentence_names_a_target_that_the_kma_lacks(target, english):
    sentence = note_without_kma(TARGETS[target])
    assert sentence.english == english
    assert sentence.korean.startswith("관측값만 사용: ")


def test_the_issue_of_the_hour_itself_is_not_expected_yet():
    """It is out some minutes after the hour."""
    assert "missing" not in note(NEWEST, kma(NEWEST - 3 * HOUR)).english
