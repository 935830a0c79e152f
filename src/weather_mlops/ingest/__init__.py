"""What brings observations in: collection by the hour, loads of years, imports, replay, rebuild."""
