"""Grades of a quality score."""

from typing import Final

GOOD: Final = 0.97
"""Minimum score of healthy runs; as in pipelines/monitoring.yml."""
FAIR: Final = 0.9
"""Monitoring alerts when the mean of a day is lower; as in pipelines/monitoring.yml."""
TONES: Final = {"good": "good", "fair": "warn", "poor": "bad", "unscored": ""}
"""Colours by grade."""
MARKS: Final = {"good": "✓", "fair": "!", "poor": "✕", "unscored": "?"}
"""Signs by grade, so that it isn't shown by the colour alone."""


def grade_of(score: float | None) -> str:
    """The grade of a score, 0 to 1."""
    if score is None:
        return "unscored"
    return "good" if score >= GOOD else "fair" if score >= FAIR else "poor"
