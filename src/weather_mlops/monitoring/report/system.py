"""Section "Is it up?": pipelines, Airflow's components, S3, the KMA's API, the host."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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
from weather_mlops.monitoring.report.check_tables import gap
from weather_mlops.monitoring.report.translations import Translator, figure
from weather_mlops.pages.charts import bullet
from weather_mlops.pages.components import Facts, Part, Table, TableCell, TableColumn, TableRow
from weather_mlops.pages.figures import MISSING, NBSP, kst, number, percent

STEPS: Final[tuple[StorageStep, ...]] = ("write_ms", "read_ms", "list_ms", "delete_ms")
RUN_STATES: Final = ("success", "failed", "running", "queued")
SIGNS: Final = {"success": Status.OK, "failed": Status.BREACH}
HEALTHY: Final = "healthy"
STATUSES: Final = (HEALTHY, "unhealthy")

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class SystemView:
    """What the section shows; ``watched`` says which pipelines are watched for what."""

    watched: Sequence[str]
    pipelines: Part
    components: Part
    storage: Part
    kma: Part
    machine: Part


def view(section: Section, words: Translator) -> SystemView:
    """The section."""
    figures = section.system
    airflow, storage = figures.get("airflow") or {}, figures.get("storage") or {}
    probed = any(storage.get(step) is not None for step in STEPS)
    dags = airflow.get("dags")

    def part(
        name: str, label: str, value: Value | None, shown: Callable[[Value, Translator], Table | Facts]
    ) -> Part:
        return shown(value, words) if value else gap(section, name, words(f"system_{label}"), words)

    return SystemView(
        _watched(dags, words) if dags else (),
        part("airflow", "pipelines", dags, _pipelines),
        part("airflow", "components", airflow.get("components"), _components),
        part("storage", "storage", storage if probed else None, _storage),
        part("kma", "kma", figures.get("kma"), _kma),
        part("machine", "machine", figures.get("machine"), _machine),
    )


def _watched(dags: Mapping[str, DagFigures], words: Translator) -> list[str]:
    """Which pipelines are watched for what, a sentence per kind."""
    named: dict[str, list[str]] = {}
    for dag_id, known in dags.items():
        kind = next(iter(_unscheduled(known or {})), "by_schedule")
        named.setdefault(kind, []).append(dag_id)
    return [
        words(f"system_watched_{kind}", names=", ".join(named[kind]))
        for kind in ("by_schedule", "by_hand", "paused")
        if kind in named
    ]


def _pipelines(dags: Mapping[str, DagFigures], words: Translator) -> Table:
    figures = ("took", "median", "took_against", "late", "waits", "failed_in_a_row")
    columns: list[TableColumn | str] = [
        words("system_pipeline"),
        words("system_last_run"),
        TableColumn(words("report_state"), "words"),
        *(words(f"system_{name}") for name in figures),
    ]
    rows = [TableRow(dag_id, _pipeline(dag or {}, words)) for dag_id, dag in dags.items()]
    return Table(words("system_pipelines_caption"), columns, rows, words("system_dash_or_none"))


def _pipeline(dag: DagFigures, words: Translator) -> list[TableCell | str]:
    at, took, median = dag.get("last_started_at"), dag.get("last_seconds"), dag.get("median_seconds")
    return [
        kst(at) if at else MISSING,
        _state(dag, words),
        number(took, "s", digits=0),
        number(median, "s", digits=0),
        TableCell(MISSING)
        if took is None or median is None
        else TableCell(chart=bullet(took, median, "model")),
        number(dag.get("late_minutes"), "min", digits=0),
        number(dag.get("queued_minutes"), "min", digits=0),
        number(dag.get("failed_in_a_row"), digits=0),
    ]


def _state(dag: DagFigures, words: Translator) -> TableCell:
    state = dag.get("last_state")
    result = words(f"system_run_{state}") if state in RUN_STATES else state or words("system_never_ran")
    notes = [words(f"system_{name}") for name in _unscheduled(dag)]
    return TableCell(" · ".join([result, *notes]), "words", sign=SIGNS.get(state or "", ""))


def _unscheduled(dag: DagFigures) -> list[str]:
    """Why a pipeline doesn't run by its schedule, as keys of messages; empty if it does."""
    states: dict[str, bool | None] = {"paused": dag.get("paused"), "by_hand": dag.get("by_hand")}
    return [name for name, state in states.items() if state]


def _components(components: Mapping[str, ComponentFigures], words: Translator) -> Table:
    rows = []
    for name, known in components.items():
        component = known or {}
        status, beat = component.get("status"), component.get("heartbeat_at")
        sign = Status.OK if status == HEALTHY else Status.BREACH
        text = words(f"system_status_{status}") if status in STATUSES else status or MISSING
        rows.append(TableRow(name, [TableCell(text, sign=sign), kst(beat) if beat else MISSING]))
    columns = [words("system_component"), words("report_state"), words("system_heartbeat")]
    return Table(words("system_components"), columns, rows, words("system_no_heartbeat"))


def _storage(storage: StorageFigures, words: Translator) -> Table:
    longest = max((storage.get(step) or 0 for step in STEPS), default=0) or 1
    rows = []
    for step in STEPS:
        taken = storage.get(step)
        bar = (
            TableCell(MISSING)
            if taken is None
            else TableCell(number(taken, "ms", digits=0), "bar calm", taken / longest)
        )
        rows.append(TableRow(words(f"system_{step}"), [bar]))
    columns = [words("system_step"), words("system_took")]
    return Table(words("system_storage_caption"), columns, rows, words("report_dash"))


def _kma(kma: KmaFigures, words: Translator) -> Facts:
    at, age = kma.get("last_success_at"), kma.get("last_success_age_h")
    facts = {
        "last_success": f"{kst(at)} ({words('system_ago', time=figure(age, 'h'))})" if at else None,
        "responses": _known(kma.get("replies_24h"), lambda n: number(n, digits=0)),
        "calls": _both(
            kma.get("calls_used"),
            kma.get("calls_left"),
            lambda used, left: words(
                "system_calls_of", used=number(used, digits=0), left=number(left, digits=0)
            ),
        ),
        "attempts": _both(
            kma.get("failed_tries_24h"),
            kma.get("tries_24h"),
            lambda failed, attempts: words(
                "system_attempts_of", failed=number(failed, digits=0), attempts=number(attempts, digits=0)
            ),
        ),
    }
    return _facts({words(f"system_{name}"): text for name, text in facts.items()}, words)


def _machine(machine: HostFigures, words: Translator) -> Facts:
    facts = {
        words("system_cores"): _both(
            machine.get("cpu_share"),
            machine.get("cores"),
            lambda share, n: words("system_cores_of", share=percent(share), n=f"{n:g}"),
        ),
        words("system_memory"): _both(
            machine.get("memory_used_gb"),
            machine.get("memory_limit_gb"),
            lambda used, limit: words(
                "system_memory_of", used=number(used, "GB", digits=1), limit=number(limit, "GB", digits=1)
            ),
        ),
    }
    for disk in machine.get("disks") or []:
        facts[words("system_disk", path=disk["path"])] = words(
            "system_disk_of", share=percent(disk["used_share"]), free=number(disk["free_gb"], "GB", digits=1)
        )
    return _facts(facts, words)


def _facts(facts: Mapping[str, str | None], words: Translator) -> Facts:
    nothing = f"{MISSING}{NBSP}{words('report_unmeasured')}"
    return Facts([(name, text or nothing) for name, text in facts.items()])


def _known(value: float | None, text: Callable[[float], str]) -> str | None:
    """The text of a figure; None where it is missing."""
    return None if value is None else text(value)


def _both(first: float | None, second: float | None, text: Callable[[float, float], str]) -> str | None:
    """The text of two figures; None where one of them is missing."""
    return None if first is None or second is None else text(first, second)
