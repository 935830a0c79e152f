"""How good our forecasts and the KMA's were in the last days, for the forecast pages.

The figures are those of the table of verification, on its common rows: all leads of the days are pooled.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from math import sqrt
from typing import Final

import pyarrow as pa
from pyiceberg.catalog import Catalog

from weather_mlops.clock import KST
from weather_mlops.documents.forecast_pages import KmaScores, PageTarget
from weather_mlops.lake import verification
from weather_mlops.lake.verification_columns import COMMON, OURS
from weather_mlops.verification.days import TARGET

DAYS: Final = (7, 30)
"""How many days are pooled: enough to tell luck from skill, and the weather of a season."""
GROUPS: Final = ("all", "station_id")
OF_ALL: Final = 0
"""The member of the figures of all stations."""

Scores = Mapping[int, Mapping[int, KmaScores]]
"""By station id, or OF_ALL, and number of days."""


def read(catalog: Catalog, last: datetime) -> Scores:
    """Pool the figures of the last days.

    Args:
        catalog: of the tables.
        last: the newest observed hour, whose day (KST) is the last one.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    day = last.astimezone(KST).date()
    rows = verification.read(
        catalog, first_day=day - timedelta(days=max(DAYS) - 1), last_day=day, compared=COMMON
    )
    return pooled(rows, last)


def pooled(rows: pa.Table, last: datetime) -> Scores:
    """The figures of ``read``, from rows of VERIFICATION_SCHEMA."""
    day = last.astimezone(KST).date()
    counts: defaultdict[tuple[int, int, bool], int] = defaultdict(int)
    squares: defaultdict[tuple[int, int, bool], float] = defaultdict(float)
    columns = (rows[name].to_pylist() for name in ("day", "forecast", "grouped_by", "member", "n", "rmse"))
    for of_day, forecast, grouped_by, member, n, rmse in zip(*columns, strict=True):
        if grouped_by not in GROUPS:
            continue
        for days in DAYS:
            if (day - of_day).days < days:
                key = (member, days, forecast == OURS)
                counts[key] += n
                squares[key] += n * rmse**2
    scores: defaultdict[int, dict[int, KmaScores]] = defaultdict(dict)
    for member, days, is_ours in sorted(counts):
        if is_ours and (member, days, False) in counts:
            ours, kma = (
                round(sqrt(squares[member, days, own] / counts[member, days, own]), 3)
                for own in (True, False)
            )
            scores[member][days] = {"n": counts[member, days, True], "rmse": kma, "rmse_ours": ours}
    return scores


def add(targets: Mapping[str, PageTarget], scores: Scores) -> None:
    """Add the figures to the target that is verified, where there are any."""
    if TARGET not in targets or not scores:
        return
    target = targets[TARGET]
    for member, by_days in scores.items():
        stored = {str(days): each for days, each in by_days.items()}
        if member == OF_ALL:
            target["verified"] = stored
        elif station := target["stations"].get(str(member)):
            station["verified"] = stored
