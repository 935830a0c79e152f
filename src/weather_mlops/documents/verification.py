"""What a verification of days did, as the task hands it to the UI."""

from typing_extensions import TypedDict


class VerificationSummary(TypedDict, total=False):
    """Result of a verification.

    Attributes:
        first_day: first day (KST), YYYY-MM-DD.
        last_day: last day, included.
        figures: number of figures of these days in the table.
        days_changed: days whose figures are new or have changed.
        absent: why there are no figures: by ``ours``, ``kma_forecast`` or ``common``.
        reason: why nothing was compared at all.
    """

    first_day: str
    last_day: str
    figures: int
    days_changed: list[str]
    absent: dict[str, str]
    reason: str
