"""How the tasks of a pipeline hang together: what they name exists, and nothing waits for itself."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from weather_mlops.pipelines.document import Document
from weather_mlops.pipelines.findings import Finding, Severity, did_you_mean

Path = tuple[str | int, ...]

_OUTPUT: Final = re.compile(r"^(?:(.+)\.output|XcomArg\((.+)\))$")


@dataclass
class Node:
    """A task, or a task group."""

    path: Path
    said: Mapping[str, Any]
    is_group: bool
    parent: str | None = None
    before: list[tuple[str, Path]] = field(default_factory=list)


def check(document: Document, dag_id: str, dag: Mapping[str, Any]) -> Iterator[Finding]:
    """Whatever of a pipeline's tasks and groups doesn't hang together."""
    nodes: dict[str, Node] = {}
    for key, is_group in (("tasks", False), ("task_groups", True)):
        for name, path, said in named(dag.get(key), (dag_id, key), "group_name" if is_group else "task_id"):
            if name in nodes:
                yield document.finding(
                    path,
                    "duplicate-id",
                    f"{name} is there already",
                    "give each task and task group an id of its own",
                    text=name,
                )
                continue
            parent = said.get("parent_group_name" if is_group else "task_group_name")
            nodes[name] = Node(path, said, is_group, parent if isinstance(parent, str) else None)
            nodes[name].before = list(_dependencies(said, path))
    misnamed = list(_names(document, nodes))
    yield from misnamed
    if (circle := _circle(nodes)) is not None:
        yield circle_finding(document, nodes, circle)
        return
    if not misnamed:
        yield from _alone(document, nodes)
    above = {name: _above(nodes, name) for name in nodes}
    for name, node in nodes.items():
        if not node.is_group:
            yield from _outputs(document, nodes, name, node, above[name])


def named(items: Any, path: Path, key: str) -> Iterator[tuple[str, Path, Mapping[str, Any]]]:
    """Tasks or groups of either form, a mapping or a list: id, path, what is said."""
    if isinstance(items, dict):
        yield from ((name, (*path, name), said) for name, said in items.items() if isinstance(said, dict))
    elif isinstance(items, list):
        for index, said in enumerate(items):
            if isinstance(said, dict) and isinstance(said.get(key), str):
                yield said[key], (*path, index), said


def circle_finding(document: Document, nodes: Mapping[str, Node], circle: list[str]) -> Finding:
    """What is said of tasks that wait for each other."""
    first = circle[0]
    path: Path = (*nodes[first].path, "dependencies")
    return document.finding(
        path,
        "cycle",
        f"tasks wait for each other: {' after '.join([*circle, first])}",
        "take one of these dependencies out",
        text=first,
    )


def _dependencies(said: Mapping[str, Any], path: Path) -> Iterator[tuple[str, Path]]:
    given = said.get("dependencies")
    for index, name in enumerate(given if isinstance(given, list) else ()):
        if isinstance(name, str):
            yield name, (*path, "dependencies", index)


def _names(document: Document, nodes: Mapping[str, Node]) -> Iterator[Finding]:
    groups = [name for name, node in nodes.items() if node.is_group]
    for name, node in nodes.items():
        for other, path in node.before:
            if other == name:
                yield document.finding(path, "cycle", f"{name} depends on itself", "remove it", value=True)
            elif other not in nodes:
                yield unknown(
                    document, path, other, [known for known in nodes if known != name], "task or task group"
                )
        if node.parent is not None and node.parent not in groups:
            key = "parent_group_name" if node.is_group else "task_group_name"
            yield unknown(document, (*node.path, key), node.parent, groups, "task group")


def _alone(document: Document, nodes: Mapping[str, Node]) -> Iterator[Finding]:
    """A task that hangs on nothing, where the others hang together: seldom meant."""
    tasks = {name: node for name, node in nodes.items() if not node.is_group}
    awaited = {other for node in nodes.values() for other, _ in node.before}
    waiting = {name for name, node in nodes.items() if node.before or node.parent}
    for name, node in tasks.items():
        if (awaited or waiting) and name not in awaited | waiting:
            yield document.finding(
                node.path,
                "alone",
                f"{name} waits for no task, and no task waits for it",
                "give it dependencies, or a pipeline of its own",
                text=name,
                severity=Severity.WARNING,
            )


def unknown(document: Document, path: Path, name: str, known: list[str], what: str) -> Finding:
    """What is said of a name that nothing has."""
    like = did_you_mean(name, known)
    hint = f"; did you mean {like}?" if like else ""
    there = ", ".join(known) if known else "none"
    return document.finding(
        path, "unknown-task", f"there is no {what} {name}{hint}", f"there are: {there}", value=True
    )


def _circle(nodes: Mapping[str, Node]) -> list[str] | None:
    """Names that wait for each other, in a row; None where there are none."""
    done: set[str] = set()
    for start in nodes:
        row: list[str] = []
        if found := _walk(nodes, start, row, done):
            return found
    return None


def _walk(nodes: Mapping[str, Node], name: str, row: list[str], done: set[str]) -> list[str] | None:
    if name in row:
        return row[row.index(name) :]
    if name in done or name not in nodes:
        return None
    row.append(name)
    for other in _right_before(nodes, name):
        if found := _walk(nodes, other, row, done):
            return found
    row.pop()
    done.add(name)
    return None


def _right_before(nodes: Mapping[str, Node], name: str) -> Iterator[str]:
    """What comes before a task: what it names, what its groups name; and of a group, all that is in it."""
    node = nodes[name]
    yield from (other for other, _ in node.before if other != name)
    if node.parent in nodes and node.parent is not None:
        yield from (other for other, _ in nodes[node.parent].before)
        if node.is_group:
            yield node.parent
    if node.is_group:
        yield from (
            inside for inside, member in nodes.items() if member.parent == name and not member.is_group
        )


def _above(nodes: Mapping[str, Node], name: str) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for other in _right_before(nodes, waiting.pop()):
            if other in nodes and other not in found:
                found.add(other)
                waiting.append(other)
    return found


def _outputs(
    document: Document, nodes: Mapping[str, Node], name: str, node: Node, above: set[str]
) -> Iterator[Finding]:
    expand = node.said.get("expand")
    for key, value in expand.items() if isinstance(expand, dict) else ():
        found = _OUTPUT.match(value) if isinstance(value, str) else None
        if found is None:
            continue
        other, path = found.group(1) or found.group(2), (*node.path, "expand", key)
        tasks = [known for known, there in nodes.items() if not there.is_group and known != name]
        if other not in tasks:
            yield unknown(document, path, other, tasks, "task")
        elif other not in above:
            yield document.finding(
                path,
                "not-upstream",
                f"{name} takes the result of {other}, but doesn't come after it: it would be taken as a text",
                f"add {other} to its dependencies",
                value=True,
            )
