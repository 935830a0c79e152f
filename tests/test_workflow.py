"""The workflow on GitHub: all tests are run, each job has a limit that it can meet."""

import re
from pathlib import Path

import yaml

PROJECT = Path(__file__).resolve().parents[1]
JOBS = yaml.safe_load((PROJECT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))["jobs"]
RUNS = {name: [step["run"] for step in job["steps"] if "run" in step] for name, job in JOBS.items()}
MAKEFILE = (PROJECT / "Makefile").read_text("utf-8")


def test_what_make_test_does_is_done_by_the_jobs_together():
    everything = re.search(r"^test: lint .*\n\t(.*)\n", MAKEFILE, re.MULTILINE)[1]
    assert re.fullmatch(
        r"\S+ -m pytest --numprocesses logical --maxprocesses \d --dist loadfile", everything
    )  # no test left out

    systems = re.search(r"\$\(or \$\(SYSTEMS\),(.*?)\)", MAKEFILE)[1].split(" or ")
    done = {run.split()[-1] for runs in RUNS.values() for run in runs}
    assert {"lint", "test-parts", *(f"SYSTEMS={system}" for system in systems)} <= done
    assert systems == ["e2e", "containers"]


def test_tests_of_parts_and_of_systems_are_all_tests():
    parts, systems = re.findall(r'pytest .*?-m "(.*)"', MAKEFILE)[:2]
    assert parts == "not e2e and not containers"
    assert "e2e or containers" in systems
    marked = {
        mark: {file.parts[len(PROJECT.parts) + 1] for file in (PROJECT / "tests").rglob("test_*.py")
               if re.search(rf"pytest\.mark\.{mark}\b", file.read_text("utf-8"))}
        for mark in ("e2e", "containers")
    }  # fmt: skip
    assert marked == {"e2e": {"e2e"}, "containers": {"containers"}}  # the folders that test-systems names


def test_each_job_ends_by_itself_and_none_runs_all_tests_alone():
    assert all(job["timeout-minutes"] for job in JOBS.values())
    assert not [run for runs in RUNS.values() for run in runs if run.split()[-1] in {".ci/run", "test"}]
