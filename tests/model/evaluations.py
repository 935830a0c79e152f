"""Evaluations as a training run would write them: made up, seeded, of the size and shape of measured ones."""

from datetime import UTC, datetime, timedelta

import numpy as np

from weather_mlops.documents.evaluation import SCHEMA
from weather_mlops.model.breakdowns import HOUR_LEADS
from weather_mlops.model.evaluation import RANK_LEADS, SHOWN_LEADS
from weather_mlops.model.kma_baseline import without_figures
from weather_mlops.stations import load_stations
from weather_mlops.verification.scores import DISTRIBUTION_LEVELS

LEADS = range(1, 49)
# RMSE by lead, °C, of about the size measured for Korean stations.
RMSE = {
    "model": lambda h: 0.55 + 1.75 * (1 - np.exp(-h / 7)),
    "persistence": lambda h: 0.8 + 4.4 * np.abs(np.sin(np.pi * h / 26)) ** 1.2 + 0.11 * h,
    "persistence_24h": lambda h: 3.35 + 0 * h,
    "climatology": lambda h: 3.6 + 0 * h,
    "damped_anomaly": lambda h: 0.78 + 2.3 * (1 - np.exp(-h / 6)),
    "ridge": lambda h: 0.68 + 1.68 * (1 - np.exp(-h / 6.6)) - 0.008 * np.clip(h - 14, 0, 12),
    "champion": lambda h: 0.556 + 1.772 * (1 - np.exp(-h / 7)),
}
FEATURES = [
    "air_temperature_c",
    "air_temperature_c_change_1h",
    "air_temperature_c_change_24h",
    "air_temperature_c_lag_23h",
    "hour_sin",
    "hour_cos",
    "solar_elevation_deg_at_valid_time",
    "climatology_change_c",
    "neighbour_1_air_temperature_c",
    "neighbour_2_air_temperature_c",
    "neighbour_mean_air_temperature_change_3h_c",
    "dew_point_c",
    "relative_humidity_pct",
    "sea_level_pressure_hpa_change_3h",
    "wind_speed_ms",
    "wind_u_ms",
    "wind_v_ms",
    "cloud_total_tenths",
    "solar_radiation_mjm2",
    "ground_temperature_c",
    "soil_temperature_5cm_c",
    "precipitation_mm",
]


def evaluation(count=12, seed=7, **changes):
    """An evaluation with a champion, of which ridge is better at the last leads."""
    random = np.random.default_rng(seed)
    ids = [station.id for station in load_stations()][:: 97 // count][:count]
    leads = {str(lead): lead_figures(lead, random) for lead in LEADS}
    return {
        "schema": SCHEMA,
        "target": "air_temperature_c",
        "unit": "°C",
        "label": "Air temperature",
        "version": "20261124T0200-1a2b3c4d",
        "recipe": "9f8e7d6c5b4a",
        "horizon_hours": max(LEADS),
        "evaluated_at": "2026-11-24T02:00:00+00:00",
        "code_revision": "abc1234",
        "libraries": {"xgboost": "3.2.0", "numpy": "2.4.6", "pyarrow": "22.0.0"},
        "snapshot_id": 6814320993421337012,
        "training": {
            "first": "2022-11-01T00:00:00+00:00",
            "last": "2025-10-31T23:00:00+00:00",
            "stations": ids,
            "rows": 8_760 * count,
            "seconds": 412.7,
            "peak_rss_mb": 2514,
        },
        "holdout": {
            "first": "2025-11-02T00:00:00+00:00",
            "last": "2026-11-01T23:00:00+00:00",
            "rows": 2_920 * count,
        },
        "champion_left_out": None,
        "opponents": [name for name in RMSE if name != "model"],
        "champion": {
            "version": "20260824T0200-0f0e0d0c",
            "improvement": 0.0123,
            "low": -0.003,
            "high": 0.0281,
            "certainty": 0.91,
            "days": 365,
            "crps_improvement": 0.0154,
            "crps_low": 0.002,
            "crps_high": 0.0292,
            "crps_certainty": 0.97,
        },
        "leads": leads,
        "seasons": {
            season: {str(lead): season_figures(lead, factor, random) for lead in LEADS}
            for season, factor in {"DJF": 1.08, "MAM": 1.12, "JJA": 0.8, "SON": 0.97}.items()
        },
        "stations": {
            str(station): {str(lead): station_figures(lead, factor, random) for lead in LEADS}
            for station, factor in zip(ids, random.normal(1, 0.14, count).clip(0.7), strict=True)
        },
        "hours": {str(lead): by_hour(lead, random) for lead in HOUR_LEADS if lead in LEADS},
        "reliability": {
            str(lead): {
                f"p{level * 100:.0f}": float(level + 0.02 * (0.5 - level) + random.normal(0, 0.006))
                for level in DISTRIBUTION_LEVELS
            }
            for lead in LEADS
        },
        "ranks": {str(lead): ranks(lead, random) for lead in RANK_LEADS if lead in LEADS},
        "importance": {str(lead): importance(random) for lead in SHOWN_LEADS},
        "worst": [case(int(station), rank, random) for rank, station in enumerate(ids[:6])],
        "kma_forecast": without_figures("there is no forecast of the KMA"),
        **changes,
    }


def kma_forecast(leads=LEADS, rows=8_760):
    """A comparison with the KMA's forecast on a quarter of the rows; it is better from 6 h on."""
    by_lead = {str(lead): kma_lead(lead, rows) for lead in leads}
    mean = float(np.mean([figures["skill"] for figures in by_lead.values()]))
    return {
        "improvement": mean,
        "low": mean - 0.04,
        "high": mean + 0.03,
        "certainty": 0.0,
        "days": 91,
        "reason": None,
        "rows": rows,
        "first": "2026-08-03T00:00:00+00:00",
        "last": "2026-11-01T23:00:00+00:00",
        "leads": by_lead,
    }


def kma_lead(lead, rows):
    rmse, model_rmse = 1.45 + 0.007 * lead, 1.02 * float(RMSE["model"](lead))
    return {
        "n": rows,
        "rmse": rmse,
        "mae": 0.77 * rmse,
        "bias": -0.06,
        "model_rmse": model_rmse,
        "skill": 1 - model_rmse / rmse,
    }


def season_figures(lead, factor, random):
    rmse = float(RMSE["model"](lead) * factor * random.normal(1, 0.01))
    return {
        "n": 70_000,
        "rmse": rmse,
        "mae": rmse * 0.76,
        "bias": float(random.normal(0, 0.05)),
        "coverage_80": float(0.8 + random.normal(0, 0.012)),
        "width_80": rmse * 2.5,
        "pinball": rmse * 0.21,
        "crps": rmse * 0.56,
        "rmse_kma_forecast": None,
        "rmse_on_common_rows": None,
    }


def station_figures(lead, factor, random):
    figures = season_figures(lead, factor, random)
    return {**figures, "skill_persistence": 1 - figures["rmse"] / float(RMSE["persistence"](lead))}


def lead_figures(lead, random):
    figures = {**season_figures(lead, 1, random), "rmse": float(RMSE["model"](lead))}
    figures["coverage_80"] = float(0.805 - 0.0006 * lead + random.normal(0, 0.004) - (lead == 1) * 0.045)
    baselines = {}
    for name, of_lead in RMSE.items():
        if name != "model":
            rmse = float(of_lead(lead))
            skill = 1 - figures["rmse"] / rmse
            baselines[name] = {"rmse": rmse, "mae": rmse * 0.77, "bias": 0.01, "skill": skill}
    sampled = [figures["coverage_80"] - 0.01, figures["coverage_80"] + 0.01]
    return {**figures, "coverage_80_range": sampled, "opponents": baselines}


def by_hour(lead, random):
    """Errors that are largest in the afternoon."""
    hours = {}
    for hour in range(24):
        factor = 1 + 0.25 * np.sin((hour - 9) / 24 * 2 * np.pi) + random.normal(0, 0.02)
        rmse = {name: float(of_lead(lead) * factor) for name, of_lead in RMSE.items()}
        hours[str(hour)] = {
            "n": 14_600,
            "rmse": rmse.pop("model"),
            "opponents": rmse,
            "rmse_kma_forecast": None,
            "rmse_on_common_rows": None,
        }
    return hours


def ranks(lead, random):
    """A forecast that is a little too narrow; the range of chance is wider at the longer leads."""
    promised = np.diff([0.0, *DISTRIBUTION_LEVELS, 1.0])
    shares = promised * (1 + 0.25 * np.array([1, 0.4, 0, -0.3, -0.4, -0.4, -0.3, 0, 0.4, 1]))
    shares *= 1 + random.normal(0, 0.03, len(shares))
    half = promised * (0.06 + 0.003 * lead) * np.sqrt(0.1 / promised)
    return {
        "levels": list(DISTRIBUTION_LEVELS),
        "shares": (shares / shares.sum()).tolist(),
        "low": (promised - half).tolist(),
        "high": (promised + half).tolist(),
    }


def on_common_rows(e):
    """The same evaluation with the KMA's forecast by season, station and hour, half of which it has."""
    groups = [*e["seasons"].values(), *list(e["stations"].values())[::2]]
    figures = [(int(lead), one) for group in groups for lead, one in group.items()]
    figures += [(int(lead), one) for lead, hours in e["hours"].items() for one in hours.values()]
    for lead, one in figures:
        one["rmse_kma_forecast"] = 1.45 + 0.007 * lead
        one["rmse_on_common_rows"] = 1.02 * one["rmse"]
    return e


def importance(random):
    chosen = random.choice(FEATURES, 15, replace=False)
    shares = np.sort(random.dirichlet(np.full(18, 0.5)))[::-1][:15]
    return {str(feature): float(share) for feature, share in zip(chosen, shares, strict=True)}


def case(station, rank, random):
    issued = datetime(2026, 1, 5, 6, tzinfo=UTC) + timedelta(days=31 * rank, hours=5 * rank)
    hours = np.array(LEADS)
    p50 = 2 + 5 * np.sin((hours + issued.hour) / 24 * 2 * np.pi) + rank
    observed = p50 - np.minimum(0.5 * hours, 7) * (-1) ** rank + random.normal(0, 0.4, len(hours))
    half = 1.28 * RMSE["model"](hours)
    seen = [round(float(value), 1) for value in observed]
    return {
        "station_id": station,
        "issued_at": issued.isoformat(),
        "leads": [int(hour) for hour in hours],
        "observed": [None if rank == 1 and at in {9, 11, 12} else value for at, value in enumerate(seen)],
        "p10": [float(value) for value in p50 - half],
        "p50": [float(value) for value in p50],
        "p90": [float(value) for value in p50 + half],
    }
