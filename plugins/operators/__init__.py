"""Airflow operators, thin: arguments and context in, a small dict out. One module per file of pipelines/."""
