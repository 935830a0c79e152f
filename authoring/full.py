"""The full check: every DAG built by the loader that Airflow uses, without a database."""

import re
import sys
from pathlib import Path
from typing import Final

from authoring.operators import PROJECT
from weather_mlops.pipelines.findings import Finding, Severity

sys.path[:0] = [str(PROJECT / "plugins")]  # where Airflow finds the loader and the operators, too
from yaml_dags import Broken, BrokenPipeline, load

_PLACE: Final = re.compile(
    r"^[^:\n]*?(?P<name>[^/:\n]+):(?P<line>\d+):(?P<column>\d+): (?P<told>.*)", re.DOTALL
)


def build(folder: Path) -> list[Finding]:
    """What keeps the files of a folder from becoming DAGs; they have passed the fast check.

    Args:
        folder: with the pipelines.
    """
    found = []
    for dag in load(folder.resolve()):
        if isinstance(dag, Broken):
            try:
                dag.get_serialized_fields()
            except BrokenPipeline as error:
                found.append(_finding(folder, str(error)))
    return found


def _finding(folder: Path, told: str) -> Finding:
    place = _PLACE.match(told)
    if place is None:
        raise ValueError(f"the loader tells of a broken file, but not which: {told}")
    return Finding(
        str(folder / place["name"]),
        int(place["line"]),
        int(place["column"]),
        Severity.ERROR,
        "not-buildable",
        "",
        f"Airflow can't make a DAG of it: {place['told']}",
        "correct what the message names",
    )
