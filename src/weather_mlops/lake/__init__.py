"""S3 and Iceberg: raw replies, staging, tables, publishing, gaps, maintenance, health."""
