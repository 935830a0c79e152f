"""Switch off telemetry: dag-factory's own plugin reports every finished run unless this variable is set.

Airflow loads the plugins of this folder before those of packages.
"""

import os

os.environ["DO_NOT_TRACK"] = "1"
