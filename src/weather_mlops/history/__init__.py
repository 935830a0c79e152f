"""Years of observations: planned, fetched, audited and published in parts."""
