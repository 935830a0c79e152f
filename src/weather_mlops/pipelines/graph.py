"""Dependencies between the tasks of a pipeline: names exist, and there are no cycles."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from itertools import islice
from typing import Final

from weather_mlops.pipelines.document import YamlDocument
from weather_mlops.pipelines.findings import MOST, Finding, FindingSeverity, did_you_mean
from weather_mlops.pipelines.keys import KeyPath, YamlMapping, YamlValue

MAX_GROUPS: Final = 50
"""Levels of task groups: an id of 250 characters, Airflow's limit, has no room for more names."""
_OUTPUT: Final = re.compile(r"^(?:(.+)\.output|XcomArg\((.+)\))$")


@dataclass
class Node:
    """A task, or a task group with the tasks in it."""

    path: KeyPath
    definition: YamlMapping
    is_group: bool
    parent: str | None = None
    before: list[tuple[str, KeyPath]] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)


def check(document: YamlDocument, dag_id: str, dag: YamlMapping) -> Iterator[Finding]:
    """Findings of the dependencies between tasks and groups of a pipeline."""
    nodes: dict[str, Node] = {}
    for key, is_group in (("tasks", False), ("task_groups", True)):
        for name, path, definition in named(
            dag.get(key), (dag_id, key), "group_name" if is_group else "task_id"
        ):
            if name in nodes:
                yield document.finding(
                    path,
                    "duplicate-id",
                    f"the id {name} is already in use",
                    "give each task and task group an id of its own",
                    text=name,
                )
                continue
            parent = definition.get("parent_group_name" if is_group else "task_group_name")
            nodes[name] = Node(path, definition, is_group, parent if isinstance(parent, str) else None)
            nodes[name].before = list(_dependencies(definition, path))
    for name, node in nodes.items():
        if not node.is_group and node.parent is not None and node.parent in nodes:
            nodes[node.parent].tasks.append(name)
    misnamed = list(islice(_names(document, nodes), MOST))
    yield from misnamed
    if (circle := _circle(nodes)) is not None:
        yield circle_finding(document, nodes, circle)
        return
    yield from _too_deep(document, nodes)
    if not misnamed:
        yield from _alone(document, nodes)
    mapped = [
        name
        for name, node in nodes.items()
        if not node.is_group and isinstance(node.definition.get("expand"), dict)
    ]
    if mapped:
        comes_before = _order(nodes)
        for name in mapped:
            yield from _outputs(document, nodes, name, comes_before)


def named(items: YamlValue, path: KeyPath, key: str) -> Iterator[tuple[str, KeyPath, YamlMapping]]:
    """Tasks or groups, given as a mapping or as a list: id, path, definition."""
    if isinstance(items, dict):
        yield from ((name, (*path, name), item) for name, item in items.items() if isinstance(item, dict))
    elif isinstance(items, list):
        for index, item in enumerate(items):
            if isinstance(item, dict) and isinstance(item.get(key), str):
                yield item[key], (*path, index), item


def circle_finding(document: YamlDocument, nodes: Mapping[str, Node], circle: list[str]) -> Finding:
    """A finding of tasks that wait for each other."""
    first = circle[0]
    path: KeyPath = (*nodes[first].path, "dependencies")
    return document.finding(
        path,
        "cycle",
        f"tasks wait for each other: {' after '.join([*circle, first])}",
        "remove one of these dependencies",
        text=first,
    )


def _dependencies(definition: YamlMapping, path: KeyPath) -> Iterator[tuple[str, KeyPath]]:
    given = definition.get("dependencies")
    for index, name in enumerate(given if isinstance(given, list) else ()):
        if isinstance(name, str):
            yield name, (*path, "dependencies", index)


def _names(document: YamlDocument, nodes: Mapping[str, Node]) -> Iterator[Finding]:
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


def _alone(document: YamlDocument, nodes: Mapping[str, Node]) -> Iterator[Finding]:
    """Warnings of tasks without dependencies among connected ones, which is seldom intended."""
    tasks = {name: node for name, node in nodes.items() if not node.is_group}
    awaited = {other for node in nodes.values() for other, _ in node.before}
    waiting = {name for name, node in nodes.items() if node.before or node.parent}
    connected = awaited | waiting
    for name, node in tasks.items():
        if connected and name not in connected:
            yield document.finding(
                node.path,
                "alone",
                f"{name} waits for no task, and no task waits for it",
                "give it dependencies, or a pipeline of its own",
                text=name,
                severity=FindingSeverity.WARNING,
            )


def unknown(document: YamlDocument, path: KeyPath, name: str, known: list[str], what: str) -> Finding:
    """A finding of a name that no task or group has."""
    like = did_you_mean(name, known)
    hint = f"; did you mean {like}?" if like else ""
    existing = ", ".join(known) if known else "none"
    return document.finding(
        path, "unknown-task", f"there is no {what} {name}{hint}", f"there are: {existing}", value=True
    )


def _too_deep(document: YamlDocument, nodes: Mapping[str, Node]) -> Iterator[Finding]:
    """Tasks and groups inside more groups than an id has room for: it begins with the groups' names."""
    for name, node in nodes.items():
        level, parent = 0, node.parent
        while parent is not None and parent in nodes and level <= MAX_GROUPS:
            level, parent = level + 1, nodes[parent].parent
        if level > MAX_GROUPS:
            yield document.finding(
                node.path,
                "too-deep",
                f"{name} is inside more than {MAX_GROUPS} task groups",
                "remove some of these groups",
                text=name,
            )


def _circle(nodes: Mapping[str, Node]) -> list[str] | None:
    """Names of tasks that form a cycle, in order; None if there is no cycle."""
    done: set[str] = set()
    for start in nodes:
        row = {start: _right_before(nodes, start)} if start not in done else {}
        while row:  # no recursion: a chain may have more tasks than Python has frames
            name, before = next(reversed(row.items()))
            other = next(before, None)
            if other is None:
                row.popitem()
                done.add(name)
            elif other in row:
                return list(row)[list(row).index(other) :]
            elif other in nodes and other not in done:
                row[other] = _right_before(nodes, other)
    return None


def _right_before(nodes: Mapping[str, Node], name: str) -> Iterator[str]:
    """What comes before a node: its dependencies, those of its groups, and for a group all tasks in it."""
    node = nodes[name]
    yield from (other for other, _ in node.before if other != name)
    if node.parent in nodes and node.parent is not None:
        yield from (other for other, _ in nodes[node.parent].before)
        if node.is_group:
            yield node.parent
    if node.is_group:
        yield from node.tasks


def _order(nodes: Mapping[str, Node]) -> Callable[[str, str], bool]:
    """A function that tells whether the first of two tasks comes before the second, directly or not.

    All predecessors of a task are one integer with a bit each: thousands of sets would take too much memory.
    """
    before = {
        name: [other for other in _right_before(nodes, name) if other in nodes and other != name]
        for name in nodes
    }
    bits = {name: 1 << index for index, name in enumerate(nodes)}
    above: dict[str, int] = {}
    for name in TopologicalSorter(before).static_order():
        above[name] = 0
        for other in before[name]:
            above[name] |= above[other] | bits[other]
    return lambda first, second: bool(above[second] & bits[first])


def _outputs(
    document: YamlDocument, nodes: Mapping[str, Node], name: str, comes_before: Callable[[str, str], bool]
) -> Iterator[Finding]:
    node = nodes[name]
    expand = node.definition.get("expand")
    for key, value in expand.items() if isinstance(expand, dict) else ():
        match = _OUTPUT.match(value) if isinstance(value, str) else None
        if match is None:
            continue
        other, path = match.group(1) or match.group(2), (*node.path, "expand", key)
        if other == name or other not in nodes or nodes[other].is_group:
            tasks = [task for task, other_node in nodes.items() if not other_node.is_group and task != name]
            yield unknown(document, path, other, tasks, "task")
        elif not comes_before(other, name):
            yield document.finding(
                path,
                "not-upstream",
                f"{name} uses the result of {other}, but doesn't come after it: it would be read as a text",
                f"add {other} to its dependencies",
                value=True,
            )
