"""YAML parsed with positions, by the rules of YAML 1.1, as dag-factory does.

Mistakes that don't depend on the schema are reported here: syntax, duplicate keys, tags, words that YAML
reads as something else.
"""

from collections.abc import Hashable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import yaml

from weather_mlops.pipelines import dates, limits, scalars, syntax
from weather_mlops.pipelines.describe import quoted
from weather_mlops.pipelines.document import YamlDocument
from weather_mlops.pipelines.findings import MOST, Finding, FindingSeverity
from weather_mlops.pipelines.keys import YamlValue
from weather_mlops.pipelines.shared import Entry, share_tasks

Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MERGE: Final = "tag:yaml.org,2002:merge"


def load(source: Path | str) -> YamlDocument:
    """Parse a file or a text. Never raises: what is wrong or can't be read is in ``findings``."""
    if isinstance(source, str):
        return parse(source, Path("-"))
    if not source.name.isprintable():
        return YamlDocument(source, findings=[limits.bad_name(source)])
    try:
        content = limits.read(source)
    except OSError as error:
        return YamlDocument(source, findings=[syntax.unreadable(str(source), error)])
    if isinstance(content, Finding):
        return YamlDocument(source, findings=[content])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return YamlDocument(source, findings=[syntax.not_utf8(str(source), content, error.start)])
    return parse(text, source)


def parse(text: str, path: Path) -> YamlDocument:
    """Parse the text of a file."""
    if directives := limits.too_many_directives(str(path), text):
        return YamlDocument(path, text, findings=[directives])
    try:
        if endless := limits.endless(str(path), yaml.parse(text, Loader=Loader)):
            return YamlDocument(path, text, findings=[endless])
        roots = list(yaml.compose_all(text, Loader=Loader))
    except yaml.YAMLError as error:
        return YamlDocument(path, text, findings=[syntax.explain(str(path), text, error)])
    documents = [_Builder(path, root).document for root in roots if not _is_nothing(root)]
    if not documents:
        return YamlDocument(path, text, findings=[syntax.empty(str(path))])
    first, *others = documents
    first.text = text
    for document in documents:
        share_tasks(document.data, document.entries)
    first.following = tuple(others)
    for other in others:
        first.findings += [_second(other), *other.findings]
    return first


def _is_nothing(root: yaml.Node | None) -> bool:
    return root is None or (isinstance(root, yaml.ScalarNode) and root.tag == scalars.TAG + "null")


def _second(document: YamlDocument) -> Finding:
    return document.finding(
        (),
        "second-document",
        "a second document begins here: only the first one of a file is read",
        "move it to a file of its own, or remove the line ---",
        text="---",
    )


class _Builder:
    """Builds the data from the nodes, and remembers the node of each value."""

    def __init__(self, path: Path, root: yaml.Node) -> None:
        self.document = YamlDocument(path, root=root)
        self._data: dict[int, YamlValue] = {}
        self._sizes: dict[int, tuple[int, int]] = {}
        self._reported: set[tuple[int, int]] = set()
        size, depth = self._size(root)
        if depth > limits.MAX_DEPTH:
            mark = root.start_mark
            deep = limits.too_deep(str(path), mark.line + 1, mark.column + 1)
            self.document.findings.append(replace(deep, message=f"{deep.message}, aliases included"))
            return
        if size > limits.MAX_NODES:
            mark = root.start_mark
            self.document.findings.append(limits.too_many_values(str(path), mark.line + 1, mark.column + 1))
            return
        self.document.data = self._make(root)

    def _size(self, node: yaml.Node) -> tuple[int, int]:
        """How many values and how many levels a node has, with aliases counted as what they refer to."""
        if isinstance(node, yaml.ScalarNode):
            return 1, 0
        if id(node) not in self._sizes:
            inside = [self._size(child) for child in _children(node)]
            size, depth = sum(size for size, _ in inside), max((depth for _, depth in inside), default=0)
            self._sizes[id(node)] = 1 + size, 1 + depth
        return self._sizes[id(node)]

    def _make(self, node: yaml.Node) -> YamlValue:
        if id(node) not in self._data:
            self._check_tag(node)
            if isinstance(node, yaml.MappingNode):
                self._data[id(node)] = self._mapping(node)
            elif isinstance(node, yaml.SequenceNode):
                items = [self._make(item) for item in node.value]
                self.document.entries[id(items)] = {
                    index: Entry(None, item) for index, item in enumerate(node.value)
                }
                self._data[id(node)] = items
            elif isinstance(node, yaml.ScalarNode):
                self._data[id(node)] = self._scalar(node)
        return self._data[id(node)]

    def _mapping(self, node: yaml.MappingNode) -> YamlValue:
        if any(not isinstance(key, yaml.ScalarNode) for key, _ in node.value):
            self._report(
                node,
                "unquoted-template",
                "{{ begins a mapping here, not a template",
                'put quotes around it: "{{ … }}"',
                text="{{",
            )
            return "{{ }}"
        data: dict[str, YamlValue] = {}
        entries: dict[Hashable, Entry] = {}
        own: set[str] = set()
        for key_node, value_node in node.value:
            if key_node.tag == MERGE:
                self._merge(value_node, data, entries)
                continue
            key = self._key(key_node)
            if key in own:
                self._report_duplicate(key_node, entries[key])
            own.add(key)
            entries[key] = Entry(key_node, value_node)
            data[key] = self._make(value_node)
        self.document.entries[id(data)] = entries
        return data

    def _merge(self, node: yaml.Node, data: dict[str, YamlValue], entries: dict[Hashable, Entry]) -> None:
        for source in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            merged = self._make(source)
            if not isinstance(merged, dict):
                self._report(
                    source, "merge", "<< merges a mapping", "name the anchor of a mapping: <<: *name"
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
        if not self._is_reported(node):
            self._report(
                node,
                "key-not-text",
                f"the key {node.value} is not text",
                f'put quotes around it: "{node.value}"',
            )
        return str(node.value)

    def _scalar(self, node: yaml.ScalarNode) -> YamlValue:
        text: str = node.value
        if "\0" in text:
            message = "the text contains a NUL character, which Airflow's database can't store"
            self._report(node, "bad-value", message, "remove it", text="\\0")
            return text.replace("\0", "")
        plain = not node.style
        if node.tag in scalars.CONVERTED and len(text) > limits.MAX_DIGITS:
            message = f"a {scalars.kind(node.tag)} of {len(text):,} characters is too long"
            self._report(node, "bad-value", message, "write a shorter one", text=quoted(text))
            return text
        if plain and (trap := scalars.trap(text, node.tag)):
            self._report(node, "yaml-trap", *trap)
        try:
            return scalars.value_of(node)
        except ValueError as error:
            is_date = node.tag == scalars.TAG + "timestamp"
            reason = f": {error}" if is_date else ""
            message = f"{text} is not a valid {scalars.kind(node.tag)}{reason}"
            fix = dates.EXISTING if is_date else "correct it, or put quotes around it"
            self._report(node, "bad-value", message, fix)
            return text

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
        assert first.key is not None  # noqa: S101  an entry of a mapping has a key
        self._report(
            node,
            "duplicate-key",
            f"{node.value} is already given in line {first.key.start_mark.line + 1}: the last one counts",
            "remove one of them",
        )

    def _is_reported(self, node: yaml.Node) -> bool:
        return (node.start_mark.line, node.start_mark.column) in self._reported

    def _report(self, node: yaml.Node, rule: str, message: str, fix: str, text: str | None = None) -> None:
        mark = node.start_mark
        self._reported.add((mark.line, mark.column))
        if len(self.document.findings) >= MOST:
            return
        text = text or (node.value if isinstance(node, yaml.ScalarNode) else "")
        self.document.findings.append(
            Finding(
                str(self.document.path),
                mark.line + 1,
                mark.column + 1,
                FindingSeverity.ERROR,
                rule,
                text,
                message,
                fix,
            )
        )


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    for item in node.value:
        if isinstance(item, tuple):
            yield from item
        else:
            yield item
