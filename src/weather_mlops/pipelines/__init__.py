"""What a pipeline's YAML may say: schema, validation, plan of a change. Imports no Airflow."""
