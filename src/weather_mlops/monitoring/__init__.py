"""Is it up, are the data in, are they right, is the model still good: measured, reported, alerted on."""
