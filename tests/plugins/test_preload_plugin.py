"""Heavy libraries are imported where tasks are forked from, and nowhere else."""

import sys

import pytest

from preload_plugin import forks_tasks


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
