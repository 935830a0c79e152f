"""Jinja templates inside a pipeline's texts: they can be parsed, and what they name is there."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from weather_mlops.pipelines.document import Document
from weather_mlops.pipelines.findings import Finding, did_you_mean
from weather_mlops.pipelines.graph import named, unknown

Path = tuple[str | int, ...]

NOT_RENDERED: Final = ("doc", "doc_md", "doc_json", "doc_yaml", "doc_rst", "description")


def check(
    document: Document, dag_id: str, dag: Mapping[str, Any], context: Iterable[str]
) -> Iterator[Finding]:
    """Whatever is wrong with the templates of a pipeline's tasks.

    Args:
        document: where they stand.
        dag_id: its key.
        dag: what it says.
        context: names that Airflow gives to every template.
    """
    macros = dag.get("user_defined_macros")
    names = {*context, *(macros if isinstance(macros, dict) else ())}
    tasks = {
        task_id: (path, task) for task_id, path, task in named(dag.get("tasks"), (dag_id, "tasks"), "task_id")
    }
    for path, task in tasks.values():
        params = _keys(dag, "params") | _keys(task, "params")
        for place, text in texts(task, path):
            if "{{" in text or "{%" in text:
                yield from _template(document, place, text, names, params, set(tasks))


def texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
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


@cache
def _names(text: str) -> tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """What keeps a template from being parsed; else the names, params and tasks that it asks for."""
    import jinja2  # noqa: PLC0415  50 ms, and many pipelines have no template
    from jinja2 import meta, nodes  # noqa: PLC0415

    try:
        tree = jinja2.Environment(autoescape=True, extensions=["jinja2.ext.do"]).parse(text)
    except jinja2.TemplateSyntaxError as error:
        return str(error.message), (), (), ()
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
    return "", tuple(sorted(meta.find_undeclared_variables(tree))), tuple(params), tuple(pulled)


def _template(  # noqa: PLR0913, PLR0917  what a template may name
    document: Document, path: Path, text: str, names: set[str], params: set[str], tasks: set[str]
) -> Iterator[Finding]:
    fault, used, asked, pulled = _names(text)
    if fault:
        yield document.finding(
            path,
            "template",
            f"the template can't be parsed: {fault}",
            "correct it: {{ name }}, {% if … %}",
            value=True,
        )
    for name in used:
        if name not in names:
            yield _no(document, path, "name in templates", name, names)
    for name in asked:
        if name not in params and not hasattr(dict, name):
            yield _no(document, path, "param", name, params)
    for name in pulled:
        if name.rpartition(".")[2] not in tasks:
            yield unknown(document, path, name, sorted(tasks), "task")


def _no(document: Document, path: Path, what: str, name: str, known: set[str]) -> Finding:
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
