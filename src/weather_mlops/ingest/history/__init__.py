"""Years of observations: planned, fetched, audited and published in batches.

All progress is stored: responses in raw, batches in staging, rows in the table. So a stage that is killed and
run again does only the remaining work, and a new load uses the responses that an earlier one received.
"""
