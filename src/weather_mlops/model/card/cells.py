"""Cells of a model card's tables."""

from typing import Final

from weather_mlops.pages.markup import cell, percent

NO_FIGURE: Final = "no figure in the evaluation: too few held-out pairs of forecast and observation."


def skill(share: float | None) -> str:
    """A cell that stands out where the baseline is better."""
    return cell(percent(share, digits=1), "bad" if share is not None and share < 0 else "")
