"""Forecast models, and what is known about how good they are."""
