"""Findings as text for people, JSON, commands of GitHub's workflows, and SARIF for code scanning."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from weather_mlops.pipelines.findings import Finding, FindingSeverity
from weather_mlops.sources.quoting import escaped


def text(found: Sequence[Finding]) -> str:
    """Three lines each: where and what; what stands there; the mend."""
    lines = []
    for finding in found:
        lines += [
            f"{location(finding)}: {finding.severity}: {finding.message} [{finding.rule}]",
            *([f"    {finding.text.splitlines()[0]}"] if finding.text.strip() else []),
            f"    mend: {finding.mend}",
        ]
    return "\n".join([*lines, summary(found)])


def location(finding: Finding) -> str:
    """Where it is, as editors and terminals take it for a link."""
    return f"{escaped(finding.file)}:{finding.line}:{finding.column}"


def summary(found: Sequence[Finding]) -> str:
    """How many there are."""
    errors = sum(finding.severity is FindingSeverity.ERROR for finding in found)
    files = len({finding.file for finding in found})
    if not found:
        return "pipelines: nothing to mend"
    return f"pipelines: {errors} errors, {len(found) - errors} warnings, in {files} files"


def as_json(found: Sequence[Finding]) -> str:
    """A list of findings."""
    findings = [{**asdict(finding), "file": escaped(finding.file)} for finding in found]
    return json.dumps(findings, ensure_ascii=False, indent=2)


def github(found: Sequence[Finding]) -> str:
    """Annotations of a pull request."""
    return "\n".join(
        f"::{finding.severity} file={_property(escaped(finding.file))},line={finding.line},"
        f"col={finding.column},title={_property(finding.rule)}::"
        + _data(f"{finding.message}; mend: {finding.mend}")
        for finding in found
    )


def sarif(found: Sequence[Finding]) -> str:
    """SARIF 2.1.0."""
    run = {
        "tool": {
            "driver": {
                "name": "make validate",
                "rules": [{"id": rule} for rule in sorted({finding.rule for finding in found})],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding) for finding in found],
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


def _result(finding: Finding) -> dict[str, Any]:
    region = {"startLine": finding.line, "startColumn": finding.column}
    place = {"artifactLocation": {"uri": escaped(finding.file)}, "region": region}
    return {
        "ruleId": finding.rule,
        "level": str(finding.severity),
        "message": {"text": f"{finding.message}; mend: {finding.mend}"},
        "locations": [{"physicalLocation": place}],
    }


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")
