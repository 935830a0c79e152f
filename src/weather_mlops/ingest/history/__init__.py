"""Years of observations: planned, fetched, audited and published in batches."""
