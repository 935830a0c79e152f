"""Section ``data_quality``: completeness, validity, freshness and drift of the data in the tables.

The figures come from the tables and from the validation results on S3; ``figures.data`` describes them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
from pyiceberg.catalog import Catalog

from weather_mlops.clock import HOUR, whole_hour
from weather_mlops.formatting import number
from weather_mlops.lake.health import newest_hour
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.observations_reader import count_since
from weather_mlops.monitoring import completeness, quarantine_and_gaps, seasons, stations, validation_results
from weather_mlops.monitoring.checks import DATA_QUALITY, FIRST_COLLECTION, CheckSeverity, Section, share
from weather_mlops.monitoring.completeness import WINDOWS, Rows
from weather_mlops.monitoring.data_limits import DataQualityLimits
from weather_mlops.monitoring.figures.data import Corrections, DataQualityFigures, DataWindow
from weather_mlops.monitoring.section_builder import Rule, SectionBuilder
from weather_mlops.stations import stations_by_id

__all__ = ["DataQualityLimits", "measure"]

Builder = SectionBuilder[DataQualityFigures]
STALE: Final = Rule("observations_stale", "h", CheckSeverity.CRITICAL)
FUTURE: Final = Rule("observations_in_future")
COMPLETENESS: Final = Rule("completeness_low")
VALIDITY: Final = Rule("validity_low")
QUARANTINED: Final = Rule("quarantine_high")
OPEN_GAPS: Final = Rule("gaps_open_high")
SCORE: Final = Rule("quality_score_low")
DAY_RULES: Final = (COMPLETENESS, VALIDITY, SCORE, QUARANTINED)
NO_ROWS: Final = "not enough yet (0 rows in 31 days): run data_collection, or load history"
"""Reason if the table can be read but has no row of the last days."""
ONLY_LOADED: Final = "not enough yet: only history was loaded so far; the first collection has not run yet"
"""Reason in a new system that is still loading history, or whose loaded history ends long before now."""


@dataclass(frozen=True)
class Sources:
    """Data that the section is measured from; None if a source could not be read, or is empty.

    Attributes:
        rows: observations of the watched stations.
        all_rows: observations of all stations: the watched ones are compared with their neighbours.
        refused: refused rows in the quarantine.
        open_gaps: open gaps of the gap register.
        runs: validation results.
        corrections: corrected rows, see ``validation_results.corrections``.
    """

    rows: Rows | None
    all_rows: Rows | None
    refused: pa.Table | None
    open_gaps: pa.Table | None
    runs: Sequence[validation_results.ValidationRun] | None
    corrections: Corrections | None


def measure(
    catalog: Catalog,
    store: ObjectStore,
    limits: DataQualityLimits,
    now: datetime,
    station_ids: Collection[int] | None = None,
) -> Section:
    """Measure the data of the last 30 days.

    Args:
        catalog: catalog of the tables.
        store: the bucket; figures that are reused by later runs are stored under ``monitoring/data/``.
        limits: limits of the checks.
        now: the time, timezone-aware.
        station_ids: ids of the watched stations; None = all. No rows are expected of the others.
    """
    # The figures that are None here stay None if measuring their part fails.
    builder = SectionBuilder(
        DataQualityFigures(
            measured_at=now.isoformat(), newest_observed_at=None, lag_hours=None, windows=None, stations=None
        )
    )
    watched = stations_by_id().keys() if station_ids is None else station_ids
    with store.metered() as meter:
        sources = _read(builder, catalog, store, limits, now, watched)
        builder.measure_part(
            "freshness", (STALE, FUTURE), lambda: _freshness(builder, catalog, sources, limits, now)
        )
        _details(builder, store, sources, now)
        builder.measure_part("windows", DAY_RULES, lambda: _judge_day(builder, sources, limits, now))
        builder.measure_part("gaps", (OPEN_GAPS,), lambda: _judge_gaps(builder, sources, limits))
        builder.measure_part("stations", stations.RULES, lambda: _stations(builder, store, sources, limits))
        last = whole_hour(now - limits.grace_hours * HOUR)
        builder.figures["drift"] = builder.attempt(
            "drift", lambda: seasons.current(catalog, store, last=last, limits=limits, now=now)
        )
    builder.figures["read"] = {"requests": meter.requests, "bytes": meter.bytes}
    return builder.section(DATA_QUALITY)


def _read(  # noqa: PLR0913, PLR0917  the arguments of measure
    builder: Builder,
    catalog: Catalog,
    store: ObjectStore,
    limits: DataQualityLimits,
    now: datetime,
    watched: Collection[int],
) -> Sources:
    month = now - timedelta(hours=max(WINDOWS.values()))
    all_rows = builder.attempt("windows", lambda: completeness.read(catalog, limits.grace_hours, now))
    rows = all_rows and completeness.of_stations(all_rows, watched)
    if rows is None and not builder.missing:
        builder.add_missing("windows", NO_ROWS)
    runs = builder.attempt("quality_by_run", lambda: validation_results.runs(store, month, now))
    if rows is not None and now - rows.newest > limits.max_lag_hours * HOUR and _new(runs, limits, now):
        builder.add_missing("windows", ONLY_LOADED)
        rows = None
    return Sources(
        rows=rows,
        all_rows=all_rows,
        refused=builder.attempt("quarantine", lambda: quarantine_and_gaps.refused(catalog, month, now)),
        open_gaps=builder.attempt("gaps", lambda: quarantine_and_gaps.open_gaps(catalog, now, watched)),
        runs=runs,
        corrections=builder.attempt(
            "corrections", lambda: validation_results.corrections(catalog, store, now)
        ),
    )


def _new(
    runs: Sequence[validation_results.ValidationRun] | None, limits: DataQualityLimits, now: datetime
) -> bool:
    """Whether the first audit was too recent for an hourly collection to have fallen behind since."""
    return runs is not None and len(runs) > 0 and now - runs[0].at < limits.max_lag_hours * HOUR


def _freshness(
    builder: Builder, catalog: Catalog, sources: Sources, limits: DataQualityLimits, now: datetime
) -> None:
    rows, older = sources.rows, "newest_observed_at"
    newest = rows.newest if rows else builder.attempt(older, lambda: newest_hour(catalog))
    lag = round((now - newest) / HOUR, 2) if newest else None
    builder.figures["newest_observed_at"] = newest.isoformat() if newest else None
    builder.figures["lag_hours"] = lag
    if lag is None:
        awaits = FIRST_COLLECTION if _empty(builder, older) else ""
        builder.checks.append(STALE.unknown(builder.reason("windows"), limits.max_lag_hours, awaits=awaits))
    elif lag > limits.max_lag_hours and _new(sources.runs, limits, now):
        builder.checks.append(STALE.unknown(ONLY_LOADED, limits.max_lag_hours, awaits=FIRST_COLLECTION))
    else:
        behind = number(lag, limits.max_lag_hours)
        detail = f"the newest hour, {newest:%Y-%m-%d %H:%M} UTC, is {behind} h old"
        builder.checks.append(STALE.above(lag, limits.max_lag_hours, detail))
    ahead = builder.attempt("rows_in_future", lambda: count_since(catalog, whole_hour(now) + 2 * HOUR))
    if ahead is None:
        builder.checks.append(FUTURE.unknown(builder.reason("rows_in_future"), 0))
    else:
        detail = f"{ahead} rows have a time in the future; if there are any, check this machine's clock"
        builder.checks.append(FUTURE.above(ahead, 0, detail))


def _empty(builder: Builder, older: str) -> bool:
    """Whether the table could be read, and has no rows at all."""
    return builder.reason("windows") == NO_ROWS and all(gap.what != older for gap in builder.missing)


def _window(builder: Builder, sources: Sources, hours: int, now: datetime) -> DataWindow:
    """Measure the figures of the last hours, from all sources."""
    since = now - timedelta(hours=hours)
    counts = completeness.of_window(sources.rows, hours)
    rows, counted = sources.refused, sources.corrections
    refused = builder.attempt(
        "quarantine", lambda: None if rows is None else quarantine_and_gaps.count_since(rows, since)
    )
    corrected = builder.attempt(
        "corrections", lambda: None if counted is None else validation_results.corrected_since(counted, since)
    )
    scores = [run.score for run in sources.runs or () if run.at > since and run.score is not None]
    return {
        **counts,
        "quarantined": refused,
        "quarantined_share": None if refused is None else share(refused, refused + (counts["present"] or 0)),
        "corrected": corrected,
        "runs": None if sources.runs is None else len(scores),
        "quality_score": round(sum(scores) / len(scores), 4) if scores else None,
    }


def _details(builder: Builder, store: ObjectStore, sources: Sources, now: datetime) -> None:
    """Measure the figures that plots and tables show; None if one could not be measured."""
    rows, refused, open_gaps, counted = sources.rows, sources.refused, sources.open_gaps, sources.corrections
    week = [run for run in sources.runs or () if run.at > now - timedelta(hours=WINDOWS["7d"])]
    figures, attempt = builder.figures, builder.attempt
    figures["first_audit_at"] = sources.runs[0].at.isoformat() if sources.runs else None
    figures["quality_by_run"] = {
        "at": [run.at.isoformat() for run in week],
        "score": [run.score for run in week],
        "fit_share": [run.fit_share for run in week],
    }
    figures["completeness_by_hour"] = attempt(
        "completeness_by_hour", lambda: None if rows is None else completeness.by_hour(rows)
    )
    figures["variables"] = attempt(
        "variables", lambda: None if rows is None else completeness.by_variable(rows)
    )
    figures["score_parts"] = attempt(
        "score_parts", lambda: validation_results.score_parts(store, week[-1]) if week else None
    )
    figures["quarantine"] = attempt(
        "quarantine",
        lambda: None if refused is None else quarantine_and_gaps.by_rule(refused, WINDOWS, now),
    )
    figures["gaps"] = attempt(
        "gaps", lambda: None if open_gaps is None else quarantine_and_gaps.of_gaps(open_gaps, now)
    )
    figures["corrections"] = attempt(
        "corrections", lambda: None if counted is None else validation_results.correction_figures(counted)
    )


def _judge_day(builder: Builder, sources: Sources, limits: DataQualityLimits, now: datetime) -> None:
    windows = {name: _window(builder, sources, hours, now) for name, hours in WINDOWS.items()}
    builder.figures["windows"], day = windows, windows["24h"]
    texts = {
        COMPLETENESS: f"{day['present']} of {day['expected']} station-hours of 24 h are present",
        VALIDITY: f"{day['outside']} of {day['values']} values of 24 h are outside physical limits",
        SCORE: f"mean of {day['runs']} runs in 24 h",
    }
    for rule, figure, limit, what in (
        (COMPLETENESS, day["completeness"], limits.min_completeness, "windows"),
        (VALIDITY, day["validity"], limits.min_validity, "windows"),
        (SCORE, day["quality_score"], limits.min_quality_score, "quality_by_run"),
    ):
        if figure is None:
            builder.checks.append(rule.unknown(_reason(builder, what), limit))
        else:
            builder.checks.append(rule.below(figure, limit, texts[rule]))
    refused, limit = day["quarantined_share"], limits.max_quarantined_share
    if refused is None:
        builder.checks.append(QUARANTINED.unknown(_reason(builder, "quarantine"), limit))
        return
    rules = builder.figures["quarantine"]
    most = f", most by {rules[0]['rule']}" if rules and rules[0]["24h"] else ""
    detail = f"{day['quarantined']} rows of 24 h were refused{most}"
    builder.checks.append(QUARANTINED.above(refused, limit, detail))


def _judge_gaps(builder: Builder, sources: Sources, limits: DataQualityLimits) -> None:
    limit = limits.max_open_gaps_share
    if sources.open_gaps is None or sources.rows is None:
        reason = builder.reason("gaps" if sources.open_gaps is None else "windows")
        builder.checks.append(OPEN_GAPS.unknown(reason, limit))
        return
    n_open, expected = sources.open_gaps.num_rows, int(sources.rows.expected.sum())
    open_share = share(n_open, max(n_open, expected)) or 0.0
    detail = f"{n_open} gaps of the last 31 days are open; {expected} station-hours were expected"
    builder.checks.append(OPEN_GAPS.above(open_share, limit, detail))


def _stations(builder: Builder, store: ObjectStore, sources: Sources, limits: DataQualityLimits) -> None:
    rows, everywhere = sources.rows, sources.all_rows
    if rows is None or everywhere is None:
        return
    off = builder.attempt("sensors_off_before", lambda: stations.load_off_sensors(store)) or {}
    begin, end = rows.panel.length - 24 * stations.WINDOW_DAYS, rows.panel.length
    watched = stations.watch(everywhere.panel.between(begin, end), everywhere.present[:, begin:], off, limits)
    builder.checks += stations.checks(watched, limits, rows.panel.stations)
    builder.attempt("sensors_off", lambda: stations.save_off_sensors(store, off, watched.off_since))
    refused, gaps = (quarantine_and_gaps.by_station(table) for table in (sources.refused, sources.open_gaps))
    builder.figures["stations"] = [
        {
            **completeness.of_station(rows, index),
            "quarantined_30d": None if refused is None else refused.get(int(station_id), 0),
            "open_gaps": None if gaps is None else gaps.get(int(station_id), 0),
            **stations.figures(watched, int(np.searchsorted(everywhere.panel.stations, station_id))),
        }
        for index, station_id in enumerate(rows.panel.stations)
    ]


def _reason(builder: Builder, what: str) -> str:
    known = any(gap.what == what for gap in builder.missing)
    return builder.reason(what) if known else "not enough yet (0 in 24 h)"
