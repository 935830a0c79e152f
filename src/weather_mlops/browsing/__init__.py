"""Pages for the Airflow UI, made when somebody looks: of objects on S3, never of tables."""
