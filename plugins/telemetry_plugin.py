"""Send no telemetry: dag-factory's own plugin would, of every run that ends, unless it finds this variable.

Airflow loads the plugins of this folder before those of packages.
"""

import os

os.environ["DO_NOT_TRACK"] = "1"
