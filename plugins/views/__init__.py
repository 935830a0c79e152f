"""What Airflow's API server shows of this project. Imported there only."""
