"""Every alert has its section in the runbook, and every section its alert."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lake.conftest import empty_tables
from weather_mlops.lake.query import connect

PROJECT = Path(__file__).resolve().parents[2]
RUNBOOK = (PROJECT / "docs" / "runbook.md").read_text()
NAMED_BY = {"Rule", "Check"}


def alert_names() -> Iterator[str]:
    """What the code calls its checks: the first argument wherever one is made."""
    for file in (PROJECT / "src" / "weather_mlops" / "monitoring").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in NAMED_BY and node.args:
                name = node.args[0]
                if isinstance(name, ast.Constant):
                    yield name.value


def sections() -> dict[str, str]:
    parts = re.split(r"^### (\w+)$", RUNBOOK, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_alert_has_its_section_and_every_section_its_alert():
    names = set(alert_names())
    assert len(names) > 25
    assert set(sections()) == names


@pytest.mark.parametrize("name", sections())
def test_a_runbook_section_has_meaning_diagnosis_and_remedy(name):
    assert re.findall(r"^\*\*(\w+)\*\* ", sections()[name], re.MULTILINE) == ["Means", "See", "Do"]


@pytest.mark.prepared(tables=empty_tables)
@pytest.mark.parametrize("sql", re.findall(r'make query SQL="([^.][^"]*)"', RUNBOOK))
def test_the_sql_of_the_runbook_can_be_asked(sql, catalog, access):
    assert connect(catalog, access).sql(sql).fetchall() is not None
