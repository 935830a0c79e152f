"""Jinja templates inside a pipeline's texts: they can be parsed, and what they name is there."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from weather_mlops.pipelines.document import YamlDocument
from weather_mlops.pipelines.findings import Finding, did_you_mean
from weather_mlops.pipelines.graph import named, unknown
from weather_mlops.pipelines.keys import KeyPath

FILTERS: Final = ("ds", "ds_nodash", "ts", "ts_nodash", "ts_nodash_with_tz")
"""Those of Airflow, besides Jinja's own."""
LONGEST: Final = 50_000
"""Characters of a template: to take apart a megabyte takes seconds."""
NOT_RENDERED: Final = ("doc", "doc_md", "doc_json", "doc_yaml", "doc_rst", "description")


def check(
    document: YamlDocument, dag_id: str, dag: Mapping[str, Any], context: Iterable[str]
) -> Iterator[Finding]:
    """Whatever is wrong with the templates of a pipeline's tasks.

    Args:
        document: where they stand.
        dag_id: its key.
        dag: what it says.
        context: names that Airflow gives to every template.
    """
    shared = document.data.get("default")
    layers = [dag, *([shared] if isinstance(shared, dict) else [])]
    names = {*context, *(name for layer in layers for name in _keys(layer, "user_defined_macros"))}
    filters = frozenset(name for layer in layers for name in _keys(layer, "user_defined_filters"))
    tasks = {
        task_id: (path, task) for task_id, path, task in named(dag.get("tasks"), (dag_id, "tasks"), "task_id")
    }
    for path, task in tasks.values():
        params = _keys(dag, "params") | _keys(task, "params")
        for place, text in texts(task, path):
            if "{{" in text or "{%" in text:
                asked = _taken_apart(text, filters)
                yield from _template(document, place, asked, names, params, set(tasks))


def texts(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """Every text inside a value that Airflow may render, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in NOT_RENDERED:
                yield from texts(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts(item, (*path, index))


@dataclass(frozen=True, slots=True)
class _Reference:
    """What a template asks for.

    Attributes:
        fault: what keeps it from being parsed; then nothing else is known.
        names: variables.
        params: names of params.
        pulled: tasks whose results it takes.
    """

    fault: str = ""
    names: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    pulled: tuple[str, ...] = ()


@cache
def _environment(filters: frozenset[str]) -> Any:
    """Jinja's environment, made to compute nothing: ``{{ 9**9**9 }}`` is constant, and takes years."""
    from jinja2.sandbox import SandboxedEnvironment  # noqa: PLC0415  50 ms, and many pipelines have no template

    environment = SandboxedEnvironment(autoescape=True, extensions=["jinja2.ext.do"], optimized=False)
    environment.intercepted_binops = frozenset(environment.binop_table)
    environment.filters = dict.fromkeys([*environment.filters, *FILTERS, *filters], _unfiltered)
    return environment


def _unfiltered(*_: Any, **__: Any) -> str:
    """Stands for every filter."""
    return ""


@cache
def _taken_apart(text: str, filters: frozenset[str]) -> _Reference:
    """What a template asks for, taken apart and not rendered.

    Args:
        text: the template.
        filters: those of the pipeline's own.
    """
    from jinja2 import TemplateSyntaxError, meta, nodes  # noqa: PLC0415

    if len(text) > LONGEST:
        return _Reference(f"it has {len(text):,} characters, more than {LONGEST:,}; put it into a file")
    try:
        tree = _environment(filters).parse(text)
        names = tuple(sorted(meta.find_undeclared_variables(tree)))
    except TemplateSyntaxError as error:
        return _Reference(str(error.message))
    except RecursionError:
        return _Reference("it is nested too deep")
    except ValueError:  # of a number with thousands of digits
        return _Reference("a number in it is too long")
    dotted = [(found.node, found.attr) for found in tree.find_all(nodes.Getattr)]
    indexed = [
        (found.node, str(found.arg.value))
        for found in tree.find_all(nodes.Getitem)
        if isinstance(found.arg, nodes.Const)
    ]
    params = [
        name for node, name in [*dotted, *indexed] if isinstance(node, nodes.Name) and node.name == "params"
    ]
    pulled = [
        constant.value
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Getattr) and call.node.attr == "xcom_pull"
        for keyword in [*call.kwargs, *(nodes.Keyword("task_ids", first) for first in call.args[:1])]
        if keyword.key == "task_ids"
        for constant in [keyword.value, *keyword.value.find_all(nodes.Const)]
        if isinstance(constant, nodes.Const) and isinstance(constant.value, str)
    ]
    return _Reference("", names, tuple(params), tuple(pulled))


def _template(  # noqa: PLR0913, PLR0917  what a template may name
    document: YamlDocument,
    path: KeyPath,
    asked: _Reference,
    names: set[str],
    params: set[str],
    tasks: set[str],
) -> Iterator[Finding]:
    if asked.fault:
        yield document.finding(
            path,
            "template",
            f"the template can't be parsed: {asked.fault}",
            "correct it: {{ name }}, {% if … %}",
            value=True,
        )
    for name in asked.names:
        if name not in names:
            yield _no(document, path, "name in templates", name, names)
    for name in asked.params:
        if name not in params and not hasattr(dict, name):
            yield _no(document, path, "param", name, params)
    for name in asked.pulled:
        if name.rpartition(".")[2] not in tasks:
            yield unknown(document, path, name, sorted(tasks), "task")


def _no(document: YamlDocument, path: KeyPath, what: str, name: str, known: set[str]) -> Finding:
    like = did_you_mean(name, known)
    hint = f"; did you mean {like}?" if like else ""
    return document.finding(
        path,
        "unknown-param" if what == "param" else "unknown-name",
        f"there is no {what} {name}{hint}",
        f"there are: {', '.join(sorted(known)) or 'none'}",
        value=True,
    )


def _keys(said: Mapping[str, Any], key: str) -> set[str]:
    found = said.get(key)
    return set(found) if isinstance(found, dict) else set()
