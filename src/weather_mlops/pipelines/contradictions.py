"""Values that are valid one by one, but contradict each other."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeGuard
from zoneinfo import ZoneInfo

from weather_mlops.pipelines import dates
from weather_mlops.pipelines.document import YamlDocument
from weather_mlops.pipelines.findings import Finding, FindingSeverity
from weather_mlops.pipelines.graph import named
from weather_mlops.pipelines.keys import FROM_DEFAULT_ARGS, KeyPath, YamlMapping, YamlValue
from weather_mlops.pipelines.schema import TYPES, has_type
from weather_mlops.pipelines.values import date_fault, zone_fault

SHORTEST_SCHEDULE: Final = timedelta(seconds=1)
_UNITS: Final = ("weeks", "days", "hours", "minutes", "seconds")
_NOT_WITH_FAIL_FAST: Final = ("all_success", None)


def check(
    document: YamlDocument, dag_id: str, dag: YamlMapping, layers: Sequence[YamlMapping]
) -> Iterator[Finding]:
    """Findings of values of a pipeline that contradict each other.

    Args:
        document: the document that has it.
        dag_id: its key.
        dag: its definition.
        layers: what it shares: the file's block ``default``, and defaults.yml.
    """
    defaults = _merged(*reversed(layers))
    effective = {**defaults, **dag}
    yield from _dates(document, dag_id, [dag, *layers])
    if effective.get("schedule") == "@continuous" and effective.get("max_active_runs") != 1:
        yield document.finding(
            (dag_id, "schedule"),
            "contradiction",
            "@continuous runs one at a time",
            "write max_active_runs: 1",
            value=True,
        )
    every = span(effective.get("schedule")) if isinstance(effective.get("schedule"), dict) else None
    if every is not None and every < SHORTEST_SCHEDULE:
        yield document.finding(
            (dag_id, "schedule"),
            "contradiction",
            f"a run every {every.total_seconds():g} seconds: starting a run takes longer",
            "write one second or more, or @continuous with max_active_runs: 1",
            value=True,
        )
    params = dag.get("params")
    for name, param in params.items() if isinstance(params, dict) else ():
        yield from _param(document, (dag_id, "params", name), param)
    shared = _merged(*(layer.get("default_args") for layer in reversed([dag, *layers])))
    if "default_args" in dag:
        yield from _retries(document, (dag_id, "default_args"), dag["default_args"], shared)
    for _, path, task in named(dag.get("tasks"), (dag_id, "tasks"), "task_id"):
        yield from _mapped_over(document, path, task, shared)
        yield from _retries(document, path, task, {**shared, **task})
        yield from _fail_fast(document, path, task, effective)
        yield from _timeouts(document, path, task, effective)
        yield from _pairs(document, path, task)


def span(value: YamlValue) -> timedelta | None:
    """A duration of the YAML; None for anything else, and for one that is too long."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = {"__type__": "datetime.timedelta", "seconds": value}
    if not isinstance(value, dict) or value.get("__type__") != "datetime.timedelta":
        return None
    units = {unit: value[unit] for unit in _UNITS if unit in value}
    if not all(isinstance(amount, int | float) for amount in units.values()):
        return None
    try:
        return timedelta(**units)
    except (OverflowError, ValueError):  # also for .inf and .nan
        return None


def _merged(*parts: YamlValue) -> YamlMapping:
    return {key: value for part in parts if isinstance(part, dict) for key, value in part.items()}


def _dates(document: YamlDocument, dag_id: str, layers: Sequence[YamlMapping]) -> Iterator[Finding]:
    """An end before the start; a date that a pipeline has twice, with different values."""
    named = str(next((layer["timezone"] for layer in layers if layer.get("timezone")), "UTC"))
    if zone_fault(named):  # of a shared time zone, which is a finding there
        return
    zone, chosen = ZoneInfo(named), {}
    for name in dates.NAMES:
        given = [mapping[name] for _, _, mapping in dates.holders(layers) if name in mapping]
        chosen[name] = dates.parse_time(given[0], zone) if given else None
        arguments = layers[0].get("default_args")
        other = arguments.get(name) if isinstance(arguments, dict) and name in layers[0] else None
        if _narrows(name, dates.parse_time(other, zone), chosen[name]):
            yield document.finding(
                (dag_id, "default_args", name),
                "contradiction",
                f"{name} {other} in default_args has no effect: the pipeline itself has {given[0]}",
                "remove one of them",
                severity=FindingSeverity.WARNING,
            )
    start, end = chosen.values()
    if start and end and end < start:
        paths = [
            (dag_id, *inner, name) for name in reversed(dates.NAMES) for inner in ((), ("default_args",))
        ]
        path = next((path for path in paths if _has(layers[0], path[1:])), (dag_id,))
        yield document.finding(
            path,
            "contradiction",
            f"end_date {end:%Y-%m-%d %H:%M %z} is before start_date {start:%Y-%m-%d %H:%M %z}",
            "put the later one in end_date",
        )


def _narrows(name: str, inner: datetime | None, outer: datetime | None) -> bool:
    """Whether a date in ``default_args`` would leave runs without tasks, which count as successful."""
    if inner is None or outer is None:
        return False
    return inner > outer if name == "start_date" else inner < outer


def _has(value: YamlValue, path: Sequence[str]) -> bool:
    for key in path:
        if not isinstance(value, Mapping) or key not in value:
            return False
        value = value[key]
    return True


def _mapped_over(
    document: YamlDocument, path: KeyPath, task: YamlMapping, shared: YamlMapping
) -> Iterator[Finding]:
    """A task that is mapped over a list that ``default_args`` doesn't have."""
    expand = task.get("expand")
    for name, value in expand.items() if isinstance(expand, dict) else ():
        match = re.match(FROM_DEFAULT_ARGS, value) if isinstance(value, str) else None
        if match and not (isinstance(shared.get(match[1]), list) and shared[match[1]]):
            lists = [key for key, argument in shared.items() if isinstance(argument, list)]
            yield document.finding(
                (*path, "expand", name),
                "unknown-key",
                f"default_args has no list {match[1]}",
                f"name one there, in this file or in defaults.yml; there are: {', '.join(lists) or 'none'}",
                value=True,
            )


def _retries(
    document: YamlDocument, path: KeyPath, holder: YamlValue, effective: YamlMapping
) -> Iterator[Finding]:
    delay, longest = span(effective.get("retry_delay")), span(effective.get("max_retry_delay"))
    if delay and longest and delay > longest and isinstance(holder, dict):
        key = next((key for key in ("retry_delay", "max_retry_delay") if key in holder), None)
        if key:
            yield document.finding(
                (*path, key),
                "contradiction",
                f"retry_delay {delay} is longer than max_retry_delay {longest}",
                "make max_retry_delay the longer one",
            )


def _fail_fast(
    document: YamlDocument, path: KeyPath, task: YamlMapping, dag: YamlMapping
) -> Iterator[Finding]:
    rule = task.get("trigger_rule")
    if dag.get("fail_fast") is True and rule not in _NOT_WITH_FAIL_FAST:
        yield document.finding(
            (*path, "trigger_rule"),
            "contradiction",
            f"with fail_fast every task has the trigger rule all_success, this one has {rule}",
            "remove trigger_rule, or fail_fast",
            value=True,
        )


def _timeouts(
    document: YamlDocument, path: KeyPath, task: YamlMapping, dag: YamlMapping
) -> Iterator[Finding]:
    whole, own = span(dag.get("dagrun_timeout")), span(task.get("execution_timeout"))
    if whole and own and own > whole:
        yield document.finding(
            (*path, "execution_timeout"),
            "contradiction",
            f"execution_timeout {own} is longer than the whole run may take, {whole}",
            "make dagrun_timeout the longer one",
            severity=FindingSeverity.WARNING,
        )
    wait, look = span(task.get("publication_timeout")), span(task.get("poll_interval"))
    if wait and look and look > wait:
        yield document.finding(
            (*path, "poll_interval"),
            "contradiction",
            f"poll_interval {look} is longer than publication_timeout {wait}: it polls only once",
            "make publication_timeout the longer one",
        )


def _pairs(document: YamlDocument, path: KeyPath, limits: YamlMapping) -> Iterator[Finding]:
    """Limits that nothing can meet: ``min_x`` above ``max_x``, in a task or in its limits and gates."""
    for key, value in limits.items():
        if isinstance(value, dict):
            yield from _pairs(document, (*path, key), value)
        highest = limits.get(re.sub("^min_", "max_", key)) if key.startswith("min_") else None
        if _is_number(value) and _is_number(highest) and value > highest:
            yield document.finding(
                (*path, key),
                "contradiction",
                f"{key} {value} is more than {key.replace('min_', 'max_')} {highest}",
                "nothing can meet both: make the maximum the larger one",
            )
    yield from _gates(document, path, limits)


def _gates(document: YamlDocument, path: KeyPath, gates: YamlMapping) -> Iterator[Finding]:
    """A coverage whose bounds leave no range; a gate that another one implies."""
    coverage = gates.get("coverage")
    if isinstance(coverage, list) and all(map(_is_number, coverage)) and coverage != sorted(set(coverage)):
        message = f"coverage {' to '.join(map(str, coverage))} leaves nothing between"
        fix = "write [lowest, highest]"
        yield document.finding((*path, "coverage"), "contradiction", message, fix, value=True)
    every, mean = gates.get("min_skill_every_lead"), gates.get("min_skill")
    if not isinstance(every, dict) or not isinstance(mean, dict):
        return
    for baseline in [name for name in every if name in mean]:
        least, least_of_each = mean[baseline], every[baseline]
        if _is_number(least) and _is_number(least_of_each) and least <= least_of_each:
            gate = f"min_skill {least} against {baseline}"
            yield document.finding(
                (*path, "min_skill", baseline),
                "contradiction",
                f"{gate} has no effect: every lead needs {least_of_each} already",
                "remove it, or require more than of every lead",
                severity=FindingSeverity.WARNING,
            )


def _param(document: YamlDocument, path: KeyPath, param: YamlValue) -> Iterator[Finding]:
    """A param whose default doesn't fit its own type: the DAG could not be built."""
    if not isinstance(param, dict) or param.get("__type__") != "airflow.sdk.Param" or "default" not in param:
        return
    default, fault = param["default"], None
    kinds = param.get("type")
    names = [kinds] if isinstance(kinds, str) else kinds if isinstance(kinds, list) else []
    if names and not any(has_type(default, name) for name in names if name in TYPES):
        fault = f"it is not of type {' or '.join(map(str, names))}"
    elif isinstance(param.get("enum"), list) and default not in param["enum"]:
        fault = "it is not in enum"
    elif _is_number(default) and not _within(default, param):
        fault = "it is outside minimum and maximum"
    elif isinstance(default, str) and param.get("format") == "date" and date_fault(default):
        fault = "it is not a date"
    if fault:
        yield document.finding(
            (*path, "default"),
            "contradiction",
            f"the default {default!r} is refused by its own param: {fault}",
            "give another default, or widen the param",
            value=True,
        )


def _within(value: float, param: YamlMapping) -> bool:
    low, high = param.get("minimum"), param.get("maximum")
    return (not _is_number(low) or value >= low) and (not _is_number(high) or value <= high)


def _is_number(value: YamlValue) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
