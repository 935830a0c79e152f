"""The audit of the KMA's forecast: which staged rows are fit, why the others are refused, and the score.

Its result is an ``Audit`` as that of the observations is: Data Docs and check_fit take either. Its score:

- completeness: hours of the run's own issue with a fit row, of those that the issue should have;
- validity: forecast values inside the physical limits, of all that have such limits;
- consistency: checks passed, of those that could be evaluated (steps from hour to hour, maximum and minimum);
- timeliness: stations that have any row of the run's own issue, of those expected.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weather_mlops.clock import HOUR_US, HOURS_PER_DAY, KST_AHEAD_HOURS
from weather_mlops.kma.forecast.rows import FORECAST_ROWS, FORECAST_VARIABLES
from weather_mlops.lake.keys import isin, lookup, other_rows_of_key
from weather_mlops.lake.kma_forecast_columns import KMA_FORECAST_QUARANTINE_SCHEMA
from weather_mlops.lake.kma_forecast_merge import LEAD_BITS, row_keys, station_issues
from weather_mlops.lake.staging import AUDITED, COLLECTED, Staging
from weather_mlops.quality import suites
from weather_mlops.quality.audit import (
    FORECAST,
    UNREADABLE,
    Audit,
    join_results,
    new_context,
    split_refused,
    validate,
    warnings_of,
)
from weather_mlops.quality.kma_forecast_suites import COMPLETENESS, FORECASTS
from weather_mlops.quality.prepare import as_numbers
from weather_mlops.quality.score import QualityScore, passed_share, share_of
from weather_mlops.stations import station_ids

if TYPE_CHECKING:
    import pandas as pd

_DAY_US: Final = HOURS_PER_DAY * HOUR_US
_KST_US: Final = KST_AHEAD_HOURS * HOUR_US


def audit_staged(staging: Staging, *, suites_dir: Path, audited_at: datetime) -> Audit:
    """Audit what a run collected, and stage the result.

    Raises:
        FileNotFoundError: the run staged nothing.
        ObjectDamaged, StorageUnavailable, StorageRefused.
    """
    collected = staging.read(COLLECTED)
    own = datetime.fromisoformat(collected.notes["own"])
    result = audit(collected.tables, own, suites_dir=suites_dir, audited_at=audited_at, run=staging.run)
    tables = {
        "accepted": result.accepted,
        "quarantined": result.quarantined,
        "expected": collected.tables["expected"],
    }
    staging.write(
        AUDITED,
        tables,
        {"score": result.score.as_dict(), "counts": dict(result.counts), **collected.notes},
    )
    return result


def audit(
    collected: Mapping[str, pa.Table],
    own: datetime,
    *,
    suites_dir: Path,
    audited_at: datetime,
    run: str,
) -> Audit:
    """Audit rows against the suites.

    Args:
        collected: ``rows`` (FORECAST_ROWS and raw_key), ``rejected`` (issued_at, text, reason, raw_key) and
            ``expected`` (station_id, issued_at, hours).
        own: the run's own issue, timezone-aware.
        suites_dir: folder of the suites.
        audited_at: time of the audit, UTC.
        run: name of the run.
    """
    rows, rejected, expected = (collected[name] for name in ("rows", "rejected", "expected"))
    context = new_context()
    frame = audit_frame(rows, expected, station_ids())
    result, broken = validate(context, frame, suites.load(suites_dir, FORECASTS))
    accepted, refused = split_refused(rows, broken)
    accepted = accepted.select(FORECAST_ROWS.names)
    covered = coverage(accepted, expected)
    whole, _ = validate(context, covered, suites.load(suites_dir, COMPLETENESS))
    result = join_results(result, whole)
    quarantined = _records(refused, [broken[row] for row in sorted(broken)], rejected)
    counts = {
        "rows_arrived": rows.num_rows + rejected.num_rows,
        "accepted": accepted.num_rows,
        "quarantined": quarantined.num_rows,
        "warnings": warnings_of(result.results),
    }
    of_own = covered[covered["issued_at"] == own]
    score = QualityScore(
        completeness=share_of(of_own["present"].sum(), of_own["expected"].sum()),
        validity=passed_share(result.results, "validity"),
        consistency=passed_share(result.results, "consistency"),
        timeliness=share_of((of_own["present"] > 0).sum(), len(of_own)),
    )
    return Audit(run, audited_at, accepted, quarantined, counts, score, result, (own, own), FORECAST)


def audit_frame(rows: pa.Table, expected: pa.Table, stations: Collection[int]) -> "pd.DataFrame":
    """The table that the suite validates, one row per staged row, in the same order.

    Args:
        rows: FORECAST_ROWS at least.
        expected: station_id, issued_at of what was requested.
        stations: ids of the known stations.

    Returns:
        Column ``row`` (its index), the variables with limits, and derived figures in K and counts; NaN where
        a value that they need is missing.
    """
    limited = [variable.name for variable in FORECAST_VARIABLES if variable.physical is not None]
    frame = as_numbers(rows, limited)
    frame["lead_hours"] = rows["lead_hours"].to_numpy().astype("float64")
    frame["station_known"] = np.isin(rows["station_id"].to_numpy(), list(stations)).astype("float64")
    requested = expected.append_column("lead_hours", pa.nulls(expected.num_rows, pa.int32()).fill_null(0))
    keys = row_keys(rows)
    frame["asked_for"] = isin(station_issues(keys), station_issues(row_keys(requested))).astype("float64")
    since = pc.subtract(rows["received_at"].cast(pa.int64()), rows["issued_at"].cast(pa.int64()))
    frame["received_after_h"] = since.to_numpy() / HOUR_US
    frame["conflicting_copies"] = other_rows_of_key(keys).astype("float64")
    frame["air_temperature_step_k"] = isolated_steps(keys, frame["air_temperature_c"].to_numpy())
    frame["daily_range_k"] = _daily_range(rows, keys)
    frame.insert(0, "row", np.arange(len(frame)))
    return frame


def isolated_steps(keys: np.ndarray, values: np.ndarray) -> np.ndarray:
    """How far each value is from those before and after it in its issue, K: the smaller difference.

    So a front, which is a step to a new level, is no spike; only a value that neither neighbour resembles is.

    Args:
        keys: of ``row_keys``: station, issue and lead of each row.
        values: shape (n,), °C.

    Returns:
        Shape (n,), not negative; NaN where the value or one of the neighbours is missing.
    """
    order = np.argsort(keys, kind="stable")
    series, of_issue = values[order], station_issues(keys[order])
    step = np.abs(np.diff(series, prepend=np.nan))
    step[np.append(True, of_issue[1:] != of_issue[:-1])[: step.size]] = np.nan
    following = np.append(step[1:], np.nan)[: step.size]
    smaller = np.full(values.size, np.nan)
    smaller[order] = np.minimum(step, following)
    return smaller


def _daily_range(rows: pa.Table, keys: np.ndarray) -> np.ndarray:
    """Daily maximum less daily minimum of a station, issue and day (KST), K, on the row of the maximum."""
    # Midnight ends the day before: KST hours 01 to 24. A lead is a few days at most, so that the number of
    # the day after the issue's takes the bits of the lead.
    issued, valid = (
        (rows[name].cast(pa.int64()).to_numpy() + _KST_US - 1) // _DAY_US
        for name in ("issued_at", "valid_at")
    )
    days = (station_issues(keys) << LEAD_BITS) + valid - issued
    highest, lowest = (
        rows[name].cast(pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64)
        for name in ("air_temperature_max_c", "air_temperature_min_c")
    )
    has_minimum = np.flatnonzero(~np.isnan(lowest))
    # Index -1, for a day without a minimum, selects the NaN at the end.
    minimum = np.append(lowest[has_minimum], np.nan)[lookup(days[has_minimum], days)]
    return np.asarray(highest - minimum)


def coverage(accepted: pa.Table, expected: pa.Table) -> "pd.DataFrame":
    """Hours expected and present, and the share, 0 to 1, of each station and issue.

    Args:
        accepted: FORECAST_ROWS.
        expected: station_id, issued_at, hours.
    """
    with_value = accepted.filter(accepted["air_temperature_c"].is_valid())
    counted = with_value.group_by(["station_id", "issued_at"]).aggregate([([], "count_all")])
    joined = expected.select(["station_id", "issued_at", "hours"]).join(
        counted, ["station_id", "issued_at"], join_type="left outer"
    )
    present = pc.fill_null(joined["count_all"], 0)
    frame: pd.DataFrame = pa.table(
        {
            "station_id": joined["station_id"],
            "issued_at": joined["issued_at"],
            "expected": joined["hours"].cast(pa.int64()),
            "present": present,
            "share": pc.divide(present.cast(pa.float64()), joined["hours"].cast(pa.float64())),
        }
    ).to_pandas()
    return frame


def _records(refused: pa.Table, broken: Sequence[dict[str, str]], rejected: pa.Table) -> pa.Table:
    records: list[dict[str, object]] = [
        {
            **{name: row[name] for name in ("station_id", "issued_at", "valid_at", "raw_key")},
            "rule": "; ".join(rules),
            "value": "; ".join(rules.values()),
        }
        for row, rules in zip(refused.to_pylist(), broken, strict=True)
    ]
    records += [
        {
            "issued_at": item["issued_at"],
            "rule": UNREADABLE,
            "value": f"cell {item['cell']}: {item['reason']}: {item['text']}",
            "raw_key": item["raw_key"],
        }
        for item in rejected.to_pylist()
    ]
    return pa.Table.from_pylist(records, schema=KMA_FORECAST_QUARANTINE_SCHEMA)
