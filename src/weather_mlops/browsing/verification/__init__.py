"""The page of verification: who was right, by lead, hour of the day and station."""
