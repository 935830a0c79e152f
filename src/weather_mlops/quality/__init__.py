"""Suites, the audit, its score, and Data Docs."""
