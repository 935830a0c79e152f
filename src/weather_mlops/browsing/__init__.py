"""What the pipelines made, as pages for the Airflow UI: data in, HTML out, and the reads that it takes."""
