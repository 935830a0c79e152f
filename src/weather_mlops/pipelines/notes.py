"""Notes on a pipeline and its tasks for the UI: a Markdown file next to the YAML.

``pipelines/collection.md`` belongs to ``pipelines/collection.yml``. Each ``## task_id`` begins the notes on
that task; the text before the first one is about the pipeline. A task's ``doc_md`` in the YAML wins.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from weather_mlops.pipelines import limits, syntax
from weather_mlops.pipelines.document import YamlDocument
from weather_mlops.pipelines.findings import Finding, FindingSeverity, did_you_mean
from weather_mlops.pipelines.folder import text_of
from weather_mlops.pipelines.graph import named
from weather_mlops.pipelines.keys import YamlMapping, is_pipeline

SUFFIX: Final = ".md"
_SECTION: Final = re.compile(r"^## +(\S+) *$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Notes:
    """The notes of a file.

    Attributes:
        pipeline: notes on the pipeline; Markdown.
        tasks: notes on the tasks, by task id.
        lines: the line of each task's heading, counted from 1.
    """

    pipeline: str
    tasks: dict[str, str]
    lines: dict[str, int]


def read(pipeline: Path) -> Notes:
    """The notes on the pipelines of a YAML file; empty if there are none."""
    text = text_of(_file(pipeline))
    first, *rest = _SECTION.split(text)
    names, bodies = rest[::2], (body.strip() for body in rest[1::2])
    lines = {match[1]: text.count("\n", 0, match.start()) + 1 for match in _SECTION.finditer(text)}
    return Notes(first.strip(), dict(zip(names, bodies, strict=True)), lines)


def _file(pipeline: Path) -> Path:
    return pipeline.with_suffix(SUFFIX)


def add(data: YamlMapping, notes: Notes) -> None:
    """Add the notes to the pipelines and tasks of a file, as their ``doc_md``."""
    for dag_id, dag in data.items():
        if not is_pipeline(dag_id) or not isinstance(dag, dict):
            continue
        if texts := [text for text in (notes.pipeline, dag.get("doc_md")) if text]:
            dag["doc_md"] = "\n\n".join(texts)
        for name, _, task in named(dag.get("tasks"), (dag_id, "tasks"), "task_id"):
            if name in notes.tasks and isinstance(task, dict):
                task.setdefault("doc_md", notes.tasks[name])


def check(document: YamlDocument) -> Iterator[Finding]:
    """Warnings of notes that can't be read or are on tasks that don't exist.

    There are none if the pipeline can't be parsed.
    """
    if document.data is None:
        return
    file = _file(document.path)
    try:
        content = limits.read(file) if os.path.lexists(file) else b""
    except OSError as error:
        content = syntax.unreadable(str(file), error)
    if isinstance(content, Finding):
        yield replace(content, severity=FindingSeverity.WARNING)
    notes = read(document.path)
    known = {
        name
        for dag_id, dag in (document.data.items() if isinstance(document.data, dict) else ())
        if isinstance(dag, dict)
        for name, _, _ in named(dag.get("tasks"), (dag_id, "tasks"), "task_id")
    }
    for name in notes.tasks.keys() - known:
        like = did_you_mean(name, known)
        hint = f"; did you mean {like}?" if like else ""
        yield Finding(
            str(file),
            notes.lines[name],
            1,
            FindingSeverity.WARNING,
            "unknown-task",
            name,
            f"notes on {name}: {document.path.name} has no such task{hint}",
            f"there are: {', '.join(sorted(known))}",
        )
