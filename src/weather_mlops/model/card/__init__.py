"""The model card: one HTML page from an evaluation."""
