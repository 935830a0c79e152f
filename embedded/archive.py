"""The archive of the KMA's forecast that a new system with simulated weather begins with.

The grids of 90 days would take thousands of calls. A user would download files from the KMA's portal and
import them; here the simulator hands out these files.
"""

import shutil
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import urlencode

from embedded.commands import by_hand
from embedded.launcher import Launcher, say

VARIABLES: Final = "TMP,TMX,TMN"
PATIENCE_S: Final = 120


def bring_in(launcher: Launcher, load: Mapping[str, str]) -> bool:
    """Download the forecasts of a load's days and stations from the simulator, and import them.

    Args:
        launcher: of a system that runs, with simulated weather.
        load: ``from`` and ``to``, days as 2020-01-31, and ``stations``, ids joined by commas.

    Returns:
        Whether they were imported; the reason is on the terminal otherwise.
    """
    say(f"Importing the KMA's forecasts from {load['from']} on ...")
    with TemporaryDirectory() as folder:
        file, log = Path(folder) / "forecasts.zip", launcher.logs / "archive.log"
        try:
            download(launcher.system.ports.kma, load, file)
        except (OSError, HTTPException) as error:
            say(f"    not imported: the simulator gave no archive: {error}")
            return False
        with log.open("wb") as output:
            code = by_hand(launcher, "import", "--", str(file), output=output)
    last = log.read_text(errors="replace").strip().rpartition("\n")[2]
    say(f"    {last}" if code == 0 else f"    not imported: {last}; all of it: {log}")
    return code == 0


def download(port: int, load: Mapping[str, str], file: Path) -> None:
    """Write the simulator's archive of a load's days and stations into a file.

    Raises:
        OSError, HTTPException: it did not answer.
    """
    query = urlencode(
        {
            "from": load["from"].replace("-", ""),
            "to": load["to"].replace("-", ""),
            "vars": VARIABLES,
            "stn": load["stations"].replace(",", ":"),
        }
    )
    url = f"http://127.0.0.1:{port}/portal/forecasts.zip?{query}"
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer, file.open("wb") as copy:
        shutil.copyfileobj(answer, copy)
