"""Heavy libraries are imported where tasks are forked from, and nowhere else."""

import ast
import os
import subprocess
import sys

import pytest

from embedded.components import PROJECT
from preload_plugin import HEAVY, forks_tasks

OPERATORS = PROJECT / "plugins" / "operators"
PRELOADED = """
import importlib, sys
for module in HEAVY:
    importlib.import_module(module)
print([name for name in USED if name not in sys.modules])
"""


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["airflow", "scheduler"], True),
        (["airflow", "celery", "worker", "--queues", "training"], True),
        (["airflow", "celery", "flower"], False),
        (["airflow", "api-server"], False),
        (["airflow", "dag-processor"], False),
        (["airflow"], False),
    ],
)
def test_the_scheduler_and_workers_fork_tasks(monkeypatch, command, expected):
    monkeypatch.setattr(sys, "argv", command)
    assert forks_tasks() is expected


def imported_by_tasks() -> set[str]:
    """Modules of the domain that operators import when a task runs: inside functions."""
    modules = set()
    for file in OPERATORS.glob("*.py"):
        for function in ast.walk(ast.parse(file.read_text())):
            if not isinstance(function, ast.FunctionDef):
                continue
            for node in ast.walk(function):
                if (
                    isinstance(node, ast.ImportFrom)
                    and node.module
                    and node.module.startswith("weather_mlops")
                ):
                    named = {f"{node.module}.{alias.name}" for alias in node.names}
                    modules |= {node.module, *(name for name in named if is_module(name))}
    return modules


def is_module(name: str) -> bool:
    path = PROJECT / "src" / name.replace(".", "/")
    return path.with_suffix(".py").is_file() or path.is_dir()


def test_every_domain_module_that_a_task_imports_is_preloaded():
    used = imported_by_tasks()
    assert "weather_mlops.model.training_run" in used
    script = f"HEAVY, USED = {HEAVY!r}, {sorted(used)!r}\n{PRELOADED}"

    result = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECT / "src"), str(OPERATORS.parent)])},
    )

    assert result.stdout.splitlines()[-1:] == ["[]"], result.stdout + result.stderr
