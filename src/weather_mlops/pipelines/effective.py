"""What holds for a DAG and for a task, and where it was said.

Merged as dag-factory 1.1 and Airflow do it, strongest first:

- for a DAG: its own keys; defaults.yml; the file's block ``default``, which also fills up its mappings;
- for a task: its own keys; ``default_args`` of its task groups, inner ones first; of the DAG; of the file's
  block ``default``; of defaults.yml.

tests/dags/test_load_yaml.py holds this to what dag-factory builds.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from weather_mlops.pipelines.document import Document
from weather_mlops.pipelines.graph import named

NO_DAGS: Final = ("default", "task_groups")
"""Keys of a file that dag-factory doesn't take for a DAG."""

_PARTS: Final = ("tasks", "task_groups", "default_args")
_WIRING: Final = ("task_id", "operator", "decorator", "dependencies", "task_group_name", "expand", "partial")
_OUTPUT: Final = re.compile(r"^(?P<output>[\w.-]+)\.output|XcomArg\((?P<argument>[^)]+)\)|^\+(?P<task>\w+)")

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """A value, and where it was said.

    Attributes:
        value: as the YAML says it.
        source: the document.
        path: where in it.
    """

    value: Any
    source: Document
    path: Path

    @property
    def line(self) -> int:
        """Of the document, from 1."""
        return self.source.position_of(self.path)[0]


Settings = dict[str, Setting]


@dataclass(frozen=True, slots=True)
class Task:
    """A task as its YAML wires it.

    Attributes:
        task_id: with its group's name before it, as Airflow shows it.
        operator: import path of the operator, or of the decorator.
        settings: its arguments; of a mapped one also those that differ from instance to instance.
        mapped: names of the latter.
        upstream: names of the tasks and groups that come before it, as the YAML has them.
        path: where in the document it stands.
    """

    task_id: str
    operator: str
    settings: Settings
    mapped: tuple[str, ...]
    upstream: frozenset[str]
    path: Path


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A DAG as its YAML says it.

    Attributes:
        dag_id: its name.
        source: the document that it stands in.
        settings: its arguments, without tasks and ``default_args``.
        tasks: by name, as the YAML has it.
    """

    dag_id: str
    source: Document
    settings: Settings
    tasks: dict[str, Task]

    def value(self, name: str, otherwise: Any = None) -> Any:
        """An argument's value."""
        return self.settings[name].value if name in self.settings else otherwise


def pipelines(document: Document, defaults: Document | None) -> dict[str, Pipeline]:
    """The DAGs of a document, by their ids. The document has been validated."""
    return {
        dag_id: Pipeline(
            dag_id,
            document,
            dag_settings(document, dag_id, defaults),
            {name: _task(document, dag_id, defaults, name, path) for name, path in _tasks(document, dag_id)},
        )
        for dag_id in document.data
        if dag_id not in NO_DAGS
    }


def dag_settings(document: Document, dag_id: str, defaults: Document | None) -> Settings:
    """What holds for a DAG."""
    own = _settings(document, (dag_id,))
    shared = _settings(defaults, ())
    return {
        name: setting
        for name, setting in _fill({**shared, **own}, _settings(document, ("default",))).items()
        if name not in _PARTS
    }


def task_path(document: Document, dag_id: str, task: str) -> Path:
    """Where a task stands, by its name in the YAML; where the DAG does, if there is none of that name."""
    return dict(_tasks(document, dag_id)).get(task, (dag_id,))


def _task(document: Document, dag_id: str, defaults: Document | None, name: str, path: Path) -> Task:
    own = _settings(document, path)
    groups = _groups(document, dag_id, own)
    mapped = _settings(document, (*path, "expand"))
    shared = {**_settings(defaults, ("default_args",)), **_settings(document, ("default", "default_args"))}
    settings = {
        **_fill(_settings(document, (dag_id, "default_args")), shared),
        **_group_settings(document, dag_id, groups),
        **_settings(document, (*path, "partial")),
        **{key: setting for key, setting in own.items() if key not in _WIRING},
        **mapped,
    }
    wired = own["dependencies"].value if "dependencies" in own else []
    named = [told for told in own if told in ("operator", "decorator")]
    return Task(
        task_id=_full_id(document, dag_id, name, groups),
        operator=str(own[named[0]].value) if named else "",
        settings=settings,
        mapped=tuple(mapped),
        upstream=frozenset({*(wired or []), *_outputs(own, mapped)}),
        path=path,
    )


def _outputs(own: Settings, mapped: Settings) -> Iterator[str]:
    """Tasks whose results are asked for: Airflow runs these first, named as dependencies or not."""
    asked = [*mapped.values(), *(own.values() if "decorator" in own else ())]
    for setting in asked:
        if isinstance(setting.value, str) and (match := _OUTPUT.search(setting.value)):
            yield next(name for name in match.groups() if name)


def _group_settings(document: Document, dag_id: str, groups: Sequence[str]) -> Settings:
    """The ``default_args`` of groups, of which the first one is the innermost."""
    paths = dict(_items(document, (dag_id, "task_groups"), "group_name"))
    settings: Settings = {}
    for group in reversed(groups):
        settings |= _settings(document, (*paths[group], "default_args"))
    return settings


def _groups(document: Document, dag_id: str, own: Settings) -> list[str]:
    """The groups that a task is in, innermost first."""
    paths = dict(_items(document, (dag_id, "task_groups"), "group_name"))
    name = own["task_group_name"].value if "task_group_name" in own else None
    groups: list[str] = []
    while name in paths and name not in groups:
        groups.append(name)
        name = _at(document, (*paths[name], "parent_group_name"))
    return groups


def _full_id(document: Document, dag_id: str, name: str, groups: Sequence[str]) -> str:
    """A task's id: with its groups' names before it, up to one that gives none."""
    paths = dict(_items(document, (dag_id, "task_groups"), "group_name"))
    for group in groups:
        if _at(document, (*paths[group], "prefix_group_id")) is False:
            break
        name = f"{group}.{name}"
    return name


def _tasks(document: Document, dag_id: str) -> Iterator[tuple[str, Path]]:
    return _items(document, (dag_id, "tasks"), "task_id")


def _items(document: Document, path: Path, key: str) -> Iterator[tuple[str, Path]]:
    return ((name, place) for name, place, _ in named(_at(document, path), path, key))


def _at(document: Document, path: Path) -> Any:
    found = document.data
    for step in path:
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            return None
    return found


def _settings(document: Document | None, path: Path) -> Settings:
    found = _at(document, path) if document else None
    if document is None or not isinstance(found, Mapping):
        return {}
    return {key: Setting(value, document, (*path, key)) for key, value in found.items()}


def _fill(strong: Settings, weak: Settings) -> Settings:
    """The strong ones, with what only the weak ones have; mappings are filled up inside."""
    filled = dict(strong)
    for name, setting in weak.items():
        if name not in strong:
            filled[name] = setting
        elif _plain(strong[name].value) and _plain(setting.value):
            filled[name] = Setting(
                _filled(strong[name].value, setting.value), strong[name].source, strong[name].path
            )
    return filled


def _filled(strong: Mapping[str, Any], weak: Mapping[str, Any]) -> dict[str, Any]:
    inside = {
        key: _filled(value, weak[key]) if key in weak and _plain(value) and _plain(weak[key]) else value
        for key, value in strong.items()
    }
    return {**weak, **inside}


def _plain(value: Any) -> bool:
    """Whether it is a mapping that stays one: ``__type__`` makes an object of it."""
    return isinstance(value, Mapping) and "__type__" not in value
