"""Forecasts against what was observed: which forecast was known when, and how large its errors were."""
