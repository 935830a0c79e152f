"""Sections as the four measuring tasks store them: of a healthy, a troubled and a new system.

Each builder returns a healthy section; its arguments say what is wrong with it.
"""

import math
import random
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from weather_mlops.monitoring.checks import Check, CheckSeverity, Missing, Section, Status
from weather_mlops.stations import Station, load_stations
from weather_mlops.variables import VARIABLES

NOW = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)
HOURS = timedelta(hours=1)
DAGS = ("data_collection", "model_training", "forecast", "monitoring", "history")
WINDOWS = ("24h", "7d", "30d")
BIASED = (108, 143)
SILENT = (90, 115, 184)
DUMB = 'a <b>rule</b> & "more"'


def iso(hours_ago: float) -> str:
    """Return a time before the report, in ISO 8601."""
    return (NOW - hours_ago * HOURS).isoformat()


def held(
    name: str,
    value: float,
    limit: float,
    unit: str = "",
    subject: str = "",
    *,
    low: bool = False,
    critical: bool = False,
    detail: str = "as measured",
) -> Check:
    """A check of a figure against its upper limit, or its lower one."""
    breach = value < limit if low else value > limit
    return Check(
        name,
        subject,
        Status.BREACH if breach else Status.OK,
        CheckSeverity.CRITICAL if critical else CheckSeverity.WARNING,
        value,
        limit,
        unit,
        detail,
    )


def unknown(name: str, reason: str, subject: str = "", *, critical: bool = False) -> Check:
    """A check that could not be made."""
    severity = CheckSeverity.CRITICAL if critical else CheckSeverity.WARNING
    return Check(name, subject, Status.UNKNOWN, severity, None, None, "", reason)


def health(
    *,
    memory_used_gb: float = 4.0,
    memory_share: float = 0.5,
    triggerer: str | None = "healthy",
    paused: Collection[str] = (),
    failing: Collection[str] = (),
    slow: Collection[str] = (),
    late: Collection[str] = (),
) -> Section:
    """The section of the system.

    Args:
        memory_used_gb: of 8 GB.
        memory_share: the same as a share, 0 to 1.
        triggerer: its status.
        paused: names of DAGs that are paused.
        failing: those whose last three runs failed.
        slow: those whose last run took four times as long as the ones before.
        late: those whose run is 42 minutes late.
    """
    dags = {
        name: {
            "paused": name in paused,
            "by_hand": name == "history",
            "last_run": "scheduled__1",
            "last_state": "failed" if name in failing else "success",
            "last_started_at": iso(n + 0.5),
            "last_seconds": 40.0 * (n + 1) * (4 if name in slow else 1),
            "median_seconds": None if name == "history" else 41.0 * (n + 1),
            "failed_in_a_row": 3 if name in failing else 0,
            "late_minutes": 42.0 if name in late else 0.0,
            "queued_minutes": 0.0,
        }
        for n, name in enumerate(DAGS)
    }
    parts = {
        name: {"status": "healthy", "heartbeat_at": iso(0.002)} for name in ("scheduler", "dag_processor")
    }
    parts["triggerer"] = {"status": triggerer, "heartbeat_at": None}
    figures = {
        "machine": {
            "contained": True, "cores": 2.0, "cpu_share": 0.41, "memory_share": memory_share,
            "memory_used_gb": memory_used_gb, "memory_limit_gb": 8.0,
            "disks": [{"path": "/opt/airflow", "used_share": 0.62, "free_gb": 113.2}],
        },
        "airflow": {"components": parts, "dags": dags},
        "storage": {"write_ms": 12.0, "read_ms": 4.1, "list_ms": 7.7, "delete_ms": 3.2, "failed": None,
                    "clock_skew_s": 0.4},
        "kma": {"last_success_at": iso(0.4), "last_success_age_h": 0.4, "replies_24h": 26, "calls_used": 301,
                "calls_left": 19699, "tries_24h": 24, "failed_tries_24h": 0, "error_share": 0.0},
    }  # fmt: skip
    checks = [
        held("cpu_busy", 41.0, 95.0, "%"),
        held("memory_full", 100 * memory_share, 90.0, "%", critical=True,
             detail=f"{memory_used_gb} of 8.0 GB in use"),
        held("disk_full", 62.0, 90.0, "%", "/opt/airflow", critical=True),
        held("s3_slow", 12.0, 2000.0, "ms"),
        held("kma_silent", 0.4, 3.0, "h", critical=True),
        held("kma_budget", 1.5, 90.0, "%"),
        *(held("dag_late", dags[name]["late_minutes"], 15.0, "min", name) for name in DAGS[:4]),
        *(held("dag_failing", dags[name]["failed_in_a_row"], 1, subject=name, critical=True)
          for name in DAGS[:4]),
        *(held("dag_slow", 4.0 if name in slow else 1.0, 3.0, "×", name)
          for name in DAGS[:4]),
    ]  # fmt: skip
    return Section("system_health", figures, checks, [])


def station(row: Station, source: random.Random, *, silent: bool, biased: bool) -> dict[str, Any]:
    """Figures of a station."""
    bias = 2.1 if biased else source.uniform(-0.5, 0.5)
    return {
        "id": row.id, "korean": row.korean, "english": row.english, "latitude": row.latitude,
        "longitude": row.longitude, "elevation_m": row.elevation_m,
        "newest": iso(30 if silent else 1), "silent_hours": 30.0 if silent else 0.0,
        "completeness": {"24h": 0.0 if silent else 1.0, "7d": 0.8 if silent else 0.995, "30d": 0.99},
        "quarantined_30d": 3 if silent else 0, "open_gaps": 30 if silent else 0,
        "bias": {
            "air_temperature_c": {"value": bias, "excess": 4 * abs(bias), "limit": 6.5, "neighbours": 6},
            "sea_level_pressure_hpa": {"value": -0.2, "excess": source.uniform(0, 2), "limit": 3.0,
                                       "neighbours": 6},
            "dew_point_c": {"value": None, "excess": None, "limit": None, "neighbours": 1},
        },
        "constant_hours": {"air_temperature_c": 1},
    }  # fmt: skip


def data(
    *,
    stations: int = 97,
    silent: Collection[int] = (),
    biased: Collection[int] = (),
    empty_hours: Collection[int] = (),
    thin_hours: Collection[int] = (),
) -> Section:
    """The section of the data.

    Args:
        stations: how many there are.
        silent: ids of stations without rows for 30 hours.
        biased: ids of those whose thermometer shows 2.1 °C too much.
        empty_hours: which of the last week's 168 hours have no rows.
        thin_hours: which of them lack a tenth of the stations.
    """
    source = random.Random(7)
    rows = [
        station(row, source, silent=row.id in silent, biased=row.id in biased)
        for row in load_stations()[:stations]
    ]
    expected = [stations] * 168
    thin = stations - stations // 10
    present = [0 if n in empty_hours else thin if n in thin_hours else stations for n in range(168)]
    window = {
        "first": iso(25), "last": iso(1), "stations": stations, "expected": 24 * stations,
        "present": sum(present[-24:]), "completeness": sum(present[-24:]) / sum(expected[-24:]),
        "values": 41234, "outside": 2, "validity": 0.99995, "quarantined": 3, "quarantined_share": 0.001,
        "corrected": 12, "runs": 24, "quality_score": 0.97,
    }  # fmt: skip
    figures = {
        "measured_at": NOW.isoformat(),
        "newest_observed_at": iso(1.5),
        "lag_hours": 1.5,
        "windows": {"24h": window, "7d": window, "30d": window},
        "completeness_by_hour": {
            "hours": [iso(168.5 - n) for n in range(168)], "expected": expected, "present": present,
        },
        "quality_by_run": {
            "at": [iso(168 - n) for n in range(168)],
            "score": [0.97 + 0.01 * math.sin(n / 7) for n in range(168)],
            "fit_share": [0.999 if n % 50 else None for n in range(168)],
        },
        "score_parts": {"completeness": 0.99, "validity": 1.0, "consistency": 1.0, "timeliness": 0.98},
        "stations": rows,
        "variables": [
            {"name": variable.name, "english": variable.english, "korean": variable.korean,
             "unit": variable.unit, "observed": {"24h": 0.99 - n / 60, "7d": 0.99 - n / 60, "30d": None},
             "outside_7d": n % 3, "validity_7d": 1.0}
            for n, variable in enumerate(VARIABLES)
        ],
        "quarantine": [{"rule": DUMB, "24h": 0, "7d": 2, "30d": 2}],
        "gaps": {"open": 12, "oldest": iso(190), "by_age": {"up to 6 h": 3, "6 to 24 h": 1, "1 to 7 d": 8,
                 "7 to 31 d": 0}, "by_reason": {"missing": 12}},
        "corrections": {"counted_since": iso(400), "days": ["2026-11-25", "2026-11-26"],
                        "corrected": [9, 12]},
        "drift": {
            "measured_at": NOW.isoformat(), "window": {"first": iso(169), "last": iso(1)},
            "reference": "same season of 2023, 2024, 2025", "stations": stations,
            "variables": [
                {"name": name, "unit": unit, "psi": psi, "psi_threshold": 0.42, "wasserstein": 1.2,
                 "wasserstein_threshold": 2.0, "mean": 3.1, "reference_mean": 4.0, "n": 16296,
                 "n_effective": 21.4, "reference_n": 216504, "reference_n_effective": 310.0, "null": 12}
                for name, unit, psi in (("air_temperature_c", "°C", 0.31), ("wind_speed_ms", "m/s", 0.55))
            ],
            "why_no_threshold": None,
        },
        "read": {"requests": 31, "bytes": 4123456},
    }  # fmt: skip
    checks = [
        held("observations_stale", 1.5, 3.0, "h", critical=True, detail="newest of 2026-11-26 07:00 KST"),
        held("completeness_low", window["completeness"], 0.95, low=True, critical=True,
             detail=f"{window['present']} of {window['expected']} station-hours in 24 h"),
        *(held("station_silent", row["silent_hours"], 6.0, "h", str(row["id"]),
               detail="newest of 2026-11-24 17:00 KST") for row in rows),
        *(held("sensor_bias", row["bias"]["air_temperature_c"]["excess"], 6.5, "°C·d", str(row["id"]),
               detail="Air temperature +2.1 °C compared with 6 neighbours") for row in rows),
    ]  # fmt: skip
    return Section("data_quality", figures, checks, [])


def entry(lead: int, n: int, worse: float) -> dict[str, Any]:
    """Figures of a lead.

    Args:
        lead: hours ahead.
        n: pairs of forecast and observation.
        worse: the error as a multiple of what the evaluation promised.
    """
    promised = 0.7 + 0.35 * math.sqrt(lead)
    return {
        "n": n, "rmse": promised * worse, "mae": promised * worse * 0.77, "bias": 0.3 * (worse - 1) + 0.02,
        "coverage_80": 0.8 - 0.3 * (worse - 1), "width_80": 2.1, "persistence_rmse": 1.4 + 0.2 * lead,
        "skill_persistence": 1 - promised * worse / (1.4 + 0.2 * lead), "skill_damped_anomaly": None,
        "promised_rmse": promised, "promised_coverage_80": 0.81,
    }  # fmt: skip


def performance(
    *,
    stations: int = 97,
    leads: Iterable[int] = range(1, 49),
    worse: float = 0.98,
    bias_c: float = 0.02,
    coverage: float = 0.8,
) -> Section:
    """The section of the model.

    Args:
        stations: how many there are.
        leads: hours ahead.
        worse: the error as a multiple of what the evaluation promised.
        bias_c: mean error of a week.
        coverage: share of the observations within p10 to p90.
    """
    days = [(NOW - (30 - n) * 24 * HOURS).date().isoformat() for n in range(30)]
    wave = [1.9 + 0.4 * math.sin(n / 3) for n in range(30)]
    window = {
        "n": 2200, "why": None, "all": entry(8, 2200, worse),
        "leads": {str(lead): entry(lead, 97, worse) for lead in leads},
    }  # fmt: skip
    target = {
        "column": "air_temperature_c", "unit": "°C", "label": "Air temperature",
        "champion": {"version": "20261124T0200-1a2b3c4d", "since": iso(26), "age_days": 1.1,
                     "reason": "better", "verified_at": iso(0.1), "verified": True},
        "hours": {name: {"expected": 24, "without": 1, "share_without": 0.04} for name in WINDOWS},
        "newest_issued_at": iso(0.8),
        "windows": {"24h": window, "7d": window,
                    "30d": {"n": 3, "why": "not enough yet (3)", "all": None, "leads": {}}},
        "daily": {"days": days, "n": [2000] * 30, "rmse": [*wave[:10], None, *wave[11:]], "bias": [0.1] * 30,
                  "coverage_80": [0.8] * 30, "persistence_rmse": [3.0 + value for value in wave],
                  "promised_rmse": [2.0] * 30},
        "residuals": {"bias": 0.1, "n_effective": 14.2, "standard_error": 0.2, "scaled_bias": 0.08,
                      "spread_ratio": 1.02},
        "stations": [{"id": row.id, "english": row.english, "korean": row.korean, "n": 3900, "rmse": 1.2,
                      "bias": 0.1, "coverage_80": 0.8} for row in load_stations()[:stations]],
    }  # fmt: skip
    checks = [
        held(
            "model_bias",
            bias_c,
            0.5,
            subject="air_temperature",
            detail="7 days, 14 effective",
        ),
        held("model_coverage_off", coverage, 0.7, subject="air_temperature", low=True),
        held("forecasts_missing", 0.04, 0.1, subject="air_temperature", critical=True),
    ]
    figures = {"measured_at": NOW.isoformat(), "targets": {"air_temperature": target}, "read": {}}
    return Section("model_performance", figures, checks, [])


def pooled(rmse: float, n: int) -> dict[str, Any]:
    """Errors of a forecast."""
    return {"n": n, "rmse": rmse, "mae": 0.8 * rmse, "bias": -0.1, "within_1": 0.52, "within_2": 0.83}


def official(
    *,
    stations: int = 97,
    present: int | None = None,
    age_hours: float = 1.5,
    missing: int = 0,
    changed: Collection[int] = (),
    moved: Collection[int] = (),
    simulated: bool = False,
) -> Section:
    """The section of the KMA's forecast.

    Args:
        stations: how many are watched.
        present: how many have the newest issue; None = all.
        age_hours: age of the newest issue.
        missing: missing issues of stations.
        changed: ids of stations where the official bias has changed.
        moved: ids of stations that the KMA lists elsewhere.
        simulated: whether the weather is a simulator's.
    """
    rows = load_stations()[:stations]
    bias = [
        {"station_id": row.id, "before_c": 0.1, "change_c": 0.7 if row.id in changed else 0.1,
         "limit_c": 0.6, "since": "2026-11-02" if row.id in changed else None}
        for row in rows
    ]  # fmt: skip
    moves = [
        {"id": row.id, "korean": row.korean, "english": row.english, "moved_km": 5.3,
         "latitude": row.latitude + 0.02, "longitude": row.longitude, "elevation_m": 80.0}
        for row in rows if row.id in moved
    ]  # fmt: skip
    expected = 16 * stations
    figures = {
        "measured_at": NOW.isoformat(), "collected": True, "simulated": simulated,
        "newest_issue": {"issued_at": iso(age_hours), "age_hours": age_hours,
                         "stations": stations if present is None else present,
                         "stations_expected": stations},
        "gaps": {"open": missing, "expected": expected, "oldest": iso(30) if missing else None,
                 "by_reason": {"missing": missing} if missing else {}},
        "comparison": {
            "first_day": "2026-10-27", "last_day": "2026-11-26", "reason": None,
            "leads": {str(lead): {"ours": pooled(0.6 + 0.19 * math.sqrt(lead), 69000),
                                  "kma": pooled(1.42 + 0.008 * lead, 69000)} for lead in range(1, 49)},
            "maximum": {"ours": pooled(1.3, 2900), "kma": pooled(1.4, 2900)}, "minimum": None,
        },
        "bias": {"measured_at": iso(3), "last_day": "2026-11-25", "days": 590, "stations": bias},
        "moves": {"asked_at": iso(8), "compared": stations, "moved": moves},
        "read": {"requests": 12, "bytes": 812345},
    }  # fmt: skip
    checks = [
        held("kma_forecast_stale", age_hours, 7.0, "h"),
        held("kma_forecast_stations_low", (stations if present is None else present) / stations, 0.9,
             low=True),
        held("kma_issues_missing", missing / expected, 0.1),
        *(held("kma_bias_changed", row["change_c"], 0.6, "°C", str(row["station_id"])) for row in bias),
        *(held("station_moved", 5.3 if row.id in moved else 0.0, 1.0, "km", str(row.id)) for row in rows),
    ]  # fmt: skip
    return Section("official_forecast", figures, checks, [])


def healthy(stations: int = 97) -> list[Section]:
    """All sections of a system that is well."""
    return [
        health(),
        data(stations=stations),
        performance(stations=stations),
        official(stations=stations),
    ]


def troubled(stations: int = 97) -> list[Section]:
    """All sections with everything wrong at once; and S3's probe could not be made."""
    system = health(
        memory_used_gb=7.6,
        memory_share=0.95,
        triggerer=None,
        paused=["history"],
        failing=["model_training"],
        slow=["forecast"],
        late=["data_collection"],
    )
    figures = {**system.figures, "storage": {"write_ms": None, "failed": "write", "clock_skew_s": None}}
    error = (
        "write failed: s3://weather/monitoring/probe at http://localhost:9000: no answer: see that it runs"
    )
    system = Section(
        system.name,
        figures,
        [
            *(check for check in system.checks if check.name != "s3_slow"),
            Check("s3_failing", "", Status.BREACH, CheckSeverity.CRITICAL, None, None, "", error),
            unknown("s3_slow", f"S3 doesn't write: {error}"),
        ],
        [Missing("storage.write_ms", error)],
    )
    week = data(
        stations=stations,
        silent=SILENT,
        biased=BIASED,
        empty_hours=range(60, 66),
        thin_hours=range(139, 168),
    )
    return [
        system,
        week,
        performance(stations=stations, worse=1.5, bias_c=0.6, coverage=0.65),
        official(
            stations=stations,
            present=stations // 2,
            age_hours=9.5,
            missing=4 * stations,
            changed=BIASED,
            moved=BIASED[:1],
            simulated=True,
        ),
    ]


def young() -> list[Section]:
    """The first hour: nothing in the tables, no model; the section of the data was not stored."""
    early = "not enough yet: a median needs 5 successful runs before the newest one"
    system = health()
    quiet = {
        **system.figures["airflow"]["dags"]["monitoring"], "last_state": None, "last_started_at": None,
        "last_seconds": None, "median_seconds": None,
    }  # fmt: skip
    figures = {"airflow": {"components": {}, "dags": {"monitoring": quiet}},
               "machine": system.figures["machine"]}  # fmt: skip
    checks = [
        held("cpu_busy", 41.0, 95.0, "%"),
        *(unknown("dag_slow", early, name) for name in DAGS[:4]),
        *(unknown("dag_failing", "no run has ended yet", name, critical=True) for name in DAGS[:4]),
    ]
    return [
        Section("system_health", figures, checks, [
            Missing("storage", "s3://weather: no answer: ConnectTimeoutError. See that S3 is reachable."),
            Missing("kma", "there is no response yet"),
        ]),
        Section("data_quality", missing=[Missing(
            "data_quality", "the task data_quality stored no section: it ended as failed: see its log")]),
        Section("model_performance", {"measured_at": NOW.isoformat(), "targets": {"air_temperature": {
            "column": "air_temperature_c", "unit": "°C", "label": "Air temperature", "champion": None,
            "hours": {}, "newest_issued_at": None,
            "windows": {name: {"n": 0, "why": "not enough yet (0)", "all": None, "leads": {}}
                        for name in WINDOWS},
            "daily": {"days": [], "n": [], "rmse": [], "bias": [], "coverage_80": [],
                      "persistence_rmse": [], "promised_rmse": []},
            "residuals": None, "stations": []}}},
            [unknown("model_bias", "not enough yet (0)", "air_temperature")],
            [Missing("targets.air_temperature.champion", "there is no champion yet: train one")],
        ),
        Section("official_forecast", {"measured_at": NOW.isoformat(), "collected": False}),
    ]  # fmt: skip
