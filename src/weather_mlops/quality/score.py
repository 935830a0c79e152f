"""The quality score of a batch.

It has four parts, each between 0 and 1 and each measured on this batch:

- completeness: station-hours of the window with a fit row, of those expected;
- validity: observed values inside the physical limits, of all observed values that have such limits;
- consistency: checks passed, of those that could be evaluated (humidity against dew point and temperature,
  vapour pressure against dew point, steps from hour to hour);
- timeliness: stations with a row of the window's newest hour, of those expected.

``overall`` is their plain mean: no part is worth more than another a priori, and a mean can be checked by
hand. A part that can't be measured (nothing was observed) is None and doesn't enter the mean.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from weather_mlops.lake.keys import isin, keys_of
from weather_mlops.lake.keys import unique as distinct_keys

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class QualityScore:
    """The parts of the quality score, see the module's docstring; None = not measured."""

    completeness: float | None
    validity: float | None
    consistency: float | None
    timeliness: float | None

    @property
    def overall(self) -> float | None:
        """Mean of the measured parts."""
        parts = [part for part in asdict(self).values() if part is not None]
        return round(sum(parts) / len(parts), 4) if parts else None

    def as_dict(self) -> dict[str, float | None]:
        """The parts and the overall score, rounded to four decimals."""
        parts = {name: None if part is None else round(part, 4) for name, part in asdict(self).items()}
        return {**parts, "overall": self.overall}


def score_of(
    rows: pa.Table, expected: pa.Table, stations_seen: "pd.DataFrame", results: Iterable[Any]
) -> QualityScore:
    """Compute the score of a batch.

    Args:
        rows: all arrived rows that could be read.
        expected: station_id, observed_at, origin of the requested station-hours.
        stations_seen: hours ``expected`` and ``present`` by station, of the fit rows.
        results: Great Expectations' result of each rule.
    """
    results = list(results)
    return QualityScore(
        completeness=share_of(stations_seen["present"].sum(), stations_seen["expected"].sum()),
        validity=passed_share(results, "validity"),
        consistency=passed_share(results, "consistency"),
        timeliness=_timeliness(rows, expected),
    )


def passed_share(results: Iterable[Any], category: str) -> float | None:
    """Share of the values that pass the rules of a category; None where nothing was observed."""
    observed = failed = 0
    for entry in results:
        if entry.expectation_config.meta["category"] == category:
            observed += entry.result.get("element_count", 0) - entry.result.get("missing_count", 0)
            failed += entry.result.get("unexpected_count", 0)
    return share_of(observed - failed, observed)


def _timeliness(rows: pa.Table, expected: pa.Table) -> float | None:
    window = expected.filter(pc.equal(expected["origin"], "window"))
    if window.num_rows == 0:
        return None
    newest = pc.max(window["observed_at"])
    expected_keys = distinct_keys(keys_of(window.filter(pc.equal(window["observed_at"], newest))))
    return share_of(isin(expected_keys, keys_of(rows)).sum(), expected_keys.size)


def share_of(part: float, whole: float) -> float | None:
    """A share, 0 to 1; None of nothing."""
    return float(part / whole) if whole else None
