"""The rules without those that only count: the same rows are accepted and refused, in a third of the time.

Most rules are warnings, and Great Expectations takes its time for each, however few the rows are. Tests whose
subject is what becomes of the rows, and not the warnings or the score, audit by the critical rules alone;
tests/quality/test_audit.py holds the two against each other.
"""

import atexit
import json
import shutil
import tempfile
from functools import cache
from pathlib import Path

from weather_mlops.quality.suites import COMPLETENESS, OBSERVATIONS
from weather_mlops.settings import project_folder


@cache
def critical_suites() -> Path:
    """A folder with the shipped suites, of the rows' rules only the critical ones."""
    folder = Path(tempfile.mkdtemp(prefix="critical-suites-"))
    atexit.register(shutil.rmtree, folder)
    shipped = project_folder("expectations")
    suite = json.loads((shipped / f"{OBSERVATIONS}.json").read_text("utf-8"))
    suite["expectations"] = [rule for rule in suite["expectations"] if rule["severity"] == "critical"]
    (folder / f"{OBSERVATIONS}.json").write_text(json.dumps(suite), "utf-8")
    shutil.copy(shipped / f"{COMPLETENESS}.json", folder)
    return folder
