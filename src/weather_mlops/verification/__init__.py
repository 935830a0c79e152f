"""Forecasts compared with observations: which forecast was known when, scores, and sums of errors."""
