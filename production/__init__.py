"""What running in production takes beside the pipelines: secrets, backups, restoring.

``python -m production`` is the command; docs/operations.md tells when to use it. It knows PostgreSQL, the
bucket and the domain package, and no Airflow: it works when Airflow doesn't.
"""
