"""What differs between two folders of pipelines, DAG by DAG."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from weather_mlops.pipelines.consequences import Consequence, consequences
from weather_mlops.pipelines.coverage import coverage_of
from weather_mlops.pipelines.effective import EffectivePipeline, EffectiveTask, Settings, arguments, pipelines
from weather_mlops.pipelines.findings import Finding, errors
from weather_mlops.pipelines.folder import defaults_file, pipeline_files, text_of
from weather_mlops.pipelines.formatting import shown
from weather_mlops.pipelines.parser import load
from weather_mlops.pipelines.schedule import Schedule, schedule_of
from weather_mlops.pipelines.schema import schema_at, schema_file
from weather_mlops.pipelines.validation import validate

NOTHING: Final = "–"
LONGEST: Final = 120  # characters of a value
SCHEDULED_BY: Final = ("schedule", "timezone", "catchup")
"""Settings that the schedule's description covers."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The readable pipelines of a folder, and the errors of the others.

    Attributes:
        pipelines: the pipelines of the files without errors, by DAG id.
        broken: the errors, with file names as in ``pipelines/collection.yml``.
        unread: the texts of the files that have errors.
    """

    pipelines: Mapping[str, EffectivePipeline]
    broken: Sequence[Finding]
    unread: Sequence[str]

    def may_hold(self, dag_id: str) -> bool:
        """Whether a DAG may be in a file that can't be read."""
        return any(dag_id in text for text in self.unread)


@dataclass(frozen=True, slots=True)
class Row:
    """One difference: what differs, its value before and after."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """A DAG that differs.

    Attributes:
        dag_id: its name.
        kind: ``added``, ``removed`` or ``changed``.
        file: the file that has it, or had it.
        rows: the differences.
        schedule: when it will run; None if it is removed.
    """

    dag_id: str
    kind: str
    file: str
    rows: Sequence[Row]
    schedule: Schedule | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two folders, compared.

    Attributes:
        changes: DAGs that differ, sorted by id.
        unchanged: ids of the DAGs that don't differ.
        incomparable: ids of the DAGs that can't be compared, since a file is broken before or after.
        consequences: effects of changed stations and targets.
        broken_before: errors before the change.
        broken_after: errors after the change.
    """

    changes: Sequence[Change]
    unchanged: Sequence[str]
    incomparable: Sequence[str]
    consequences: Sequence[Consequence]
    broken_before: Sequence[Finding]
    broken_after: Sequence[Finding]


def read_folder(folder: Path) -> Folder:
    """Read the pipelines of a folder, without broken files. A folder that doesn't exist is empty."""
    broken = errors(validate(folder)) if folder.exists() else []
    files = {Path(finding.file) for finding in broken}
    shared = defaults_file(folder)
    all_files = pipeline_files(folder)
    unread = all_files if shared in files else [file for file in all_files if file in files]
    defaults = load(shared) if shared else None
    readable: dict[str, EffectivePipeline] = {}
    for file in all_files:
        if file not in unread:
            readable |= pipelines(load(file), defaults)
    renamed = [replace(finding, file=_name(Path(finding.file))) for finding in broken]
    return Folder(readable, renamed, [text_of(file) for file in unread])


def compare(before: Folder, after: Folder) -> Comparison:
    """Compare two folders of pipelines."""
    changes, unchanged, incomparable = [], [], []
    for dag_id in sorted({*before.pipelines, *after.pipelines}):
        old, new = before.pipelines.get(dag_id), after.pipelines.get(dag_id)
        if (old is None and before.may_hold(dag_id)) or (new is None and after.may_hold(dag_id)):
            incomparable.append(dag_id)
        elif change := _change(dag_id, old, new):
            changes.append(change)
        else:
            unchanged.append(dag_id)
    effects = consequences(*(coverage_of(side.pipelines.values()) for side in (before, after)))
    return Comparison(changes, unchanged, incomparable, effects, before.broken, after.broken)


def _change(dag_id: str, old: EffectivePipeline | None, new: EffectivePipeline | None) -> Change | None:
    if new is None and old is not None:
        return Change(dag_id, "removed", _name(old.source.path), (), None)
    if new is None:
        return None
    rows = tuple(_rows(old, new))
    kind = "changed" if old else "added"
    return Change(dag_id, kind, _name(new.source.path), rows, schedule_of(new)) if rows else None


def _rows(old: EffectivePipeline | None, new: EffectivePipeline) -> Iterator[Row]:
    schedules = (schedule_of(old).words if old else NOTHING, schedule_of(new).words)
    if schedules[0] != schedules[1]:
        yield Row("schedule", *schedules)
    if old and old.source.path.name != new.source.path.name:
        yield Row("file", _name(old.source.path), _name(new.source.path))
    tasks = old.tasks if old else {}
    for name in [*tasks, *(name for name in new.tasks if name not in tasks)]:
        yield from _wiring(name, tasks.get(name), new.tasks.get(name))
    if old:
        described = SCHEDULED_BY if schedules[0] != schedules[1] else ()
        for name, (before, after) in _differences(old.settings, new.settings).items():
            if name not in described:
                yield Row(name, before, after)
        yield from _arguments(old.tasks, new.tasks)


def _wiring(name: str, old: EffectiveTask | None, new: EffectiveTask | None) -> Iterator[Row]:
    """A task that was added, removed, moved or replaced."""
    if old is None or new is None:
        yield Row(f"task {name}", _described(old), _described(new))
        return
    if old.task_id != new.task_id:
        yield Row(f"id of {name}", old.task_id, new.task_id)
    if old.operator != new.operator:
        yield Row(f"operator of {name}", old.operator, new.operator)
    if old.upstream != new.upstream:
        yield Row(f"{name} runs", _after(old), _after(new))


def _described(task: EffectiveTask | None) -> str:
    return f"{task.operator.rpartition('.')[2]}, {_after(task)}" if task else NOTHING


def _after(task: EffectiveTask) -> str:
    return f"after {', '.join(sorted(task.upstream))}" if task.upstream else "first"


def _arguments(old: Mapping[str, EffectiveTask], new: Mapping[str, EffectiveTask]) -> Iterator[Row]:
    """Arguments of tasks that exist before and after; the same change of several tasks is one row."""
    common = [name for name in new if name in old]
    same: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for name in common:
        for argument, (before, after) in _differences(_mapped(old[name]), _mapped(new[name])).items():
            same[argument, before, after].append(name)
    for (argument, before, after), names in same.items():
        whose = "all tasks" if len(names) == len(common) > 1 else ", ".join(names)
        yield Row(f"{argument} of {whose}", before, after)


def _mapped(task: EffectiveTask) -> Settings:
    """A task's arguments; those that it is mapped over with ``(mapped)`` after their name."""
    return {
        f"{name} (mapped)" if name in task.mapped else name: setting
        for name, setting in arguments(task, schema_at(schema_file())).items()
    }


def _differences(old: Settings, new: Settings) -> dict[str, tuple[str, str]]:
    """Settings that differ, with their values before and after as text."""
    differing = {}
    for name in [*old, *(name for name in new if name not in old)]:
        before, after = old.get(name), new.get(name)
        if before is None or after is None or before.value != after.value:
            words = tuple(shown(one.value, LONGEST) if one else NOTHING for one in (before, after))
            differing[name] = (
                words[0],
                words[1] if words[0] != words[1] else f"{words[1]} (differs further on)",
            )
    return differing


def _name(file: Path) -> str:
    return f"pipelines/{file.name}"
