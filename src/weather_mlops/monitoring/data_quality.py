"""Are data in, and are they right? Measured from the tables, and from the validation results on S3.

Figures of the section (times are ISO 8601, UTC; a share is 0 to 1; None = not measured, see ``missing``)::

    {"measured_at": "2026-11-24T04:05:00+00:00",
     "newest_observed_at": "2026-11-24T03:00:00+00:00", "lag_hours": 1.08,
     "windows": {"24h": {"first": ..., "last": ..., "stations": 97, "expected": 2328, "present": 2301,
                         "completeness": 0.988, "values": 41234, "outside": 2, "validity": 0.99995,
                         "quarantined": 3, "quarantined_share": 0.001, "corrected": 12,
                         "runs": 24, "quality_score": 0.97}, "7d": {...}, "30d": {...}},
     "completeness_by_hour": {"hours": [168 times], "expected": [...], "present": [...]},      last 7 d
     "quality_by_run": {"at": [...], "score": [...], "fit_share": [...]},                      last 7 d
     "score_parts": {"completeness": 0.99, "validity": 1.0, "consistency": 1.0, "timeliness": 0.98},
     "stations": [{"id": 108, "korean": "서울", "english": "Seoul", "latitude": 37.57, "longitude": 126.97,
                   "elevation_m": 85.7, "newest": "...", "silent_hours": 0.0,
                   "completeness": {"24h": 1.0, "7d": 0.99, "30d": 0.99}, "quarantined_7d": 0, "open_gaps": 0,
                   "bias": {"air_temperature_c": {"value": 0.1, "excess": 0.0, "limit": 6.5, "neighbours": 8}, ...},
                        value: day's median against the neighbours, in the unit of the variable; excess: what
                        it adds up to beyond the usual spread, and the limit of that, in unit × days
                   "constant_hours": {"air_temperature_c": 1, ...}}],
     "variables": [{"name": "air_temperature_c", "english": ..., "korean": ..., "unit": "°C",
                    "observed": {"24h": 0.99, "7d": 0.99, "30d": 0.99},      share of the rows that have it
                    "outside_7d": 0, "validity_7d": 1.0}],                   outside = beyond physical limits
     "quarantine": [{"rule": "...", "24h": 0, "7d": 2, "30d": 2}],           most frequent first
     "gaps": {"open": 12, "oldest": "...", "by_age": {"up to 6 h": 3, "6 to 24 h": 1, "1 to 7 d": 8,
              "7 to 31 d": 0}, "by_reason": {"missing": 12}},
     "corrections": {"counted_since": "...", "days": ["2026-11-24"], "corrected": [12]},       KST's days
     "drift": {"measured_at": "...", "window": {"first": ..., "last": ...},
               "reference": "same season of 2023, 2024, 2025",               or "trailing 30 d"
               "stations": 97,
               "variables": [{"name": "air_temperature_c", "unit": "°C",
                              "psi": 0.31, "psi_threshold": 0.42, "wasserstein": 1.2,
                              "wasserstein_threshold": 2.0, "mean": 3.1, "reference_mean": 4.0,
                              "n": 16296, "n_effective": 21.4, "reference_n": 216504,
                              "reference_n_effective": 310.0, "null": 12}],  windows of earlier years
               "why_no_threshold": None},                                    or the reason, in a sentence
     "read": {"requests": 31, "bytes": 4123456}}
"""
