"""Parts of a version: what its manifest tells where a test doesn't care, trees, and trees that crash."""

from pathlib import Path

NOTES = {
    "recipe": "abc",
    "plan": {"stations": [108], "horizon_hours": 2, "holdout_first": "2025-12-01T00:00:00+00:00"},
    "metrics": {},
}


def unchecked(_files):
    """In the place of ``boosters.check``, of files that no XGBoost wrote."""


TREES = (Path(__file__).parent / "stored/xgboost_3.2.0.ubj").read_bytes()
CRASHING = TREES[:19424] + b"\x3d" + TREES[19425:]
"""XGBoost 3.2 ends with SIGSEGV when it loads this, or predicts with it."""
