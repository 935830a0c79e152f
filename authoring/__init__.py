"""What writers of YAML use, where it takes Airflow: make the schema, build every DAG without a database."""
