"""The fast check of pipelines: no Airflow, no network, every mistake with its position and its fix."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from weather_mlops.pipelines import (
    contradictions,
    coverage,
    cross_file,
    graph,
    notes,
    patterns,
    secrets,
    templates,
    time_limits,
)
from weather_mlops.pipelines.check import Checker
from weather_mlops.pipelines.document import YamlDocument
from weather_mlops.pipelines.effective import pipelines
from weather_mlops.pipelines.findings import MOST, Finding, FindingSeverity, errors
from weather_mlops.pipelines.folder import check as check_folder
from weather_mlops.pipelines.folder import defaults_file, pipeline_files
from weather_mlops.pipelines.keys import YamlMapping, is_pipeline
from weather_mlops.pipelines.parser import load
from weather_mlops.pipelines.schema import Schema, schema_at, schema_file


def validate(folder: Path, *, schema: Path | None = None) -> list[Finding]:
    """Check every file of a folder, each by itself, and all of them together.

    Args:
        folder: the folder with the pipelines and their ``defaults.yml``.
        schema: path of ``pipeline.schema.json``; by default the project's.

    Returns:
        The findings, sorted by file and line.

    Raises:
        OSError: the folder or the schema can't be read.
        Misconfigured: the project's schema can't be found.
    """
    schema = schema or schema_file()
    findings = check_folder(folder)
    defaults: YamlMapping = {}
    documents = []
    files, shared = pipeline_files(folder), defaults_file(folder)
    if not findings:
        findings += [cross_file.not_read(path, folder) for path in _others(folder, files, shared)]
    common = load(shared) if shared else None
    if common:
        findings += check_defaults(common, schema)
        defaults = common.data if isinstance(common.data, dict) else {}
    for path in files:
        document = load(path)
        documents.append(document)
        findings += check_document(document, defaults, schema)
        findings += notes.check(document)
    findings += cross_file.check(documents)
    if not errors(findings):  # only then the effective values are known
        known = [pipeline for document in documents for pipeline in pipelines(document, common).values()]
        findings += coverage.check(known)
        findings += time_limits.check(known)
    return sorted(set(findings))


def validate_file(path: Path, defaults: YamlMapping | None, *, schema: Path | None = None) -> list[Finding]:
    """Check one file by itself.

    Args:
        path: path of the file.
        defaults: the data of ``defaults.yml``.
        schema: path of ``pipeline.schema.json``; by default the project's.

    Raises:
        OSError: the file or the schema can't be read.
    """
    return sorted(set(check_document(load(path), defaults or {}, schema)))


def check_document(
    document: YamlDocument, defaults: YamlMapping, schema: Path | None = None
) -> list[Finding]:
    """Check a parsed file."""
    try:
        return _checked(document, defaults, schema)
    except Exception as error:  # noqa: BLE001  whatever a file causes, the other files are still checked
        return [*document.findings, _not_checked(document, error)]


def _checked(document: YamlDocument, defaults: YamlMapping, schema: Path | None) -> list[Finding]:
    findings = list(document.findings)
    for part in (document, *document.following):
        if part.data is not None:
            more = _of_pipelines(part, defaults, schema_at(schema or schema_file()))
            findings += _without_echo(findings, more)
    return findings + secrets.comments(document)


def check_defaults(document: YamlDocument, schema: Path | None = None) -> list[Finding]:
    """Check a parsed ``defaults.yml``."""
    known = schema_at(schema or schema_file())
    try:
        return _checked_defaults(document, known)
    except Exception as error:  # noqa: BLE001  as of any other file
        return [*document.findings, _not_checked(document, error)]


def _checked_defaults(document: YamlDocument, known: Schema) -> list[Finding]:
    findings = list(document.findings)
    if document.data is not None:
        checked = [
            *islice(Checker(known, document).check(known["$defs"]["defaults"], (), document.data), MOST),
            *islice(secrets.check(document, document.data), MOST),
            *patterns.check(document),
        ]
        findings += _without_echo(findings, checked)
    return sorted({*findings, *secrets.comments(document)})


def _not_checked(document: YamlDocument, error: Exception) -> Finding:
    """A fault of the check itself; a file within the limits should cause none."""
    return document.finding(
        (),
        "not-checked",
        f"this file can't be checked: {type(error).__name__}: {error}",
        "make it simpler: remove what was added last. Please report this, with the file",
    )


def _of_pipelines(document: YamlDocument, defaults: YamlMapping, schema: Schema) -> Iterator[Finding]:
    data = document.data
    if not isinstance(data, dict):
        yield document.finding(
            (),
            "wrong-type",
            "the file is not a mapping",
            "begin with the id of a DAG, and a colon: my_pipeline:",
            text=str(data)[:40],
        )
        return
    layers = [data["default"]] if isinstance(data.get("default"), dict) else []
    layers.append(defaults)
    shared = {name for layer in layers for name in _names(layer.get("default_args"))}
    templated = Checker(schema, document).is_templated
    yield from islice(secrets.check(document, data, templated=templated), MOST)
    for key, entry in data.items():
        supplied = shared | (_names(entry.get("default_args")) if isinstance(entry, dict) else set())
        findings = list(islice(Checker(schema, document, supplied).entry(key, entry), MOST))
        yield from findings
        if is_pipeline(key) and isinstance(entry, dict):
            yield from islice(graph.check(document, key, entry), MOST)
            yield from islice(templates.check(document, key, entry, schema["x-context"]), MOST)
            if not errors(findings):  # all values have the types that contradictions.check relies on
                yield from islice(contradictions.check(document, key, entry, layers), MOST)
    yield from patterns.check(document)
    if not data:
        yield document.finding(
            (), "empty", "there is no pipeline in this file", "declare one, or remove the file"
        )


def _others(folder: Path, read: Iterable[Path], shared: Path | None) -> list[Path]:
    """Files that look like pipelines, but are not read."""
    files = {path for pattern in ("*.yml", "*.yaml") for path in folder.rglob(pattern) if path.is_file()}
    return sorted(files - {*read, shared})[:MOST]


def _names(default_args: Any) -> set[str]:
    return set(default_args) if isinstance(default_args, dict) else set()


def _without_echo(findings: Sequence[Finding], more: Iterator[Finding] | Sequence[Finding]) -> list[Finding]:
    """Further findings, without errors that only follow from a finding at the same position."""
    positions = {(finding.line, finding.column) for finding in findings}
    further: list[Finding] = []
    for finding in more:
        if (finding.line, finding.column) not in positions or finding.severity is FindingSeverity.WARNING:
            further.append(finding)
            positions.add((finding.line, finding.column))
    return further
