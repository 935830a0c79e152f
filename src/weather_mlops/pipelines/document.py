"""YAML with positions: the data as dag-factory will see them, and where each of them stands in the file.

Parsed by the rules of YAML 1.1, as dag-factory does. What can be told to be wrong without knowing what the
file is about is told here: syntax, duplicate keys, tags, words that YAML takes for something else.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from weather_mlops.pipelines import scalars, syntax
from weather_mlops.pipelines.findings import Finding, Severity

Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_NODES: Final = 100_000
"""Of a file, with each alias counted as what it stands for: more is a bomb, not a pipeline."""

MERGE: Final = "tag:yaml.org,2002:merge"


@dataclass(frozen=True, slots=True)
class Entry:
    """An item of a mapping or a sequence, as nodes; a sequence's have no key."""

    key: yaml.Node | None
    value: yaml.Node


@dataclass
class Document:
    """A YAML document.

    Attributes:
        path: of the file; ``-`` for a text.
        text: of all of it.
        data: plain Python; None where the file can't be parsed.
        found: what is wrong with it as YAML.
        root: the node of all of it.
        following: further documents of the same file.
        entries: of each mapping and sequence of the data, by its identity, the nodes of its items.
    """

    path: Path
    text: str = ""
    data: Any = None
    found: list[Finding] = field(default_factory=list)
    root: yaml.Node | None = None
    following: tuple["Document", ...] = ()
    entries: dict[int, dict[Hashable, Entry]] = field(default_factory=dict)

    def position_of(self, path: Sequence[str | int], *, value: bool = False) -> tuple[int, int]:
        """Line and column, from 1, of what a path leads to: of its key, or of its value.

        A path that leads nowhere has the position of the deepest part that is there.
        """
        entry = self._entry(path)
        if entry is None:
            return (1, 1)
        node = entry.value if value or entry.key is None else entry.key
        return (node.start_mark.line + 1, node.start_mark.column + 1)

    def text_of(self, path: Sequence[str | int]) -> str | None:
        """A scalar as it was written; None of anything else."""
        entry = self._entry(path)
        return entry.value.value if entry and isinstance(entry.value, yaml.ScalarNode) else None

    def finding(  # noqa: PLR0913  what a finding says
        self,
        path: Sequence[str | int],
        rule: str,
        message: str,
        mend: str,
        *,
        text: str | None = None,
        severity: Severity = Severity.ERROR,
        value: bool = False,
    ) -> Finding:
        """A finding about what a path leads to."""
        line, column = self.position_of(path, value=value)
        if text is None:
            text = (self.text_of(path) if value else None) or str(path[-1] if path else "")
        return Finding(str(self.path), line, column, severity, rule, text, message, mend)

    def _entry(self, path: Sequence[str | int]) -> Entry | None:
        entry = Entry(None, self.root) if self.root else None
        data = self.data
        for step in path:
            inside = self.entries.get(id(data), {}).get(step)
            if inside is None:
                break
            entry, data = inside, data[step]
        return entry


def load(source: Path | str) -> Document:
    """Parse a file, or a text. Never raises: what is wrong, or can't be read, is told in ``found``."""
    if isinstance(source, str):
        return parse(source, Path("-"))
    try:
        content = source.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        return Document(source, found=[syntax.unreadable(str(source), error)])
    except UnicodeDecodeError as error:
        return Document(source, found=[syntax.not_utf8(str(source), content, error.start)])
    return parse(text, source)


def parse(text: str, path: Path) -> Document:
    """Parse a text that stands in a file."""
    try:
        roots = list(yaml.compose_all(text, Loader=Loader))
    except yaml.YAMLError as error:
        return Document(path, text, found=[syntax.explain(str(path), text, error)])
    documents = [_Builder(path, root).document for root in roots if root is not None]
    if not documents:
        return Document(path, text, found=[syntax.empty(str(path))])
    first, *others = documents
    first.text = text
    first.following = tuple(others)
    for other in others:
        first.found += [_second(other), *other.found]
    return first


def _second(document: Document) -> Finding:
    return document.finding(
        (),
        "second-document",
        "a second document begins here: only one is read of a file",
        "move it to a file of its own, or remove the line ---",
        text="---",
    )


class _Builder:
    """Makes data of nodes, and remembers where they came from."""

    def __init__(self, path: Path, root: yaml.Node) -> None:
        self.document = Document(path, root=root)
        self._made: dict[int, Any] = {}
        self._sizes: dict[int, int] = {}
        self._open: set[int] = set()
        if self._size(root) > MAX_NODES:
            self._report(
                root, "too-large", f"more than {MAX_NODES:,} values, aliases included", "split the file"
            )
            return
        self.document.data = self._make(root)

    def _size(self, node: yaml.Node) -> int:
        if isinstance(node, yaml.ScalarNode):
            return 1
        if id(node) in self._open:
            return MAX_NODES + 1  # an alias of what it is in
        if id(node) not in self._sizes:
            self._open.add(id(node))
            self._sizes[id(node)] = 1 + sum(map(self._size, _children(node)))
            self._open.discard(id(node))
        return self._sizes[id(node)]

    def _make(self, node: yaml.Node) -> Any:
        if id(node) not in self._made:
            self._check_tag(node)
            if isinstance(node, yaml.MappingNode):
                self._made[id(node)] = self._mapping(node)
            elif isinstance(node, yaml.SequenceNode):
                items = [self._make(item) for item in node.value]
                self.document.entries[id(items)] = {
                    index: Entry(None, item) for index, item in enumerate(node.value)
                }
                self._made[id(node)] = items
            elif isinstance(node, yaml.ScalarNode):
                self._made[id(node)] = self._scalar(node)
        return self._made[id(node)]

    def _mapping(self, node: yaml.MappingNode) -> Any:
        if any(not isinstance(key, yaml.ScalarNode) for key, _ in node.value):
            self._report(
                node,
                "unquoted-template",
                "{{ begins a mapping here, not a template",
                'put quotes around it: "{{ … }}"',
                text="{{",
            )
            return "{{ }}"
        data: dict[Any, Any] = {}
        entries: dict[Hashable, Entry] = {}
        for key_node, value_node in node.value:
            if key_node.tag == MERGE:
                self._merge(value_node, data, entries)
                continue
            key = self._key(key_node)
            if key in entries and entries[key].key in [pair[0] for pair in node.value]:
                self._report_duplicate(key_node, entries[key])
            entries[key] = Entry(key_node, value_node)
            data[key] = self._make(value_node)
        self.document.entries[id(data)] = entries
        return data

    def _merge(self, node: yaml.Node, data: dict[Any, Any], entries: dict[Hashable, Entry]) -> None:
        for source in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            merged = self._make(source)
            if not isinstance(merged, dict):
                self._report(
                    source, "merge", "<< takes in a mapping", "name the anchor of a mapping: <<: *name"
                )
                continue
            for key, value in merged.items():
                if key not in data:
                    data[key] = value
                    entries[key] = self.document.entries[id(merged)][key]

    def _key(self, node: yaml.ScalarNode) -> str:
        value = self._make(node)
        if isinstance(value, str):
            return value
        if not self._found_at(node):
            self._report(
                node,
                "key-not-text",
                f"the key {node.value} is not text",
                f'put quotes around it: "{node.value}"',
            )
        return str(node.value)

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        plain = not node.style
        if plain and (trap := scalars.trap(node.value, node.tag)):
            self._report(node, "yaml-trap", *trap)
        try:
            return scalars.value_of(node)
        except ValueError:
            self._report(
                node,
                "bad-value",
                f"{node.value} is no {scalars.kind(node.tag)}",
                "correct it, or put quotes around it",
            )
            return node.value

    def _check_tag(self, node: yaml.Node) -> None:
        if node.tag not in scalars.PLAIN_TAGS:
            self._report(
                node,
                "tag",
                f"the tag {scalars.written_tag(node.tag)} is not allowed: a tag can run any code",
                "remove it; a function is named by its import path: package.module.function",
                text=scalars.written_tag(node.tag),
            )

    def _report_duplicate(self, node: yaml.Node, first: Entry) -> None:
        assert first.key is not None  # noqa: S101  of a mapping
        self._report(
            node,
            "duplicate-key",
            f"{node.value} was given already, in line {first.key.start_mark.line + 1}: the last one counts",
            "remove one of them",
        )

    def _found_at(self, node: yaml.Node) -> bool:
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        return any((finding.line, finding.column) == (line, column) for finding in self.document.found)

    def _report(self, node: yaml.Node, rule: str, message: str, mend: str, text: str | None = None) -> None:
        mark = node.start_mark
        told = text or (node.value if isinstance(node, yaml.ScalarNode) else "")
        self.document.found.append(
            Finding(
                str(self.document.path),
                mark.line + 1,
                mark.column + 1,
                Severity.ERROR,
                rule,
                told,
                message,
                mend,
            )
        )


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    for item in node.value:
        if isinstance(item, tuple):
            yield from item
        else:
            yield item
