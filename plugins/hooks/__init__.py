"""Airflow connections made into clients of the domain package."""
