"""`make run`, `make once`, `make history`, `make stop`: the whole system on this machine."""

import json
import math
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from types import FrameType
from typing import Any, Final

from embedded import alerts, archive, commands, status
from embedded.airflow_api import AirflowApi, AirflowRefused, AirflowSilent, Run
from embedded.components import PROJECT, USER, Ports, System
from embedded.launcher import Launcher, say
from embedded.private import write_private
from embedded.proxy import unusable_proxies, with_direct_loopback
from embedded.running import Running, file_of
from embedded.runs import HISTORY, TRAINING, first_load, history_of, in_order, is_collected
from embedded.services import ServiceError, Supervisor
from embedded.watching import ImportErrors, Watch
from weather_mlops.errors import WeatherError

FOLDER: Final = PROJECT / ".run"
RUN_PATIENCE: Final = 3600  # seconds: a training on a slow machine; each task has its own timeout
FIRST: Final = "data_collection"


def once(launcher: Launcher) -> int:
    """Run every pipeline once, in order; 0 if all succeeded. A skipped run counts as not successful."""
    first = first_load(os.environ)
    api = launcher.start()
    summaries = {}
    missed = [] if archived(launcher, first) else ["the archive of forecasts (not imported)"]
    for dag_id in in_order(api.dag_ids()):
        if dag_id == HISTORY and first is None:
            say("Not running history: WEATHER_FIRST_DAYS or WEATHER_FIRST_STATIONS is 0")
            continue
        say(f"Running {dag_id} ...")
        if dag_id == HISTORY:
            summaries[dag_id] = load(launcher, api, first, RUN_PATIENCE)
        else:
            summaries[dag_id] = launcher.follow(api, dag_id, api.run_now(dag_id), RUN_PATIENCE)
        api.unpause(dag_id, paused=True)
    file = launcher.system.folder / "summary.json"
    write_private(file, json.dumps(summaries, indent=2, ensure_ascii=False) + "\n")
    say(f"Summary: {file}")
    missed += [f"{dag_id} ({run['state']})" for dag_id, run in summaries.items() if run["state"] != "success"]
    missed += [f"{file} (import error)" for file in launcher.broken]
    if missed:
        say(f"Not successful: {', '.join(missed)}; the reasons are above")
    return 1 if missed else 0


def archived(launcher: Launcher, first: Mapping[str, str] | None) -> bool:
    """Import the forecasts of the first days where the weather is simulated; whether that succeeded."""
    return first is None or not launcher.system.simulated or archive.bring_in(launcher, first)


def load(
    launcher: Launcher,
    api: AirflowApi,
    conf: Mapping[str, Any] | None,
    patience: float = math.inf,
    dag_id: str = HISTORY,
) -> dict[str, Any]:
    """Load history, with its progress on the terminal; return the run's summary.

    Raises:
        ServiceError: it did not end in time, for example because it waits for the next day's calls.
    """
    api.unpause(dag_id)
    return launcher.follow(api, dag_id, api.trigger(dag_id, conf=conf), patience)


def history(launcher: Launcher) -> int:
    """Load what the environment names; 0 if the run succeeded."""
    dag_id, conf = history_of(os.environ)
    api = launcher.attach()
    return 0 if load(launcher, api, conf, dag_id=dag_id)["state"] == "success" else 1


def alert_test(launcher: Launcher) -> int:
    """Send a test message through the channel of the alerts; 0 if every service accepted it."""
    delivered, result = alerts.send_test(launcher.attach(), RUN_PATIENCE)
    say(result)
    return 0 if delivered else 1


def run(launcher: Launcher) -> int:
    """Run until interrupted, and print each run that ends; if the system runs already, print its status."""
    if (running := Running.of(launcher.system.folder)) is not None and running.whole:
        say(f"It runs already.\n{status.report(running, launcher.system)}")
        return 0
    first = first_load(os.environ)
    api = launcher.start()
    watch = Watch(api, launcher.logs)
    dag_ids = set(api.dag_ids())  # those of broken files are missing
    loads = first is not None and HISTORY in dag_ids and not api.runs(HISTORY)
    # The first training waits for the load: before it there is no data to train on.
    later = {FIRST, *([TRAINING] if loads else [])}
    for dag_id in dag_ids - later:
        api.unpause(dag_id)
    say(
        f"\nAirflow:  {launcher.system.ui_url}   user {USER}, password {launcher.system.keys.password}"
        f"\nS3:       {launcher.system.storage_url}, keys in {launcher.system.folder / 'keys.json'}"
        "\nCtrl-C stops everything; the data stay. From another terminal: make status, make stop.\n"
    )
    if loads:
        api.trigger(HISTORY, conf=first)
        archived(launcher, first)
    if FIRST in dag_ids:
        collect(api)
    errors = ImportErrors(api)
    while True:
        launcher.supervisor.supervise()
        launcher.watch_space()
        try:
            launcher.restart_stuck_scheduler(api)
            for news in (*watch.news(), *errors.news()):
                say(news)
            for ended in watch.ended():
                print_ended(launcher, api, ended)
                if loads and ended.dag_id == HISTORY:
                    loads = False
                    api.run_now(TRAINING)
        except (AirflowSilent, AirflowRefused) as error:  # its processes are supervised above
            say(f"{error}; trying again")
        time.sleep(2)


def collect(api: AirflowApi) -> None:
    """Unpause the collection, and collect the current hour unless that was done already."""
    if is_collected(api.runs(FIRST), datetime.now(UTC)):
        api.unpause(FIRST)
    else:
        api.run_now(FIRST)


def print_ended(launcher: Launcher, api: AirflowApi, ended: Run) -> None:
    """Print a run that ended, or its state alone if Airflow no longer has it."""
    try:
        launcher.print_result(api, ended)
    except AirflowRefused as error:  # somebody has deleted it
        say(f"{ended.dag_id} {ended.state}, {ended.run_id}: {error}")


COMMANDS: Final[Mapping[str, Callable[[Launcher], int]]] = {
    "once": once,
    "run": run,
    "history": history,
    "alert-test": alert_test,
    "rebuild": commands.rebuild,
    "import": commands.import_files,
    "verify": commands.verify,
    "query": commands.query,
    "tables": commands.tables,
    "rollback": commands.rollback,
    "backtest": commands.backtest,
    "airflow": commands.airflow,
    "status": commands.show_status,
}


ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that end the launcher: Ctrl-C, `make stop`, a terminal that is closed."""


def print_error(error: object) -> None:
    """Print why a command fails, if there still is a terminal."""
    with suppress(OSError):
        print(f"error: {error}", file=sys.stderr)


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """Handle a signal that ends the launcher."""
    raise KeyboardInterrupt


def end_by_signals() -> None:
    """Let each of the signals end the launcher like Ctrl-C."""
    for end in ENDING:
        if signal.getsignal(end) is not signal.SIG_IGN:  # nohup ignores SIGHUP on purpose
            signal.signal(end, interrupt)


def reach_own_servers_directly() -> None:
    """Exclude the local servers from the environment's proxies, for this process and what it starts."""
    for name, kind in unusable_proxies(os.environ).items():
        say(f"{name} is ignored: it names a {kind} proxy; outside calls need an HTTP proxy in HTTPS_PROXY")
        del os.environ[name]
    os.environ.update(with_direct_loopback(os.environ))


def main(command: str) -> int:
    """Carry out one command; return its exit status."""
    end_by_signals()
    reach_own_servers_directly()
    try:
        if command == "stop":
            return stop()
        commands.check_usage(command, os.environ)
        running = Running.of(FOLDER)
        launcher = Launcher(running.system(FOLDER) if running else of_environment(), command)
    except ServiceError as error:
        print_error(error)
        return 1
    return do(command, launcher)


def do(command: str, launcher: Launcher) -> int:
    """Carry out one command, and stop what it started; return its exit status."""
    try:
        return COMMANDS[command](launcher)
    except KeyboardInterrupt:
        say("")
        return 0 if command == "run" else 130
    except (ServiceError, WeatherError, OSError) as error:
        print_error(error)
        return 1
    finally:
        # A second Ctrl-C, or a `make stop` meanwhile, must not leave some of it running.
        for end in ENDING:
            signal.signal(end, signal.SIG_IGN)
        try:
            launcher.stop()
        except ServiceError as error:
            print_error(error)


def of_environment() -> System:
    """Return the system that the environment describes.

    Raises:
        ServiceError: a port is invalid.
    """
    return System(
        FOLDER,
        Ports.from_environment(),
        kma_key=os.environ.get("KMA_AUTH_KEY") or None,
        kma_url=os.environ.get("KMA_API_URL"),
        data_go_kr_key=os.environ.get("DATA_GO_KR_KEY") or None,
    )


def stop() -> int:
    """Stop what runs, or what an earlier start left running."""
    stopped = Supervisor(FOLDER, PROJECT).stop_leftovers()
    file_of(FOLDER).unlink(missing_ok=True)
    say(f"Stopped: {', '.join(stopped)}" if stopped else "Nothing was running.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
