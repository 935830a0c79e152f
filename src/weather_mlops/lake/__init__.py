"""S3 and Iceberg: raw responses, staging, tables, publishing, gaps, maintenance, health."""
