"""Airflow hooks that turn connections into clients of the domain package."""
