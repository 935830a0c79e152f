"""Commands on the system's data, also while it runs: SQL, imports, rebuilding, Airflow's own CLI, status."""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Final

from embedded import status
from embedded.airflow_api import AirflowApi
from embedded.components import USER, inherited
from embedded.launcher import Launcher, say, wait_for_the_system
from embedded.running import Running
from embedded.secret_files import write_secret_files
from embedded.services import ServiceError

NEEDED: Final[Mapping[str, Mapping[str, str]]] = {
    "query": {"SQL": "make query SQL='select * from stations'"},
    "import": {"FILES": "make import FILES='saved/*.txt.gz'"},
    "rollback": {"TARGET": "make rollback TARGET=air_temperature"},
    "backtest": dict.fromkeys(
        ("OBSERVATIONS", "HOLDOUT_FROM", "OUT"),
        "make backtest OBSERVATIONS='*.txt.gz' HOLDOUT_FROM=2020-01-01 OUT=result.json",
    ),
    "airflow": {"ARGS": "make airflow ARGS='dags list'"},
}
"""Required variables of each command, with an example."""

CHAMPION: Final = "weather_champion"
"""The asset that triggers the pipelines which use the champion."""


def check_usage(command: str, environment: Mapping[str, str]) -> None:
    """Check that a command has the variables that it needs.

    Raises:
        ServiceError: a variable is missing; the message has an example.
    """
    needed = NEEDED.get(command, {})
    if missing := [name for name in needed if not environment.get(name, "").strip()]:
        raise ServiceError(f"give {' and '.join(missing)}, as in: {needed[missing[0]]}")


def by_hand(launcher: Launcher, *arguments: str, output: IO[bytes] | None = None) -> int:
    """Run a command of the domain package on this machine's data; return its exit status.

    Args:
        launcher: of the system.
        arguments: of ``python -m weather_mlops``.
        output: takes what the command prints; None = the terminal.
    """
    if "WEATHER_BUCKET" in os.environ:
        environment = dict(os.environ)
    else:
        environment = {**inherited(), **launcher.system.data_environment()}
        if wait_for_the_system(launcher.system.folder) is None:
            Running.here(launcher.system, launcher.command).write(launcher.system.folder)
            launcher.supervisor.stop_leftovers()
            launcher.begin(launcher.system.storage(), quiet=True)
            launcher.ensure_bucket()
    command = [sys.executable, "-m", "weather_mlops", *arguments]
    return subprocess.run(command, env=environment, check=False, stdout=output, stderr=output).returncode


def options(*names: str) -> list[str]:
    """Return options of a command from the environment: FROM=2020-01-01 becomes --from=2020-01-01."""
    return [
        f"--{name.lower().replace('_', '-')}={os.environ[name]}" for name in names if os.environ.get(name)
    ]


def named_files(variable: str) -> list[str]:
    """Return the files or patterns that a variable names, separated by spaces and quoted as in a shell.

    Raises:
        ServiceError: a quote isn't closed.
    """
    text = os.environ.get(variable, "")
    if text and Path(text).is_file():
        return [text]
    try:
        return shlex.split(text)
    except ValueError as error:
        raise ServiceError(
            f"{variable}={text}: {error}: put a name with a quote or a space in quotes"
        ) from None


def rebuild(launcher: Launcher) -> int:
    """Rebuild the tables from raw; with APPLY=1, replace the current ones."""
    apply = ["--apply"] if os.environ.get("APPLY") == "1" else []
    return by_hand(launcher, "rebuild", *options("FROM", "TO"), *apply)


def verify(launcher: Launcher) -> int:
    """Compare the forecasts of the days from FROM to TO with the observations."""
    return by_hand(launcher, "verify", *options("FROM", "TO"))


def import_files(launcher: Launcher) -> int:
    """Import the files that FILES names; forecasts for STATION, by default for those in their cells."""
    return by_hand(launcher, "import", *options("STATION"), "--", *named_files("FILES"))


def rollback(launcher: Launcher) -> int:
    """Make the model VERSION of TARGET the champion again, by default the one deployed before."""
    code = by_hand(launcher, "rollback", os.environ.get("TARGET", ""), *options("VERSION", "REASON"))
    running = Running.of(launcher.system.folder)
    if code == 0 and running is not None and running.whole and "WEATHER_BUCKET" not in os.environ:
        api = AirflowApi(launcher.system.ui_url, USER, launcher.system.keys.password)
        api.update_asset(CHAMPION)
        say("It forecasts now: see `make status`")
    return code


def backtest(_launcher: Launcher) -> int:
    """Train before HOLDOUT_FROM and test after it, on the files of OBSERVATIONS and KMA_FORECASTS."""
    given = options("TARGET", "STATION", "HOLDOUT_FROM", "HOLDOUT_TO", "FOLDS", "OUT", "REPORT")
    given += [f"--kma-forecasts={name}" for name in named_files("KMA_FORECASTS")]
    files = named_files("OBSERVATIONS")
    command = [sys.executable, "-m", "weather_mlops", "backtest", *given, "--", *files]
    return subprocess.run(command, check=False).returncode


def query(launcher: Launcher) -> int:
    """Run the query in SQL, and print its result."""
    return by_hand(launcher, "query", os.environ.get("SQL", ""))


def tables(launcher: Launcher) -> int:
    """Register the bucket's tables in the catalog again.

    Raises:
        ServiceError: the system runs, and would write to tables that are about to change.
    """
    running = Running.of(launcher.system.folder)
    if running is not None and running.whole and "WEATHER_BUCKET" not in os.environ:
        raise ServiceError(
            f"`make {running.command}` (process {running.pid}) writes to the tables: stop it first by "
            "`make stop`, then `make tables`, then start it again"
        )
    return by_hand(launcher, "tables")


def airflow(launcher: Launcher) -> int:
    """Run Airflow's command line with ARGS, in the environment of the system.

    Raises:
        ServiceError: the system has never been started.
    """
    environment = {**launcher.system.airflow_environment(), "PYTHONWARNINGS": "ignore"}
    if not (launcher.system.folder / "airflow" / "airflow.db").exists():
        raise ServiceError("Airflow isn't set up yet: `make run` does it")
    write_secret_files(launcher.system)
    command = [str(Path(sys.executable).parent / "airflow"), *shlex.split(os.environ["ARGS"])]
    return subprocess.run(command, env=environment, check=False).returncode


def show_status(launcher: Launcher) -> int:
    """Print what runs; return 1 if nothing does."""
    running = Running.of(launcher.system.folder)
    if running is None:
        leftovers = launcher.supervisor.leftovers()
        say(status.unsupervised(leftovers) if leftovers else status.NOTHING)
        return 1
    say(status.report(running, launcher.system))
    return 0
