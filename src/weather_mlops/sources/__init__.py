"""Observations as people have them: other formats than the API Hub's, other encodings, archives."""
