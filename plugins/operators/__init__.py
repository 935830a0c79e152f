"""Airflow operators, thin: arguments and context in, a small dict out. Named as the YAML files."""
