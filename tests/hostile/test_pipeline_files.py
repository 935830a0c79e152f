"""Whatever lies in pipelines/: it is a finding, at once, and the other pipelines keep their schedules."""

import time
import tracemalloc
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.hostile.pipeline_files import pipeline
from tests.hostile.registry import SECONDS, Entry, Kind, entries
from weather_mlops.pipelines import __main__ as command
from weather_mlops.pipelines.document import YamlDocument
from weather_mlops.pipelines.findings import errors
from weather_mlops.pipelines.formats import FORMATS
from weather_mlops.pipelines.parser import load
from weather_mlops.pipelines.validation import check_defaults, check_document, validate, validate_file

LONGEST_FINDING = 3500


@pytest.fixture(scope="module", autouse=True)
def _schema_is_read(tmp_path_factory):
    """What every check needs once, and no entry is to blame for."""
    good = tmp_path_factory.mktemp("good") / "good.yml"
    good.write_text(pipeline(schedule='"0 0 L * *"', text='"{{ ts }}"'))
    assert validate_file(good, {}) == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "defaults.yml").write_text("timezone: Asia/Seoul\n")
    (tmp_path / "good.yml").write_text(pipeline(dag_id="good"))
    return tmp_path


class Parsed(NamedTuple):
    """An entry that was put into a file and parsed, which may take a second; and how long that took."""

    entry: Entry
    path: Path
    document: YamlDocument
    seconds: float


@pytest.fixture(scope="module", params=entries(Kind.PIPELINE), ids=str)
def parsed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Parsed:
    path = request.param.put(tmp_path_factory.mktemp("hostile") / "hostile.yml")
    begun = time.process_time()
    document = load(path)
    return Parsed(request.param, path, document, time.process_time() - begun)


def test_a_file_is_answered_at_once(parsed):
    entry, path = parsed.entry, parsed.path

    begun = time.process_time()
    findings = sorted(set(check_document(parsed.document, {})))
    taken = parsed.seconds + time.process_time() - begun

    assert [finding.rule for finding in errors(findings)][:1] == ([entry.expected] if entry.expected else [])
    assert taken < SECONDS
    assert {finding.file for finding in findings} <= {str(path)}
    assert max([len(str(finding)) for finding in findings], default=0) < LONGEST_FINDING + len(str(path))


def test_the_same_as_defaults_is_an_error_of_its_own(parsed):
    begun = time.process_time()
    findings = check_defaults(parsed.document)

    assert parsed.seconds + time.process_time() - begun < SECONDS
    assert errors(findings)
    assert all(finding.rule != "not-checked" for finding in findings)


@pytest.mark.parametrize("entry", entries(Kind.FOLDER), ids=str)
def test_a_folder_is_checked_all_the_same(folder, entry, capsys):
    entry.put(folder)

    begun = time.process_time()
    findings = validate(folder)

    assert time.process_time() - begun < SECONDS
    assert entry.expected in {finding.rule for finding in findings}
    for form in FORMATS:
        command.main([str(folder), "--format", form])
        capsys.readouterr().out.encode()  # of letters that any terminal has


def test_memory_stays_small_whatever_is_read(tmp_path):
    """One file of each kind of excess."""
    tracemalloc.start()
    try:
        for entry in entries(Kind.PIPELINE):
            if entry.name in {
                "billion_laughs",
                "template_that_multiplies",
                "template_that_fills_up",
                "sparse",
            }:
                validate_file(entry.put(tmp_path / f"{entry.name}.yml"), {})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 100e6


def test_a_file_that_the_check_fails_on_has_a_finding_of_that(folder, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError("an error of ours")

    monkeypatch.setattr("weather_mlops.pipelines.graph.check", fail)

    assert [(Path(each.file).name, each.rule) for each in validate(folder)] == [("good.yml", "not-checked")]
    assert "ZeroDivisionError" in validate(folder)[0].message


def test_a_file_may_be_nested_as_deep_as_people_write():
    assert load("a: " + "[" * 90 + "]" * 90).findings == []
