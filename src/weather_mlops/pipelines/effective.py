"""The values that a DAG and its tasks end up with, and where each one is set.

Merged as dag-factory 1.1 and Airflow do it, in order of precedence:

- for a DAG: its own keys; the file's block ``default``, also key by key inside mappings; defaults.yml;
- for its ``start_date`` and ``end_date`` also the ``default_args`` of each of these, see ``dates.py``;
- for a task: its own keys; ``default_args`` of its task groups, inner ones first; of the DAG; of the file's
  block ``default``; of defaults.yml.

tests/dags/test_load_yaml.py compares this with what dag-factory builds.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from weather_mlops.pipelines import dates
from weather_mlops.pipelines.document import YamlDocument
from weather_mlops.pipelines.graph import named
from weather_mlops.pipelines.keys import FROM_DEFAULT_ARGS, KeyPath, YamlMapping, is_pipeline, is_plain
from weather_mlops.pipelines.schema import Schema

_PARTS: Final = ("tasks", "task_groups", "default_args")
_WIRING: Final = ("task_id", "operator", "decorator", "dependencies", "task_group_name", "expand", "partial")
_OUTPUT: Final = re.compile(r"^(?P<output>[\w.-]+)\.output|XcomArg\((?P<argument>[^)]+)\)|^\+(?P<task>\w+)")


@dataclass(frozen=True, slots=True)
class Setting:
    """A value, and where it is set.

    Attributes:
        value: the value as the YAML has it, checked against the schema: each reader knows its type.
        source: the document that sets it.
        path: where in the document.
    """

    value: Any
    source: YamlDocument
    path: KeyPath

    @property
    def line(self) -> int:
        """Line of the document, from 1."""
        return self.source.position_of(self.path)[0]


Settings = dict[str, Setting]


@dataclass(frozen=True, slots=True)
class EffectiveTask:
    """A task of a pipeline.

    Attributes:
        task_id: its id with its groups' names in front, as Airflow shows it.
        operator: import path of the operator, or of the decorator.
        settings: its arguments; for a mapped task also those that differ between instances.
        mapped: names of the arguments that differ between instances.
        upstream: names of the tasks and groups before it, as the YAML has them.
        path: where it is in the document.
    """

    task_id: str
    operator: str
    settings: Settings
    mapped: tuple[str, ...]
    upstream: frozenset[str]
    path: KeyPath


@dataclass(frozen=True, slots=True)
class EffectivePipeline:
    """A DAG as its YAML describes it.

    Attributes:
        dag_id: its id.
        source: the document that has it.
        settings: its arguments, without tasks and ``default_args``.
        tasks: its tasks, by their names in the YAML.
    """

    dag_id: str
    source: YamlDocument
    settings: Settings
    tasks: dict[str, EffectiveTask]

    def value(self, name: str, otherwise: Any = None) -> Any:
        """An argument's value."""
        return self.settings[name].value if name in self.settings else otherwise


def pipelines(document: YamlDocument, defaults: YamlDocument | None) -> dict[str, EffectivePipeline]:
    """The DAGs of a validated document, by their ids."""
    dag_ids = filter(is_pipeline, document.data if isinstance(document.data, dict) else ())
    return {dag_id: _pipeline(document, dag_id, defaults) for dag_id in dag_ids}


def _pipeline(document: YamlDocument, dag_id: str, defaults: YamlDocument | None) -> EffectivePipeline:
    groups = dict(_items(document, (dag_id, "task_groups"), "group_name"))
    shared = default_args(document, dag_id, defaults)
    tasks = {name: _task(document, shared, groups, name, path) for name, path in _tasks(document, dag_id)}
    return EffectivePipeline(dag_id, document, dag_settings(document, dag_id, defaults), tasks)


def dag_settings(document: YamlDocument, dag_id: str, defaults: YamlDocument | None) -> Settings:
    """The arguments that apply to a DAG."""
    own = _fill(_settings(document, (dag_id,)), _settings(document, ("default",)))
    settings = {**_settings(defaults, ()), **own, **_dates(document, dag_id, defaults)}
    return {name: setting for name, setting in settings.items() if name not in _PARTS and is_pipeline(name)}


def _dates(document: YamlDocument, dag_id: str, defaults: YamlDocument | None) -> Settings:
    """The start and end date of a DAG: its own or shared ones, also those among the arguments of tasks."""
    layers = (_settings(document, (dag_id,)), _settings(document, ("default",)), _settings(defaults, ()))
    plain = [{name: setting.value for name, setting in layer.items()} for layer in layers]
    settings: Settings = {}
    for name in dates.NAMES:
        if holder := dates.holding(name, plain):
            layer, in_arguments = layers[holder[0]], holder[1]
            inside = layer["default_args"] if in_arguments else None
            settings[name] = _settings(inside.source, inside.path)[name] if inside else layer[name]
    return settings


def default_args(document: YamlDocument, dag_id: str, defaults: YamlDocument | None) -> Settings:
    """Arguments of all tasks of a DAG, unless their groups override them."""
    shared = {**_settings(defaults, ("default_args",)), **_settings(document, ("default", "default_args"))}
    return _fill(_settings(document, (dag_id, "default_args")), shared)


def _mapped_over(setting: Setting, shared: Settings) -> Setting:
    """What a task is mapped over: the value itself, or the list of ``default_args`` that it names."""
    match = re.match(FROM_DEFAULT_ARGS, setting.value) if isinstance(setting.value, str) else None
    return shared.get(match[1], setting) if match else setting


def arguments(task: EffectiveTask, schema: Schema) -> Settings:
    """The settings that a task's operator takes: ``default_args`` may also have arguments of other operators.

    Args:
        task: the task.
        schema: ``pipeline.schema.json``; if it doesn't have the operator, all settings are returned.
    """
    known = schema["$defs"].get(task.operator, {}).get("properties", task.settings)
    return {name: setting for name, setting in task.settings.items() if name in known}


def task_path(document: YamlDocument, dag_id: str, task: str) -> KeyPath:
    """The path of a task, by its name in the YAML; the path of the DAG if there is no such task."""
    return dict(_tasks(document, dag_id)).get(task, (dag_id,))


def _task(
    document: YamlDocument, shared: Settings, known: Mapping[str, KeyPath], name: str, path: KeyPath
) -> EffectiveTask:
    """A task.

    Args:
        document: the document that has it.
        shared: arguments of all tasks.
        known: the path of each task group of the DAG.
        name: its name in the YAML.
        path: its path in the document.
    """
    own = _settings(document, path)
    groups = _groups(document, known, own)
    mapped = {
        name: _mapped_over(setting, shared)
        for name, setting in _settings(document, (*path, "expand")).items()
    }
    settings = {
        **shared,
        **_group_settings(document, [known[group] for group in groups]),
        **_settings(document, (*path, "partial")),
        **{key: setting for key, setting in own.items() if key not in _WIRING},
        **mapped,
    }
    wired = own["dependencies"].value if "dependencies" in own else []
    kinds = [key for key in own if key in ("operator", "decorator")]
    return EffectiveTask(
        task_id=_full_id(document, known, name, groups),
        operator=str(own[kinds[0]].value) if kinds else "",
        settings=settings,
        mapped=tuple(mapped),
        upstream=frozenset({*(wired or []), *_outputs(own, mapped)}),
        path=path,
    )


def _outputs(own: Settings, mapped: Settings) -> Iterator[str]:
    """Tasks whose results the task uses: Airflow runs these first, even if they are not in dependencies."""
    candidates = [*mapped.values(), *(own.values() if "decorator" in own else ())]
    for setting in candidates:
        if isinstance(setting.value, str) and (match := _OUTPUT.search(setting.value)):
            yield next(name for name in match.groups() if name)


def _group_settings(document: YamlDocument, groups: Sequence[KeyPath]) -> Settings:
    """The ``default_args`` of groups, which are ordered from the innermost one."""
    settings: Settings = {}
    for path in reversed(groups):
        settings |= _settings(document, (*path, "default_args"))
    return settings


def _groups(document: YamlDocument, paths: Mapping[str, KeyPath], own: Settings) -> list[str]:
    """The groups of a task, innermost first."""
    name: Any = own["task_group_name"].value if "task_group_name" in own else None
    groups: list[str] = []
    while name in paths and name not in groups:
        groups.append(name)
        name = document.value_at((*paths[name], "parent_group_name"))
    return groups


def _full_id(document: YamlDocument, paths: Mapping[str, KeyPath], name: str, groups: Sequence[str]) -> str:
    """A task's id with its groups' names in front, up to a group that adds no prefix."""
    for group in groups:
        if document.value_at((*paths[group], "prefix_group_id")) is False:
            break
        name = f"{group}.{name}"
    return name


def _tasks(document: YamlDocument, dag_id: str) -> Iterator[tuple[str, KeyPath]]:
    return _items(document, (dag_id, "tasks"), "task_id")


def _items(document: YamlDocument, path: KeyPath, key: str) -> Iterator[tuple[str, KeyPath]]:
    return ((name, inner) for name, inner, _ in named(document.value_at(path), path, key))


def _settings(document: YamlDocument | None, path: KeyPath) -> Settings:
    mapping = document.value_at(path) if document else None
    if document is None or not isinstance(mapping, Mapping):
        return {}
    return {key: Setting(value, document, (*path, key)) for key, value in mapping.items()}


def _fill(strong: Settings, weak: Settings) -> Settings:
    """The strong settings, completed from the weak ones; mappings are merged key by key."""
    filled = dict(strong)
    for name, setting in weak.items():
        if name not in strong:
            filled[name] = setting
        elif is_plain(strong[name].value) and is_plain(setting.value):
            filled[name] = Setting(
                _filled(strong[name].value, setting.value), strong[name].source, strong[name].path
            )
    return filled


def _filled(strong: YamlMapping, weak: YamlMapping) -> YamlMapping:
    filled = {**weak, **strong}
    for key in strong.keys() & weak.keys():
        if is_plain(own := strong[key]) and is_plain(other := weak[key]):
            filled[key] = _filled(own, other)
    return filled
