"""A parsed YAML file: the data as dag-factory will see them, and where each value is in the file."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from weather_mlops.pipelines.findings import Finding, FindingSeverity
from weather_mlops.pipelines.keys import YamlValue
from weather_mlops.pipelines.shared import Entry


@dataclass
class YamlDocument:
    """A YAML document.

    Attributes:
        path: path of the file; ``-`` for a text.
        text: the whole text of the file.
        data: the data as plain Python; None if the file can't be parsed.
        findings: what is wrong with it as YAML.
        root: the root node.
        following: further documents of the same file.
        entries: the nodes of the items of each mapping and sequence, by the ``id()`` of the Python object.
    """

    path: Path
    text: str = ""
    data: YamlValue = None
    findings: list[Finding] = field(default_factory=list)
    root: yaml.Node | None = None
    following: tuple["YamlDocument", ...] = ()
    entries: dict[int, dict[Hashable, Entry]] = field(default_factory=dict)

    def position_of(self, path: Sequence[str | int], *, value: bool = False) -> tuple[int, int]:
        """Line and column, from 1, of the key or the value at a path.

        A path that doesn't exist has the position of its deepest existing part.
        """
        entry = self._entry(path)
        if entry is None:
            return (1, 1)
        node = entry.value if value or entry.key is None else entry.key
        return (node.start_mark.line + 1, node.start_mark.column + 1)

    def value_at(self, path: Sequence[str | int]) -> YamlValue:
        """The value at a path; None if there is no such path."""
        value: Any = self.data
        for step in path:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value  # type: ignore[no-any-return]

    def text_of(self, path: Sequence[str | int]) -> str | None:
        """A scalar as it is written in the file; None for anything else."""
        entry = self._entry(path)
        return entry.value.value if entry and isinstance(entry.value, yaml.ScalarNode) else None

    def finding(  # noqa: PLR0913  the fields of a finding
        self,
        path: Sequence[str | int],
        rule: str,
        message: str,
        fix: str,
        *,
        text: str | None = None,
        severity: FindingSeverity = FindingSeverity.ERROR,
        value: bool = False,
    ) -> Finding:
        """A finding at a path."""
        line, column = self.position_of(path, value=value)
        if text is None:
            text = (self.text_of(path) if value else None) or str(path[-1] if path else "")
        return Finding(str(self.path), line, column, severity, rule, text, message, fix)

    def _entry(self, path: Sequence[str | int]) -> Entry | None:
        entry = Entry(None, self.root) if self.root else None
        data: Any = self.data
        for step in path:
            inside = self.entries.get(id(data), {}).get(step)
            if inside is None:
                break
            entry, data = inside, data[step]
        return entry
