"""Jinja templates in a pipeline's texts: they can be parsed, and the names in them exist."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from weather_mlops.pipelines.document import YamlDocument
from weather_mlops.pipelines.findings import Finding, did_you_mean
from weather_mlops.pipelines.graph import named, unknown
from weather_mlops.pipelines.keys import KeyPath, YamlMapping, YamlValue

FILTERS: Final = ("ds", "ds_nodash", "ts", "ts_nodash", "ts_nodash_with_tz")
"""Airflow's filters, in addition to Jinja's own."""
LONGEST: Final = 50_000
"""Characters of a template: parsing a megabyte takes seconds."""
NOT_RENDERED: Final = ("doc", "doc_md", "doc_json", "doc_yaml", "doc_rst", "description")


def check(document: YamlDocument, dag_id: str, dag: YamlMapping, context: Iterable[str]) -> Iterator[Finding]:
    """Findings of the templates of a pipeline's tasks.

    Args:
        document: the document that has the pipeline.
        dag_id: its key.
        dag: its definition.
        context: names that Airflow provides in every template.
    """
    shared = document.value_at(("default",))
    layers = [dag, *([shared] if isinstance(shared, dict) else [])]
    names = {*context, *(name for layer in layers for name in _keys(layer, "user_defined_macros"))}
    filters = frozenset(name for layer in layers for name in _keys(layer, "user_defined_filters"))
    tasks = {
        task_id: (path, task) for task_id, path, task in named(dag.get("tasks"), (dag_id, "tasks"), "task_id")
    }
    for path, task in tasks.values():
        params = _keys(dag, "params") | _keys(task, "params")
        for text_path, text in texts(task, path):
            if "{{" in text or "{%" in text:
                references = _parse(text, filters)
                yield from _template(document, text_path, references, names, params, set(tasks))


def texts(value: YamlValue, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
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
class _References:
    """Names that a template refers to.

    Attributes:
        fault: why it can't be parsed; then the others are empty.
        names: variables.
        params: names of params.
        pulled: tasks whose results it uses.
    """

    fault: str = ""
    names: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    pulled: tuple[str, ...] = ()


@cache
def _environment(filters: frozenset[str]) -> Any:
    """A Jinja environment that computes nothing: folding the constant ``{{ 9**9**9 }}`` would take years."""
    from jinja2.sandbox import SandboxedEnvironment  # noqa: PLC0415  50 ms, and many pipelines have no template

    environment = SandboxedEnvironment(autoescape=True, extensions=["jinja2.ext.do"], optimized=False)
    environment.intercepted_binops = frozenset(environment.binop_table)
    environment.filters = dict.fromkeys([*environment.filters, *FILTERS, *filters], _unfiltered)
    return environment


def _unfiltered(*_: Any, **__: Any) -> str:
    """Stands for every filter."""
    return ""


@cache
def _parse(text: str, filters: frozenset[str]) -> _References:
    """Parse a template without rendering it.

    Args:
        text: the template.
        filters: names of the pipeline's own filters.
    """
    from jinja2 import TemplateSyntaxError, meta, nodes  # noqa: PLC0415

    if len(text) > LONGEST:
        return _References(f"it has {len(text):,} characters, more than {LONGEST:,}; put it into a file")
    try:
        tree = _environment(filters).parse(text)
        names = tuple(sorted(meta.find_undeclared_variables(tree)))
    except TemplateSyntaxError as error:
        return _References(str(error.message))
    except RecursionError:
        return _References("it is nested too deeply")
    except ValueError:  # from a number with thousands of digits
        return _References("a number in it is too long")
    dotted = [(node.node, node.attr) for node in tree.find_all(nodes.Getattr)]
    indexed = [
        (node.node, str(node.arg.value))
        for node in tree.find_all(nodes.Getitem)
        if isinstance(node.arg, nodes.Const)
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
    return _References("", names, tuple(params), tuple(pulled))


def _template(  # noqa: PLR0913, PLR0917  the names that a template may use
    document: YamlDocument,
    path: KeyPath,
    references: _References,
    names: set[str],
    params: set[str],
    tasks: set[str],
) -> Iterator[Finding]:
    if references.fault:
        yield document.finding(
            path,
            "template",
            f"the template can't be parsed: {references.fault}",
            "correct it: {{ name }}, {% if … %}",
            value=True,
        )
    for name in references.names:
        if name not in names:
            yield _unknown(document, path, "name in templates", name, names)
    for name in references.params:
        if name not in params and not hasattr(dict, name):
            yield _unknown(document, path, "param", name, params)
    for name in references.pulled:
        if name.rpartition(".")[2] not in tasks:
            yield unknown(document, path, name, sorted(tasks), "task")


def _unknown(document: YamlDocument, path: KeyPath, what: str, name: str, known: set[str]) -> Finding:
    like = did_you_mean(name, known)
    hint = f"; did you mean {like}?" if like else ""
    return document.finding(
        path,
        "unknown-param" if what == "param" else "unknown-name",
        f"there is no {what} {name}{hint}",
        f"there are: {', '.join(sorted(known)) or 'none'}",
        value=True,
    )


def _keys(definition: YamlMapping, key: str) -> set[str]:
    mapping = definition.get(key)
    return set(mapping) if isinstance(mapping, dict) else set()
