"""Forecasts compared with observations: scores and sums of errors, for evaluation, monitoring and pages."""
