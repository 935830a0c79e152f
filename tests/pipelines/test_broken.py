"""Files with one mistake each: reported once, at its line, with the fix.

The first lines of each file under broken/ say what is expected: ``# line 4 [rule]: part of the message``.
"""

import re
from pathlib import Path

import pytest

from weather_mlops.pipelines.findings import FindingSeverity
from weather_mlops.pipelines.validation import validate_file

BROKEN = sorted((Path(__file__).parent / "broken").glob("*.yml"))
EXPECTED = re.compile(r"^# line (\d+) \[([\w-]+)\]: (.+)$", re.MULTILINE)


def test_there_are_more_than_a_hundred():
    assert len(BROKEN) > 100


@pytest.mark.parametrize("path", BROKEN, ids=[path.stem for path in BROKEN])
def test_a_mistake_is_reported_once_at_its_line_with_the_fix(path):
    expected = EXPECTED.findall(path.read_text("utf-8"))

    findings = validate_file(path, {})

    assert [(finding.line, finding.rule) for finding in findings] == [
        (int(line), rule) for line, rule, _ in expected
    ]
    for finding, (_, _, part) in zip(findings, expected, strict=True):
        assert part in f"{finding.message}; {finding.fix}"
        assert finding.severity is FindingSeverity.ERROR
        assert finding.file == str(path)
        assert finding.column >= 1
        assert finding.fix
