"""Tasks that the pipelines of a file share: those of its block ``default``.

Every pipeline of the file has them, and may override their keys, as in dag-factory. dag-factory accepts only
mappings; here a pipeline may also list its tasks.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Final

import yaml

from weather_mlops.pipelines.keys import YamlMapping, YamlValue, is_pipeline, is_plain

PARTS: Final = {"tasks": "task_id", "task_groups": "group_name"}
"""What can be shared, and the key that names an item of a list."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The nodes of an item of a mapping or a sequence; items of a sequence have no key."""

    key: yaml.Node | None
    value: yaml.Node


Entries = dict[int, dict[Hashable, Entry]]


def share_tasks(data: Any, entries: Entries | None = None) -> None:
    """Give each pipeline of a file the tasks and task groups of its block ``default``, in place.

    Args:
        data: the data of the file.
        entries: the nodes of the items of its mappings and sequences, by ``id()``; updated in place.
    """
    known: Entries = {} if entries is None else entries
    default = data.get("default") if isinstance(data, dict) else None
    if not isinstance(default, dict):
        return
    for part, name in PARTS.items():
        shared = default.get(part)
        for key, dag in data.items():
            if isinstance(shared, dict) and is_pipeline(key) and isinstance(dag, dict):
                own = _by_name(dag.get(part, {}), name, known)
                if part not in dag and part in known.get(id(default), {}):
                    known.setdefault(id(dag), {})[part] = known[id(default)][part]
                if isinstance(own, dict):
                    dag[part] = _merged(own, shared, known)


def _by_name(items: YamlValue, name: str, entries: Entries) -> Any:
    """A list of tasks or groups as a mapping by id; unchanged if ids are missing or given twice."""
    if not isinstance(items, list):
        return items
    ids = [item.get(name) if isinstance(item, dict) else None for item in items]
    if not all(isinstance(one, str) for one in ids) or len(set(ids)) < len(ids):
        return items
    named = dict(zip(ids, items, strict=True))
    if known := entries.pop(id(items), None):
        entries[id(named)] = {one: known[index] for index, one in enumerate(ids)}
    return named


def _merged(own: YamlMapping, shared: YamlMapping, entries: Entries) -> YamlMapping:
    """A mapping, completed from a weaker one, key by key."""
    merged = {**own, **{key: value for key, value in shared.items() if key not in own}}
    for key in own.keys() & shared.keys():
        if is_plain(stronger := own[key]) and is_plain(weaker := shared[key]):
            merged[key] = _merged(stronger, weaker, entries)
    entries[id(merged)] = {**entries.get(id(shared), {}), **(entries.get(id(own), {}) if own else {})}
    return merged
