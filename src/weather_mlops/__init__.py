"""Korean weather observations: from the KMA API to a validated, versioned table and its forecasts.

Imports no Airflow: everything here can be tried in a REPL. See ARCHITECTURE.md for how the parts fit.
"""
