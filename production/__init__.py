"""Tools for running in production: secrets, backups, restoring.

``python -m production`` is the command; docs/operations.md describes when to use it. It needs PostgreSQL, the
bucket and the domain package, but doesn't import Airflow: it works when Airflow doesn't.
"""
