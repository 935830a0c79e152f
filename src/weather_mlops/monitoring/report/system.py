"""Section "Is it up?": pipelines, Airflow's components, S3, the KMA's API, the host."""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from weather_mlops.monitoring.checks import Section, Status
from weather_mlops.monitoring.figures.system import (
    ComponentFigures,
    DagFigures,
    HostFigures,
    KmaFigures,
    StorageFigures,
    StorageStep,
)
from weather_mlops.monitoring.report.components import check_tables, gap, left, mark
from weather_mlops.monitoring.report.translations import Translator, figure
from weather_mlops.pages import charts
from weather_mlops.pages.markup import MISSING, NBSP, cell, escape, kst, number, percent, table

STEPS: Final[tuple[StorageStep, ...]] = ("write_ms", "read_ms", "list_ms", "delete_ms")
STATES: Final = {"success": Status.OK, "failed": Status.BREACH}
HEALTHY: Final = "healthy"

Part = TypeVar("Part")


def body(section: Section, words: Translator) -> str:
    """The section."""
    figures = section.system
    airflow, storage = figures.get("airflow") or {}, figures.get("storage") or {}
    probed = any(storage.get(step) is not None for step in STEPS)

    def part(name: str, label: str, value: Part | None, draw: Callable[[Part, Translator], str]) -> str:
        return draw(value, words) if value else gap(section, name, words(label), words)

    pipelines = part("airflow", "pipelines", airflow.get("dags"), _pipelines)
    components = part("airflow", "components", airflow.get("components"), _components)
    steps = part("storage", "storage", storage if probed else None, _storage)
    kma = part("kma", "kma", figures.get("kma"), _kma)
    machine = part("machine", "machine", figures.get("machine"), _machine)
    return (
        f"{check_tables(section.checks, words)}{pipelines}"
        f'<div class="plots"><div>{components}</div><div>{steps}</div></div>{kma}{machine}'
    )


def _pipelines(dags: Mapping[str, DagFigures], words: Translator) -> str:
    names = ("took", "median", "took_against", "late", "waits", "failed_in_a_row")
    head = [words("pipeline"), words("last_run"), left(words("state")), *(words(name) for name in names)]
    rows = [(escape(dag_id), _pipeline(dag or {}, words)) for dag_id, dag in dags.items()]
    listed = table(words("pipelines_caption"), head, rows, words("dash_or_none"))
    return f"{_watched(dags, words)}{listed}"


def _watched(dags: Mapping[str, DagFigures], words: Translator) -> str:
    """Which pipelines are watched for what, a line per kind."""
    named: dict[str, list[str]] = {}
    for dag_id, known in dags.items():
        dag = known or {}
        kind = next(iter(_unscheduled(dag)), "by_schedule")
        named.setdefault(kind, []).append(escape(dag_id))
    lines = [
        f"<li>{words(f'watched_{kind}', names=', '.join(named[kind]))}</li>"
        for kind in ("by_schedule", "by_hand", "paused")
        if kind in named
    ]
    return f"<ul>{''.join(lines)}</ul>"


def _pipeline(dag: DagFigures, words: Translator) -> list[str]:
    state, at = dag.get("last_state"), dag.get("last_started_at")
    took, median = dag.get("last_seconds"), dag.get("median_seconds")
    notes = [words(name) for name in _unscheduled(dag)]
    result = (
        f"{mark(STATES[state], words)} {state}" if state in STATES else escape(state or words("never_ran"))
    )
    return [
        cell(kst(at) if at else MISSING),
        cell(" · ".join([result, *notes]), "words"),
        cell(number(took, "s", digits=0)),
        cell(number(median, "s", digits=0)),
        cell(MISSING if took is None or median is None else charts.bullet(took, median, "model")),
        cell(number(dag.get("late_minutes"), "min", digits=0)),
        cell(number(dag.get("queued_minutes"), "min", digits=0)),
        cell(number(dag.get("failed_in_a_row"), digits=0)),
    ]


def _unscheduled(dag: DagFigures) -> list[str]:
    """Why a pipeline doesn't run by its schedule, as keys of messages; empty if it does."""
    states: dict[str, bool | None] = {"paused": dag.get("paused"), "by_hand": dag.get("by_hand")}
    return [name for name, state in states.items() if state]


def _components(components: Mapping[str, ComponentFigures], words: Translator) -> str:
    rows = []
    for name, known in components.items():
        component = known or {}
        status, beat = component.get("status"), component.get("heartbeat_at")
        state = Status.OK if status == HEALTHY else Status.BREACH
        text = f"{mark(state, words)} {escape(status or MISSING)}"
        rows.append((escape(name), [cell(text), cell(kst(beat) if beat else MISSING)]))
    head = [words("component"), words("state"), words("heartbeat")]
    return table(f"{words('components')}.", head, rows, words("no_heartbeat"))


def _storage(storage: StorageFigures, words: Translator) -> str:
    longest = max((storage.get(step) or 0 for step in STEPS), default=0) or 1
    rows = []
    for step in STEPS:
        taken = storage.get(step)
        drawn = (
            cell(MISSING) if taken is None else cell(number(taken, "ms", digits=0), "bar", taken / longest)
        )
        rows.append((words(step), [drawn]))
    return table(words("storage_caption"), [words("step"), words("took")], rows, words("dash"))


def _kma(kma: KmaFigures, words: Translator) -> str:
    at, age = kma.get("last_success_at"), kma.get("last_success_age_h")
    facts = {
        "last_success": f"{kst(at)} ({words('ago', time=figure(age, 'h'))})" if at else None,
        "responses": _known(kma.get("replies_24h"), lambda n: number(n, digits=0)),
        "calls": _both(
            kma.get("calls_used"),
            kma.get("calls_left"),
            lambda used, left: words("calls_of", used=number(used, digits=0), left=number(left, digits=0)),
        ),
        "attempts": _both(
            kma.get("failed_tries_24h"),
            kma.get("tries_24h"),
            lambda failed, attempts: words(
                "attempts_of", failed=number(failed, digits=0), attempts=number(attempts, digits=0)
            ),
        ),
    }
    return _facts({words(name): text for name, text in facts.items()}, words)


def _machine(machine: HostFigures, words: Translator) -> str:
    facts = {
        words("cores"): _both(
            machine.get("cpu_share"),
            machine.get("cores"),
            lambda share, n: words("cores_of", share=percent(share), n=f"{n:g}"),
        ),
        words("memory"): _both(
            machine.get("memory_used_gb"),
            machine.get("memory_limit_gb"),
            lambda used, limit: words(
                "memory_of", used=number(used, "GB", digits=1), limit=number(limit, "GB", digits=1)
            ),
        ),
    }
    for disk in machine.get("disks") or []:
        facts[escape(words("disk", path=disk["path"]))] = words(
            "disk_of", share=percent(disk["used_share"]), free=number(disk["free_gb"], "GB", digits=1)
        )
    return _facts(facts, words)


def _facts(facts: Mapping[str, str | None], words: Translator) -> str:
    nothing = f"{MISSING}{NBSP}{words('unmeasured')}"
    lines = (f"<dt>{name}</dt><dd>{text or nothing}</dd>" for name, text in facts.items())
    return f"<dl>{''.join(lines)}</dl>"


def _known(value: float | None, text: Callable[[float], str]) -> str | None:
    """The text of a figure; None where it is missing."""
    return None if value is None else text(value)


def _both(first: float | None, second: float | None, text: Callable[[float, float], str]) -> str | None:
    """The text of two figures; None where one of them is missing."""
    return None if first is None or second is None else text(first, second)
