"""Which stations and targets the pipelines use, across all files.

They are named once, under ``default_args`` of ``defaults.yml``. A pipeline may override them, and then
pipelines may no longer fit each other: ``make validate`` warns of that. ``make plan`` reports what a
change means for tables, models and alerts, see ``consequences.py``.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from weather_mlops.errors import Misconfigured
from weather_mlops.pipelines.effective import EffectivePipeline, EffectiveTask, Setting
from weather_mlops.pipelines.findings import Finding, FindingSeverity
from weather_mlops.stations import resolve_station_ids

STATIONS: Final = {
    "operators.collection.CollectWeatherDataOperator": "collected",
    "operators.training.CheckDataReadinessOperator": "trained_on",
    "operators.monitoring.DataQualityOperator": "monitored",
    "operators.measuring.DataQualityOperator": "monitored",  # the same under its former path
}
TARGETS: Final = {
    "operators.training.CheckDataReadinessOperator": "trained",
    "operators.forecast.MakeForecastOperator": "forecast",
    "operators.monitoring.ModelPerformanceOperator": "checked",
    "operators.measuring.ModelPerformanceOperator": "checked",
}
"""What an operator uses its stations or targets for."""

ONCE: Final = "name them once, under default_args of defaults.yml, and nowhere else"
TARGETS_FIT: Final = (
    ("trained", "forecast", "is trained, but never forecast"),
    ("trained", "checked", "is trained, but monitoring doesn't check its forecasts"),
    ("forecast", "trained", "is forecast, but no model of it is trained"),
)
STATIONS_FIT: Final = (
    ("monitored", "collected", "monitored, but not collected: monitoring would report them as missing"),
    ("collected", "monitored", "collected, but not monitored"),
    ("trained_on", "collected", "trained on, but no longer collected"),
)


@dataclass(frozen=True)
class Chosen:
    """Stations, or targets: all of them, or some.

    Attributes:
        names: ids or names; None = all.
        setting: the first setting of them; None if the operator's default applies.
        pipeline: the pipeline that has the setting.
        task: the task that has the setting.
    """

    names: frozenset[Any] | None
    setting: Setting | None
    pipeline: EffectivePipeline
    task: EffectiveTask

    def beyond(self, other: "Chosen | None") -> str:
        """What is in this one and not in the other, as text; empty if nothing is."""
        if other is None or other.names is None:
            return ""
        if self.names is None:
            return f"all but {_listed(other.names)}"
        return _listed(self.names - other.names)

    @property
    def where(self) -> str:
        """File and line, for people."""
        if self.setting is None:
            return f"{self.pipeline.source.path.name}, task {self.task.task_id}"
        return f"{self.setting.source.path.name}, line {self.setting.line}"


@dataclass(frozen=True)
class Coverage:
    """Stations and targets of the pipelines of a folder, by their use; see ``STATIONS`` and ``TARGETS``."""

    stations: Mapping[str, Chosen] = field(default_factory=dict)
    targets: Mapping[str, Chosen] = field(default_factory=dict)


def coverage_of(pipelines: Iterable[EffectivePipeline]) -> Coverage:
    """Stations and targets of pipelines, without those that a template decides."""
    stations: dict[str, Chosen] = {}
    targets: dict[str, Chosen] = {}
    for pipeline in pipelines:
        for task in pipeline.tasks.values():
            if task.operator in STATIONS:
                _add(stations, STATIONS[task.operator], pipeline, task, ("stations",))
            if task.operator in TARGETS:
                _add(targets, TARGETS[task.operator], pipeline, task, ("target", "targets"))
    return Coverage(stations, targets)


def check(pipelines: Iterable[EffectivePipeline]) -> Iterator[Finding]:
    """Warnings of stations and targets of one pipeline that another one lacks."""
    covered = coverage_of(pipelines)
    for one, other, what in TARGETS_FIT:
        if (beyond := _beyond(covered.targets, one, other)) and (missing := beyond[0]):
            yield _finding(beyond[1], "target", f"{missing} {what}: see {beyond[2].where}")
    for one, other, what in STATIONS_FIT:
        if (beyond := _beyond(covered.stations, one, other)) and (missing := beyond[0]):
            yield _finding(beyond[1], "stations", f"stations {missing} are {what}: see {beyond[2].where}")


def _beyond(by_use: Mapping[str, Chosen], one: str, other: str) -> tuple[str, Chosen, Chosen] | None:
    if one not in by_use or other not in by_use:
        return None
    if by_use[one].pipeline.source.path == by_use[other].pipeline.source.path:
        return None  # both are in one file: assumed to be intended
    if one == "trained_on" and by_use[one].names is None:
        return None  # training on all means all that have enough hours
    return by_use[one].beyond(by_use[other]), by_use[one], by_use[other]


def _finding(chosen: Chosen, rule: str, message: str) -> Finding:
    source = chosen.setting.source if chosen.setting else chosen.pipeline.source
    path = chosen.setting.path if chosen.setting else chosen.task.path
    return source.finding(path, rule, message, ONCE, severity=FindingSeverity.WARNING)


def _add(
    by_use: dict[str, Chosen],
    use: str,
    pipeline: EffectivePipeline,
    task: EffectiveTask,
    arguments: tuple[str, ...],
) -> None:
    setting = next((task.settings[name] for name in arguments if name in task.settings), None)
    value = setting.value if setting else "all"
    values = value if isinstance(value, list) else [value]
    if any("{" in str(item) for item in values):
        return
    names = None if value == "all" else frozenset(values)
    if names is not None and arguments == ("stations",):
        try:
            names = frozenset(resolve_station_ids(values))
        except Misconfigured:
            return  # an unknown station is reported at its own position
    if (known := by_use.get(use)) is not None:
        both = None if names is None or known.names is None else names | known.names
        by_use[use] = Chosen(both, known.setting, known.pipeline, known.task)
    else:
        by_use[use] = Chosen(names, setting, pipeline, task)


def _listed(names: Iterable[Any]) -> str:
    return ", ".join(map(str, sorted(names)))
