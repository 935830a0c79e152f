"""The first lines a user sees on a machine that can't run the system."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from embedded import bootstrap

PROJECT = Path(__file__).resolve().parents[2]


def test_a_full_disk_is_one_clear_line(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / "none")
    monkeypatch.setattr(bootstrap.shutil, "disk_usage", lambda _: SimpleNamespace(free=5e8))

    with pytest.raises(SystemExit):
        bootstrap.check_machine()

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: 0.5 GB free")


def test_an_old_python_is_one_clear_line(monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))

    with pytest.raises(SystemExit):
        bootstrap.check_machine()

    (line,) = capsys.readouterr().err.splitlines()
    assert "Python 3.9" in line
    assert "make PYTHON=" in line


def test_a_missing_python_is_one_clear_line():
    result = subprocess.run(
        ["make", "run", "PYTHON="], cwd=PROJECT, capture_output=True, text=True, check=False
    )

    assert result.returncode != 0
    assert result.stderr.splitlines()[0].startswith("error: no Python 3.11 to 3.14 found")


def test_all_files_name_the_same_python_versions(monkeypatch, capsys):
    """A user meets the Makefile first, then the bootstrap, then the package's own bounds."""
    first, last = bootstrap.OLDEST[1], bootstrap.NEWEST[1]
    minors = range(first, last + 1)
    makefile = (PROJECT / "Makefile").read_text("utf-8")
    about = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    workflow = yaml.safe_load((PROJECT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))
    matrices = [job["strategy"]["matrix"]["python"] for job in workflow["jobs"].values() if "strategy" in job]
    monkeypatch.setattr(sys, "version_info", (3, last + 1, 0))
    with pytest.raises(SystemExit):
        bootstrap.check_machine()

    assert f"(3, {first}) <= sys.version_info[:2] <= (3, {last})" in makefile
    assert all(f"python3.{minor}" in makefile for minor in minors)
    assert f"no Python 3.{first} to 3.{last} found" in makefile
    assert f"3.{first} to 3.{last} needed" in capsys.readouterr().err
    assert about["requires-python"] == f">=3.{first},<3.{last + 1}"
    assert about["classifiers"] == [f"Programming Language :: Python :: 3.{minor}" for minor in minors]
    assert [f"3.{minor}" for minor in minors] in matrices
    assert f"Python 3.{first} to 3.{last} " in (PROJECT / "README.md").read_text("utf-8")
    assert f"Python 3.{first}~3.{last}" in (PROJECT / "README.ko.md").read_text("utf-8")


def test_a_change_of_the_requirements_installs_again(monkeypatch, tmp_path):
    for name in ("requirements.txt", "requirements-dev.txt", "pyproject.toml"):
        (tmp_path / name).write_text("a==1\n")
    monkeypatch.setattr(bootstrap, "PROJECT", tmp_path)
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(bootstrap, "PYTHON", tmp_path / "stamp")
    before = bootstrap.fingerprint(bootstrap.requirements(dev=False))
    (tmp_path / "stamp").write_text(before + "\n")
    assert bootstrap.installed(before)

    (tmp_path / "requirements.txt").write_text("a==2\n")

    assert not bootstrap.installed(bootstrap.fingerprint(bootstrap.requirements(dev=False)))


def test_the_pinned_requirements_are_the_compiled_ones():
    """Every line of requirements.in is pinned, with hashes."""
    pinned = (PROJECT / "requirements.txt").read_text()
    for line in (PROJECT / "requirements.in").read_text().splitlines():
        name = re.split(r"[\[=<]", line.split("#")[0].strip())[0]
        if name:
            assert f"\n{name}==" in pinned, name
    assert pinned.count("--hash=sha256:") > 1000


def test_the_project_itself_is_installed_without_a_download(monkeypatch, tmp_path):
    """Its build tool is pinned: a change of pyproject.toml must not need the network."""
    done: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(bootstrap, "step", lambda _, command: done.append(command))
    bootstrap.install(dev=False)

    assert "--no-build-isolation" in next(command for command in done if "--editable" in command)
    assert re.search(r"^setuptools==", (PROJECT / "requirements.txt").read_text(), re.MULTILINE)
