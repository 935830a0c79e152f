"""The output of `make status`: what runs, since when, how to reach it, and the runs of each pipeline."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Final

from embedded.airflow_api import AirflowApi, AirflowSilent, Dag, Run
from embedded.components import USER, System
from embedded.outcomes import outcome_state
from embedded.running import Running
from embedded.space import NEEDED_BYTES, free_bytes, low_space, shown
from weather_mlops.clock import KST

NOTHING: Final = "Nothing is running: `make run` starts it."
BY_HAND: Final = "when somebody starts it"


def unsupervised(services: Sequence[str]) -> str:
    """Return the message about services whose launcher was killed."""
    return (
        f"Left by a launcher that was killed: {', '.join(services)}. Nothing watches over them: "
        "`make run` stops them and starts again, `make stop` stops them."
    )


def describe(running: Running, system: System, now: datetime) -> Iterator[str]:
    """Yield lines about a running system, without calling it.

    Args:
        running: record of the launcher.
        system: the system that it runs.
        now: the time, timezone-aware.
    """
    since = f"{running.since.astimezone(KST):%Y-%m-%d %H:%M} KST ({lasted(now - running.since)})"
    state = "Running" if running.ready else "Starting"
    if not running.whole:
        yield f"`make {running.command}` since {since}, process {running.pid}; Airflow isn't started."
        return
    yield f"{state} since {since}: `make {running.command}`, process {running.pid}."
    yield f"  Airflow   {system.ui_url}   user {USER}, password {system.keys.password}"
    yield f"  S3        {system.storage_url}, keys in {system.folder / 'keys.json'}"
    weather = "SIMULATED: KMA_AUTH_KEY was not set" if system.simulated else "of the KMA"
    yield f"  Weather   {weather}, {system.data_environment()['KMA_API_URL']}"
    yield "  Ports     " + ", ".join(f"{name} {port}" for name, port in asdict(system.ports).items())
    free = free_bytes(system.folder)
    yield f"  Folder    {system.folder}, {shown(free)} free"
    if free < NEEDED_BYTES:
        yield f"  {low_space(free, system.folder)}"


def pipelines(api: AirflowApi, dags: Sequence[Dag]) -> Iterator[str]:
    """Yield a line for each pipeline with its last and its next run."""
    rows = [("pipeline", "last run", "next run")]
    for dag in sorted(dags, key=lambda dag: dag.dag_id):
        newest = api.runs(dag.dag_id, limit=1)
        rows.append((dag.dag_id, last_run(api, newest[0] if newest else None), next_run(dag)))
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, last, following in rows:
        yield f"  {name:<{widths[0]}}  {last:<{widths[1]}}  {following}"


def last_run(api: AirflowApi, run: Run | None) -> str:
    """Describe state, start and duration of a pipeline's last run."""
    if run is None:
        return "none yet"
    state = outcome_state(run, api.instances(run))
    at = f" {_time(run.started_at)}" if run.started_at else ""
    spent = "" if run.seconds is None else f", {run.seconds:.0f} s"
    return f"{state}{at}{spent}"


def next_run(dag: Dag) -> str:
    """Describe when a pipeline runs next."""
    if dag.paused:
        return "paused: its switch in the UI is off"
    if dag.next_run:
        return _time(dag.next_run)
    return f"after {' or '.join(dag.assets)}" if dag.assets else BY_HAND


def report(running: Running, system: System, now: datetime | None = None) -> str:
    """Return the whole report; if Airflow doesn't answer, its pipelines are reported as unknown."""
    lines = [*describe(running, system, now or datetime.now(UTC))]
    if running.whole and running.ready:
        try:
            api = AirflowApi(system.ui_url, USER, system.keys.password, patience=0)
            health = api.health()
            lines.append("  Parts     " + ", ".join(f"{name} {state}" for name, state in health.items()))
            lines += ["", *pipelines(api, api.dags())]
            for file, error in api.import_errors().items():
                lines += ["", f"Import error of {file}:", *(f"  {line}" for line in error.splitlines())]
        except AirflowSilent as error:
            lines.append(f"  Pipelines unknown: {error}")
    return "\n".join(lines)


def lasted(span: timedelta) -> str:
    """Format a time span in its two largest units."""
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:  # noqa: PLR2004
        return f"{hours} h {minutes} min"
    return f"{hours // 24} d {hours % 24} h"


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(KST):%Y-%m-%d %H:%M}"
