"""Counts of the structure: each is found just above its limit, and not at it."""

from pathlib import Path

import pytest

from authoring.wording import structure
from authoring.wording.structure import Module


def rules(*modules: Module) -> list[tuple[str, str, int]]:
    return [(finding.rule, finding.file, finding.line) for finding in structure.check(modules)]


def package(text: str, name: str = "a") -> Module:
    return Module(f"src/weather_mlops/{name}.py", text)


def test_public_classes_of_one_name_are_reported_at_each_place():
    both = rules(package("class Limits: ...\n"), package("x = 1\nclass Limits: ...\n", "b"))

    assert both == [
        ("class-name-twice", "src/weather_mlops/a.py", 1),
        ("class-name-twice", "src/weather_mlops/b.py", 2),
    ]


def test_private_classes_and_other_folders_may_share_a_name():
    assert rules(package("class _Limits: ...\n"), package("class _Limits: ...\n", "b")) == []
    assert rules(package("class Limits: ...\n"), Module("embedded/a.py", "class Limits: ...\n")) == []


@pytest.mark.parametrize(
    "definition",
    ["Path = tuple[str, ...]\n", "Path: object = 1\n", "class Path: ...\n", "def Path(): ...\n"],
)
def test_a_name_that_others_import_is_hidden(definition):
    user = package("from pathlib import Path\n", "b")
    assert rules(package(definition), user) == [("hides-standard-name", "src/weather_mlops/a.py", 1)]


def test_a_standard_module_is_hidden():
    assert rules(package("import os.path\n"), package("os = 1\n", "b")) == [
        ("hides-standard-name", "src/weather_mlops/b.py", 1)
    ]


def test_local_names_and_names_nobody_imports_hide_nothing():
    assert rules(package("code = 1\n")) == []
    assert rules(package("from pathlib import Path\n"), package("def f():\n    Path = 1\n", "b")) == []
    assert rules(package("from pyarrow import Path\n"), package("Path = 1\n", "b")) == []


def test_loose_dicts_are_reported_above_the_limit():
    limit = structure.MAX_LOOSE_DICTS
    text = "def f(x: dict[str, Any]) -> Mapping[str, Any]: ...\n" * (limit // 2)

    assert rules(package(text)) == []
    assert rules(package(text), Module("embedded/a.py", text)) == []
    more = package("\nx: dict[str, dict[str, Any]]\n", "b")
    assert rules(package(text), more) == [
        ("loose-dict", "src/weather_mlops/a.py", 1),
        ("loose-dict", "src/weather_mlops/b.py", 2),
    ]
    assert structure.count_loose_dicts([package(text), more]) == {
        "src/weather_mlops/a.py": limit,
        "src/weather_mlops/b.py": 1,
    }


def test_dicts_of_known_values_are_not_loose():
    assert (
        structure.count_loose_dicts([package("x: dict[str, int]  # dict[str, Any]\ny: dict[int, Any]\n")])
        == {}
    )


def test_files_of_the_package_have_a_limit():
    text = "x = 1\n" * structure.MAX_FILE_LINES
    assert rules(package(text)) == []
    assert rules(package(text + "x = 1\n")) == [("long-file", "src/weather_mlops/a.py", 1)]
    assert rules(package(text + "x = 1\n", "variables")) == []
    assert rules(Module("embedded/a.py", text + "x = 1\n")) == []


def test_functions_have_a_limit_without_their_decorators():
    body = "    x = 1\n" * (structure.MAX_FUNCTION_LINES - 1)
    assert rules(Module("embedded/a.py", f"@a\n@b\ndef f():\n{body}")) == []
    assert rules(Module("embedded/a.py", f"@a\n@b\ndef f():\n{body}    x = 1\n")) == [
        ("long-function", "embedded/a.py", 3)
    ]


def test_complexity_is_found_whatever_noqa_says(tmp_path: Path):
    (tmp_path / "src").mkdir()
    branches = "    if x: ...\n" * (structure.MAX_COMPLEXITY - 1)
    (tmp_path / "src" / "a.py").write_text(f"def f(x):\n{branches}")
    assert structure.complexity(tmp_path) == []

    (tmp_path / "src" / "a.py").write_text(f"def f(x):  # noqa: C901\n{branches}    if x: ...\n")
    (finding,) = structure.complexity(tmp_path)
    assert (finding.file, finding.line, finding.rule) == ("src/a.py", 1, "complex-function")
