"""The whole system on one machine, on embedded parts: what `make run` and `make once` start.

``bootstrap`` runs on the system's Python and makes the environment; everything else runs inside it.
"""
