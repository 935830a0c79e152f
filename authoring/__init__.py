"""What writers of YAML use, and what it takes Airflow to do: make the schema, build every DAG without a database."""
