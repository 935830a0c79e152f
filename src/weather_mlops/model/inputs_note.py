"""What a forecast was made from, in a sentence: with the KMA's forecast, or why without."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from weather_mlops.clock import KST
from weather_mlops.kma.forecast.issues import newest_issue
from weather_mlops.model.kma_inputs import can_use
from weather_mlops.model.targets import Target


@dataclass(frozen=True)
class InputsNote:
    """The sentence in both languages."""

    english: str
    korean: str


@dataclass(frozen=True)
class KmaAtIssue:
    """What was known of the KMA's forecast when a forecast of a station was issued.

    Attributes:
        issued_at: the newest issue that was known, UTC; None = none of the last weeks was.
        is_recent: whether it was recent enough to begin with.
        is_implausible: whether it can't be a forecast, see ``kma_plausibility``.
        used: whether the forecast began with it, by lead.
    """

    issued_at: datetime | None
    is_recent: bool
    is_implausible: bool
    used: Sequence[bool]


WITHOUT_ARCHIVE: Final = InputsNote(
    "observations only: the model was trained without the KMA's forecast",
    "관측값만 사용: 기상청 예보 없이 학습한 모델",
)
NOT_FORECAST: Final = InputsNote(
    "observations only: the KMA does not forecast it", "관측값만 사용: 기상청이 예보하지 않는 변수"
)


def note_without_kma(target: Target) -> InputsNote:
    """The sentence where a target's model does not begin with the KMA's forecast."""
    return WITHOUT_ARCHIVE if can_use(target) else NOT_FORECAST


def note(at: datetime, kma: KmaAtIssue) -> InputsNote:
    """The sentence for a station.

    Args:
        at: issue time of our forecast, timezone-aware: the newest hour that it used.
        kma: what was known of the KMA's forecast then.
    """
    expected = newest_issue(at)
    # It may have arrived since, and the pages then show it: a forecast uses what was known at its issue time.
    missing = f"{_time(expected)} was missing at {_time(at)}"
    missing_korean = f"{_time(expected)} 발표가 {_time(at)}에 없었음"
    if kma.issued_at is None or not kma.is_recent:
        return InputsNote(
            f"observations only: the KMA's issue of {missing}", f"관측값만 사용: 기상청 {missing_korean}"
        )
    if kma.is_implausible:
        return InputsNote(
            "observations only: the KMA's forecast is implausible (far off, with a jump, or constant)",
            "관측값만 사용: 기상청 예보가 비정상(관측값과 크게 다르거나 급변하거나 변하지 않음)",
        )
    if not any(kma.used):
        return InputsNote(
            "observations only: too few recent errors of the KMA's forecast are known",
            "관측값만 사용: 기상청 예보의 최근 오차를 충분히 알 수 없음",
        )
    english = f"observations and the KMA's forecast of {_time(kma.issued_at)}"
    korean = f"관측값과 기상청 {_time(kma.issued_at)} 발표 예보"
    if kma.issued_at < expected:
        english += f"; its issue of {missing}"
        korean += f"; {missing_korean}"
    without = [lead for lead, used in enumerate(kma.used, start=1) if not used]
    if without:
        english += f"; observations only at {len(without)} of {len(kma.used)} leads"
        korean += f"; {len(kma.used)}개 시간 중 {len(without)}개는 관측값만 사용"
    return InputsNote(english, korean)


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(KST):%H:%M} KST"
