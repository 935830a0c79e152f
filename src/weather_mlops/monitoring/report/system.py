"""Section "Is it up?": pipelines, Airflow's components, S3, the KMA's API, the host."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from weather_mlops.monitoring.checks import Section, Status
from weather_mlops.monitoring.report.components import check_tables, gap, left, mark, pick
from weather_mlops.monitoring.report.plots import bullet
from weather_mlops.monitoring.report.translations import Translator, figure
from weather_mlops.pages.markup import MISSING, NBSP, cell, escape, kst, number, percent, table

STEPS: Final = ("write_ms", "read_ms", "list_ms", "delete_ms")
STATES: Final = {"success": Status.OK, "failed": Status.BREACH}
HEALTHY: Final = "healthy"

Part = Callable[[Mapping[str, Any], Translator], str]


def body(section: Section, words: Translator) -> str:
    """The section."""
    airflow = pick(section.figures, "airflow")
    parts: tuple[tuple[str, str, Any, Part], ...] = (
        ("airflow", "pipelines", pick(airflow, "dags"), _pipelines),
        ("airflow", "components", pick(airflow, "components"), _components),
        ("storage", "storage", _any(pick(section.figures, "storage"), STEPS), _storage),
        ("kma", "kma", pick(section.figures, "kma"), _kma),
        ("machine", "machine", pick(section.figures, "machine"), _machine),
    )
    html = [
        draw(figures, words) if figures else gap(section, name, words(label), words)
        for name, label, figures, draw in parts
    ]
    pipelines, components, storage, *facts = html
    return (
        f"{check_tables(section.checks, words)}{pipelines}"
        f'<div class="plots"><div>{components}</div><div>{storage}</div></div>{"".join(facts)}'
    )


def _pipelines(dags: Mapping[str, Any], words: Translator) -> str:
    names = ("took", "median", "took_against", "late", "waits", "failed_in_a_row")
    head = [words("pipeline"), words("last_run"), left(words("state")), *(words(name) for name in names)]
    rows = [(escape(dag_id), _pipeline(dag or {}, words)) for dag_id, dag in dags.items()]
    listed = table(words("pipelines_caption"), head, rows, words("dash_or_none"))
    return f"{_watched(dags, words)}{listed}"


def _watched(dags: Mapping[str, Any], words: Translator) -> str:
    """Which pipelines are watched for what, a line per kind."""
    named: dict[str, list[str]] = {}
    for dag_id, dag in dags.items():
        kind = next((name for name in ("paused", "by_hand") if pick(dag, name)), "by_schedule")
        named.setdefault(kind, []).append(escape(dag_id))
    lines = [
        f"<li>{words(f'watched_{kind}', names=', '.join(named[kind]))}</li>"
        for kind in ("by_schedule", "by_hand", "paused")
        if kind in named
    ]
    return f"<ul>{''.join(lines)}</ul>"


def _pipeline(dag: Mapping[str, Any], words: Translator) -> list[str]:
    state, at = dag.get("last_state"), dag.get("last_started_at")
    took, median = dag.get("last_seconds"), dag.get("median_seconds")
    notes = [words(name) for name in ("paused", "by_hand") if dag.get(name)]
    result = (
        f"{mark(STATES[state], words)} {state}" if state in STATES else escape(state or words("never_ran"))
    )
    return [
        cell(kst(at) if at else MISSING),
        cell(" · ".join([result, *notes]), "words"),
        cell(number(took, "s", digits=0)),
        cell(number(median, "s", digits=0)),
        cell(MISSING if took is None or median is None else bullet(took, median, "model")),
        cell(number(dag.get("late_minutes"), "min", digits=0)),
        cell(number(dag.get("queued_minutes"), "min", digits=0)),
        cell(number(dag.get("failed_in_a_row"), digits=0)),
    ]


def _components(components: Mapping[str, Any], words: Translator) -> str:
    rows = []
    for name, component in components.items():
        status, beat = pick(component, "status"), pick(component, "heartbeat_at")
        state = Status.OK if status == HEALTHY else Status.BREACH
        text = f"{mark(state, words)} {escape(status or MISSING)}"
        rows.append((escape(name), [cell(text), cell(kst(beat) if beat else MISSING)]))
    head = [words("component"), words("state"), words("heartbeat")]
    return table(f"{words('components')}.", head, rows, words("no_heartbeat"))


def _storage(storage: Mapping[str, Any], words: Translator) -> str:
    longest = max((storage.get(step) or 0 for step in STEPS), default=0) or 1
    rows = []
    for step in STEPS:
        taken = storage.get(step)
        drawn = (
            cell(MISSING) if taken is None else cell(number(taken, "ms", digits=0), "bar", taken / longest)
        )
        rows.append((words(step), [drawn]))
    return table(words("storage_caption"), [words("step"), words("took")], rows, words("dash"))


def _kma(kma: Mapping[str, Any], words: Translator) -> str:
    at, age = kma.get("last_success_at"), kma.get("last_success_age_h")
    facts = {
        "last_success": at and f"{kst(at)} ({words('ago', time=figure(age, 'h'))})",
        "responses": _known(kma, "replies_24h", lambda n: number(n, digits=0)),
        "calls": _both(
            kma,
            "calls_used",
            "calls_left",
            lambda used, left: words("calls_of", used=number(used, digits=0), left=number(left, digits=0)),
        ),
        "attempts": _both(
            kma,
            "failed_tries_24h",
            "tries_24h",
            lambda failed, attempts: words(
                "attempts_of", failed=number(failed, digits=0), attempts=number(attempts, digits=0)
            ),
        ),
    }
    return _facts({words(name): text for name, text in facts.items()}, words)


def _machine(machine: Mapping[str, Any], words: Translator) -> str:
    facts = {
        words("cores"): _both(
            machine,
            "cpu_share",
            "cores",
            lambda share, n: words("cores_of", share=percent(share), n=f"{n:g}"),
        ),
        words("memory"): _both(
            machine,
            "memory_used_gb",
            "memory_limit_gb",
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


def _known(figures: Mapping[str, Any], name: str, text: Callable[[float], str]) -> str | None:
    """The text of a figure; None where it is missing."""
    value = figures.get(name)
    return None if value is None else text(value)


def _both(
    figures: Mapping[str, Any], one: str, other: str, text: Callable[[float, float], str]
) -> str | None:
    """The text of two figures; None where one of them is missing."""
    first, second = figures.get(one), figures.get(other)
    return None if first is None or second is None else text(first, second)


def _any(figures: Any, names: tuple[str, ...]) -> Any:
    """The mapping if it has at least one of these figures, else None."""
    return figures if any(pick(figures, name) is not None for name in names) else None
