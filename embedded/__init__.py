"""The whole system on one machine, without containers: what `make run` and `make once` start.

``bootstrap`` runs on the system's Python and creates the virtual environment; everything else runs inside it.
"""
