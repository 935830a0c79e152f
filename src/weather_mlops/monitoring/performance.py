"""Is the model still good? Forecasts beside the observations that came since.

Figures of the section (times are ISO 8601, UTC; a share is 0 to 1; None = not measured, see ``missing``;
errors are forecast minus observation, in the target's unit)::

    {"measured_at": "2026-11-24T04:05:00+00:00",
     "targets": {"air_temperature": {
        "column": "air_temperature_c", "unit": "°C", "label": "Air temperature",
        "champion": {"version": "20261124T0200-1a2b3c4d", "since": "...", "age_days": 1.1,
                     "reason": "...", "verified_at": "...", "verified": true},     None = none yet
        "hours": {"24h": {"expected": 24, "without": 1, "share_without": 0.04}, "7d": {...}, "30d": {...}},
        "newest_issued_at": "...",
        "windows": {"24h": {"n": 2200, "hours": 23, "why": None,          n: pairs; too few: "not enough yet (n)"
            "all": ENTRY, "leads": {"1": ENTRY, ..., "24": ENTRY}}, "7d": {...}, "30d": {...}},
        "daily": {"days": ["2026-11-01", ...], "n": [...], "rmse": [...], "bias": [...],       KST's days
                  "coverage_80": [...], "persistence_rmse": [...], "promised_rmse": [...]},
        "residuals": {"bias": 0.1, "n_effective": 14.2, "standard_error": 0.2,           of the last 7 d
                      "scaled_bias": 0.08, "spread_ratio": 1.02},      in promised RMSE; RMSE / promised RMSE
        "stations": [{"id": 108, "english": "Seoul", "korean": "서울", "n": 3900, "rmse": 1.2, "bias": 0.1,
                      "coverage_80": 0.8}]}},                                            last 7 d
     "read": {"requests": 12, "bytes": 812345}}

    ENTRY = {"n": 97, "rmse": 0.9, "mae": 0.7, "bias": 0.0, "coverage_80": 0.8, "width_80": 2.1,
             "persistence_rmse": 2.0, "skill_persistence": 0.55,                         on the same rows
             "promised_rmse": 0.85, "promised_coverage_80": 0.81}      by the evaluation of the champion

``windows``, ``daily``, ``residuals`` and ``stations`` are of all forecasts that were issued, whichever version
made them; what was promised is the present champion's. A target without any pair has empty ``daily`` and
``stations``, and ``residuals`` None.
"""
