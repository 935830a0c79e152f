"""The fast check of pipelines: no Airflow, no network, every mistake with its place and its mend."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from weather_mlops.pipelines import between, contradictions, graph, notes, secrets, templates
from weather_mlops.pipelines.check import Checker
from weather_mlops.pipelines.document import Document, load
from weather_mlops.pipelines.findings import Finding, Severity, errors
from weather_mlops.pipelines.folder import defaults_file, pipeline_files

SCHEMA: Final = Path(__file__).resolve().parents[3] / "schemas" / "pipeline.schema.json"


def validate(folder: Path, *, schema: Path = SCHEMA) -> list[Finding]:
    """Check every file of a folder, each by itself, and all of them together.

    Args:
        folder: with the pipelines, and their ``defaults.yml``.
        schema: ``pipeline.schema.json``.

    Returns:
        What is wrong, by file and line.

    Raises:
        OSError: the folder or the schema can't be read.
    """
    found: list[Finding] = []
    defaults: Mapping[str, Any] = {}
    documents = []
    files, shared = pipeline_files(folder), defaults_file(folder)
    found += [
        between.not_read(path, folder) for path in _others(folder, [*files, *([shared] if shared else [])])
    ]
    if shared:
        document = load(shared)
        found += check_defaults(document, schema)
        defaults = document.data if isinstance(document.data, dict) else {}
    for path in files:
        document = load(path)
        documents.append(document)
        found += check_document(document, defaults, schema)
        found += notes.check(document)
    found += between.check(documents)
    return sorted(set(found))


def validate_file(path: Path, defaults: Mapping[str, Any] | None, *, schema: Path = SCHEMA) -> list[Finding]:
    """Check one file by itself.

    Args:
        path: of the file.
        defaults: what ``defaults.yml`` says.
        schema: ``pipeline.schema.json``.

    Raises:
        OSError: the file or the schema can't be read.
    """
    return sorted(set(check_document(load(path), defaults or {}, schema)))


def check_document(document: Document, defaults: Mapping[str, Any], schema: Path = SCHEMA) -> list[Finding]:
    """Check a file that is parsed already."""
    found = list(document.found)
    for part in (document, *document.following):
        if part.data is not None:
            found += _without_echo(found, _of_pipelines(part, defaults, schema_at(schema)))
    return found + secrets.comments(document)


def check_defaults(document: Document, schema: Path = SCHEMA) -> list[Finding]:
    """Check ``defaults.yml``, parsed already."""
    known = schema_at(schema)
    found = list(document.found)
    if document.data is not None:
        checked = [
            *Checker(known, document).check(known["$defs"]["defaults"], (), document.data),
            *secrets.check(document, document.data),
        ]
        found += _without_echo(found, checked)
    return sorted({*found, *secrets.comments(document)})


@cache
def schema_at(path: Path) -> Mapping[str, Any]:
    """The schema of a file."""
    schema: Mapping[str, Any] = json.loads(path.read_bytes())
    return schema


def _of_pipelines(
    document: Document, defaults: Mapping[str, Any], schema: Mapping[str, Any]
) -> Iterator[Finding]:
    data = document.data
    if not isinstance(data, dict):
        yield document.finding(
            (),
            "wrong-type",
            "the file is no mapping",
            "begin with the id of a DAG, and a colon: my_pipeline:",
            text=str(data)[:40],
        )
        return
    whole = {**defaults, **data["default"]} if isinstance(data.get("default"), dict) else dict(defaults)
    shared = _names(defaults.get("default_args")) | _names(whole.get("default_args"))
    yield from secrets.check(document, data)
    for key, said in data.items():
        supplied = shared | (_names(said.get("default_args")) if isinstance(said, dict) else set())
        found = list(Checker(schema, document, supplied).entry(key, said))
        yield from found
        if key != "default" and isinstance(said, dict):
            yield from graph.check(document, key, said)
            yield from templates.check(document, key, said, schema["x-context"])
            if not errors(found):  # its values are of the kinds that they should be
                yield from contradictions.check(document, key, said, whole)
    if not data:
        yield document.finding(
            (), "empty", "there is no pipeline in this file", "declare one, or remove the file"
        )


def _others(folder: Path, read: Iterable[Path]) -> list[Path]:
    """Files that look like pipelines, and that nobody reads."""
    found = {path for pattern in ("*.yml", "*.yaml") for path in folder.rglob(pattern) if path.is_file()}
    return sorted(found - set(read))


def _names(default_args: Any) -> set[str]:
    return set(default_args) if isinstance(default_args, dict) else set()


def _without_echo(found: Sequence[Finding], more: Iterator[Finding] | Sequence[Finding]) -> list[Finding]:
    """Without what only follows from a finding at the same place."""
    places = {(finding.line, finding.column) for finding in found}
    kept: list[Finding] = []
    for finding in more:
        if (finding.line, finding.column) not in places or finding.severity is Severity.WARNING:
            kept.append(finding)
            places.add((finding.line, finding.column))
    return kept
