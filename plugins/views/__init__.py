"""The project's pages in Airflow's UI. Imported by the API server only."""
