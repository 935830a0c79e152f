"""The audit: which staged rows are fit, why the others are refused, and the quality score of the batch."""

import gc
import logging
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weather_mlops.errors import QualityTooLow
from weather_mlops.formatting import exact_percent, percent
from weather_mlops.kma.wire import OBSERVATION_SCHEMA
from weather_mlops.lake.keys import keys_of
from weather_mlops.lake.schemas import QUARANTINE_SCHEMA
from weather_mlops.lake.staging import AUDITED, COLLECTED, StagedBatch, Staging
from weather_mlops.quality import suites
from weather_mlops.quality.prepare import audit_frame, contradictions, coverage, drop_duplicates
from weather_mlops.quality.score import QualityScore, score_of
from weather_mlops.quality.screening import screen
from weather_mlops.stations import station_ids

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)

UNREADABLE: Final = "unreadable_row"
OBSERVATION: Final = "observation"
FORECAST: Final = "forecast"
ACCEPTED_NAMES: Final = (*OBSERVATION_SCHEMA.names, "raw_key")
BASIC: Final = {"result_format": "BASIC"}
SUMMARY: Final = {"result_format": "SUMMARY"}
WITH_ROWS: Final = {"result_format": "COMPLETE", "unexpected_index_column_names": ["row"]}
MOST_NAMED: Final = 3


@dataclass(frozen=True)
class Audit:
    """The result of an audit.

    Attributes:
        run: name of the audited run.
        audited_at: time of the audit, UTC.
        accepted: columns of the observations table; one row per key.
        quarantined: QUARANTINE_SCHEMA, one record per refused row or unreadable line.
        counts: numbers of rows by outcome, ``copies`` of duplicates; ``warnings`` by rule.
        score: see the module's docstring.
        result: Great Expectations' result of all rules.
        window: first and last hour of the window, UTC; None if there is no window.
        subject: what was audited: observations, or FORECAST.
    """

    run: str
    audited_at: datetime
    accepted: pa.Table
    quarantined: pa.Table
    counts: Mapping[str, Any]
    score: QualityScore
    result: Any
    window: tuple[datetime, datetime] | None
    subject: str = OBSERVATION

    @property
    def fit_share(self) -> float:
        """Share of the arrived rows that are fit, 0 to 1; 1 if none arrived."""
        arrived = self.counts["rows_arrived"]
        return 1 - self.quarantined.num_rows / arrived if arrived else 1.0


def audit_staged(staging: Staging, *, suites_dir: Path, audited_at: datetime) -> Audit:
    """Audit what a run collected, and stage the result.

    Raises:
        FileNotFoundError: the run staged nothing.
        StorageUnavailable, StorageRefused.
    """
    collected = staging.read(COLLECTED).tables
    result = audit_collected(collected, suites_dir=suites_dir, audited_at=audited_at, run=staging.run)
    stage_audit(staging, result, {"expected": collected["expected"]})
    return result


def audit_collected(
    collected: Mapping[str, pa.Table], *, suites_dir: Path, audited_at: datetime, run: str
) -> Audit:
    """Audit the tables of a staged batch of COLLECTED."""
    return audit(
        collected["rows"],
        collected["rejected"],
        collected["expected"],
        station_ids(),
        suites_dir=suites_dir,
        audited_at=audited_at,
        run=run,
    )


def stage_audit(staging: Staging, result: Audit, more_tables: Mapping[str, pa.Table]) -> None:
    """Stage the result of an audit, and more tables with it.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    batch = staged_batch(result, more_tables)
    staging.write(AUDITED, batch.tables, batch.notes)


def staged_batch(result: Audit, more_tables: Mapping[str, pa.Table]) -> StagedBatch:
    """The tables and notes of an audit that publishing needs, and more tables with them."""
    tables = {"accepted": result.accepted, "quarantined": result.quarantined, **more_tables}
    return StagedBatch(tables, {"score": result.score.as_dict(), "counts": dict(result.counts)})


def audit(  # noqa: PLR0913  the inputs of an audit
    rows: pa.Table,
    rejected: pa.Table,
    expected: pa.Table,
    stations: Collection[int],
    *,
    suites_dir: Path,
    audited_at: datetime,
    run: str,
) -> Audit:
    """Audit rows against the suites, all at once.

    Args:
        rows: PARSED_SCHEMA and raw_key.
        rejected: REJECTED_SCHEMA and raw_key: lines that couldn't be read.
        expected: station_id, observed_at, origin ("window", "gap") of the requested station-hours.
        stations: ids of the known stations.
        suites_dir: folder of the suites.
        audited_at: time of the audit, UTC.
        run: name of the run.
    """
    distinct, duplicates = drop_duplicates(rows)
    frame = audit_frame(distinct, expected, stations)
    context = new_context()
    result, broken = validate(context, frame, suites.load(suites_dir, suites.OBSERVATIONS))
    for row, values in contradictions(distinct).items():
        if suites.CONFLICT in broken.get(row, {}):
            broken[row][suites.CONFLICT] = values
    accepted, refused = split_refused(distinct, broken)
    accepted = accepted.select(ACCEPTED_NAMES)
    stations_seen = coverage(expected, keys_of(accepted))
    covered, _ = validate(context, stations_seen, suites.load(suites_dir, suites.COMPLETENESS))
    result = join_results(result, covered)
    quarantined = _records(refused, [broken[row] for row in sorted(broken)], rejected)
    counts = {
        "rows_arrived": rows.num_rows + rejected.num_rows,
        "accepted": accepted.num_rows,
        "copies": duplicates,
        "quarantined": quarantined.num_rows,
        "warnings": warnings_of(result.results),
    }
    log.info("audited: %s", counts)
    score = score_of(rows, expected, stations_seen, result.results)
    return Audit(run, audited_at, accepted, quarantined, counts, score, result, _window(expected))


def split_refused(rows: pa.Table, broken: Collection[int]) -> tuple[pa.Table, pa.Table]:
    """The rows that are fit, and those that are not, in their order.

    Args:
        rows: rows of an audit.
        broken: indices of those that break a critical rule.
    """
    if not broken:
        return rows, rows.slice(0, 0)
    refused = sorted(broken)
    fit = np.ones(rows.num_rows, dtype=bool)
    fit[refused] = False
    return rows.filter(pa.array(fit)), rows.take(pa.array(refused, pa.int64()))


def check_fit(result: Audit, min_fit_share: float) -> None:
    """Refuse a batch whose share of fit rows is too small to publish.

    Raises:
        QualityTooLow: names the share, the limit and the rules that refused most rows.
    """
    if result.fit_share >= min_fit_share:
        return
    rules = Counter(rule for joined in result.quarantined["rule"].to_pylist() for rule in joined.split("; "))
    most = ", ".join(f"{rule} ({count})" for rule, count in rules.most_common(MOST_NAMED))
    raise QualityTooLow(
        f"{percent(result.fit_share, min_fit_share)} of {result.counts['rows_arrived']} rows are fit, "
        f"min_fit_share is {exact_percent(min_fit_share)}; refused by {most}. Nothing of this run "
        "is published. The rows are in staging and raw, the rules in the run's Data Docs."
    )


def validate(context: Any, frame: "pd.DataFrame", suite: Any) -> tuple[Any, dict[int, dict[str, str]]]:
    """Great Expectations' result, and for each refused row the broken rules with their values."""
    asset = context.data_sources.add_pandas(suite.name).add_dataframe_asset("rows")
    whole = asset.add_batch_definition_whole_dataframe("run")
    screening = screen(frame, suite.expectations)
    if screening.others:
        # Great Expectations' objects form reference cycles that hold the tables of earlier audits.
        gc.collect()
    results: list[Any] = []
    broken: dict[int, dict[str, str]] = {}
    order = [rule.meta["rule"] for rule in (*screening.rules, *screening.others)]
    for rules, shown, detail in (
        (screening.unbroken, screening.rows, BASIC),  # in half the time of a summary
        (screening.broken, screening.rows, SUMMARY),
        (screening.others, frame, SUMMARY),
    ):
        # Without any rule, the suite's result is still needed: it begins with the first.
        if not rules and results:
            continue
        batch = whole.get_batch(batch_parameters={"dataframe": shown})
        suite.expectations = list(rules)
        result = batch.validate(suite, result_format=detail)
        results += result.results
        failed = {
            entry.expectation_config.meta["rule"]
            for entry in result.results
            if not entry.success and entry.expectation_config.severity == "critical"
        }
        if shown is screening.rows:
            screening.complete(result.results)
        # Results by row are slow: they are computed only for critical rules that are broken.
        suite.expectations = [rule for rule in suite.expectations if rule.meta["rule"] in failed]
        for entry in batch.validate(suite, result_format=WITH_ROWS).results if failed else ():
            config = entry.expectation_config
            for index in entry.result["unexpected_index_list"]:
                value = f"{config.kwargs['column']}={index[config.kwargs['column']]:g}"
                broken.setdefault(int(index["row"]), {})[config.meta["rule"]] = value
    result.results = sorted(results, key=lambda entry: order.index(entry.expectation_config.meta["rule"]))
    return result, broken


def join_results(result: Any, more: Any) -> Any:
    """Two results merged into the first one, with its statistics recomputed."""
    from great_expectations.validator.validation_statistics import calc_validation_statistics

    result.results.extend(more.results)
    statistics = calc_validation_statistics(result.results)._asdict()
    result.success = statistics.pop("success")
    result.statistics = statistics
    return result


def new_context() -> Any:
    """A context of Great Expectations in memory: no folder for documents, progress bars or analytics."""
    import great_expectations as gx  # heavy: only where an audit runs
    from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults

    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        analytics_enabled=False,
        progress_bars={"globally": False},
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def _records(refused: pa.Table, broken: list[dict[str, str]], rejected: pa.Table) -> pa.Table:
    columns = {name: refused[name].to_pylist() for name in ("station_id", "observed_at", "raw_key", "line")}
    records = [
        {
            **dict(zip(columns, values, strict=True)),
            "rule": "; ".join(rules),
            "value": "; ".join(rules.values()),
        }
        for values, rules in zip(zip(*columns.values(), strict=True), broken, strict=True)
    ]
    records += [
        {
            "rule": UNREADABLE,
            "value": f"{line['reason']}: {line['text']}",
            "raw_key": line["raw_key"],
            "line": line["line"],
        }
        for line in rejected.to_pylist()
    ]
    return pa.Table.from_pylist(records, schema=QUARANTINE_SCHEMA)


def warnings_of(results: Iterable[Any]) -> dict[str, int]:
    """The number of rows that break each rule which only counts."""
    return {
        entry.expectation_config.meta["rule"]: int(entry.result.get("unexpected_count", 0))
        for entry in results
        if not entry.success and entry.expectation_config.severity != "critical"
    }


def _window(expected: pa.Table) -> tuple[datetime, datetime] | None:
    hours = expected.filter(pc.equal(expected["origin"], "window"))["observed_at"]
    return (pc.min(hours).as_py(), pc.max(hours).as_py()) if len(hours) else None
