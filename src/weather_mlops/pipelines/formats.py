"""Findings as text for people, JSON, workflow commands of GitHub, and SARIF for code scanning."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Final, TypedDict

from weather_mlops.pipelines.findings import Finding, FindingSeverity
from weather_mlops.sources.quoting import escaped


class _Artifact(TypedDict):
    uri: str


class _Region(TypedDict):
    startLine: int
    startColumn: int


class _PhysicalLocation(TypedDict):
    artifactLocation: _Artifact
    region: _Region


class _SarifResult(TypedDict):
    """A finding in SARIF, by the names of its standard."""

    ruleId: str
    level: str
    message: dict[str, str]
    locations: list[dict[str, _PhysicalLocation]]


def text(findings: Sequence[Finding]) -> str:
    """Three lines each: where and what; the text at fault; the fix."""
    lines = []
    for finding in findings:
        lines += [
            f"{location(finding)}: {finding.severity}: {finding.message} [{finding.rule}]",
            *([f"    {finding.text.splitlines()[0]}"] if finding.text.strip() else []),
            f"    fix: {finding.fix}",
        ]
    return "\n".join([*lines, summary(findings)])


def location(finding: Finding) -> str:
    """Where it is, in the form that editors and terminals make a link of."""
    return f"{escaped(finding.file)}:{finding.line}:{finding.column}"


def summary(findings: Sequence[Finding]) -> str:
    """How many there are."""
    errors = sum(finding.severity is FindingSeverity.ERROR for finding in findings)
    files = len({finding.file for finding in findings})
    if not findings:
        return "pipelines: no errors, no warnings"
    return f"pipelines: {errors} errors, {len(findings) - errors} warnings, in {files} files"


def as_json(findings: Sequence[Finding]) -> str:
    """A list of findings, with the fix also under its older key, which scripts of users may read."""
    items = [{**asdict(finding), "file": escaped(finding.file), "mend": finding.fix} for finding in findings]
    return json.dumps(items, ensure_ascii=False, indent=2)


def github(findings: Sequence[Finding]) -> str:
    """Annotations of a pull request."""
    return "\n".join(
        f"::{finding.severity} file={_property(escaped(finding.file))},line={finding.line},"
        f"col={finding.column},title={_property(finding.rule)}::"
        + _data(f"{finding.message}; fix: {finding.fix}")
        for finding in findings
    )


def sarif(findings: Sequence[Finding]) -> str:
    """SARIF 2.1.0."""
    run = {
        "tool": {
            "driver": {
                "name": "make validate",
                "rules": [{"id": rule} for rule in sorted({finding.rule for finding in findings})],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding) for finding in findings],
    }
    return json.dumps(
        {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]},
        ensure_ascii=False,
        indent=2,
    )


FORMATS: Final[Mapping[str, Callable[[Sequence[Finding]], str]]] = {
    "text": text,
    "json": as_json,
    "github": github,
    "sarif": sarif,
}


def _result(finding: Finding) -> _SarifResult:
    region = _Region(startLine=finding.line, startColumn=finding.column)
    location = _PhysicalLocation(artifactLocation=_Artifact(uri=escaped(finding.file)), region=region)
    return {
        "ruleId": finding.rule,
        "level": str(finding.severity),
        "message": {"text": f"{finding.message}; fix: {finding.fix}"},
        "locations": [{"physicalLocation": location}],
    }


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")
