"""Start a container's program without secrets in its environment: ``python deploy/start.py COMMAND ...``.

A task inherits the environment of the program that runs it, and every command of a task can print it. So
the secrets that only Airflow itself needs, and no task, are moved into files that only the user of the
container can read; Airflow's settings …_CMD and PostgreSQL's PGPASSFILE name the files. This is the entry
point of the image. Programs that are started in the container later, such as health checks, get the
container's original environment.

This hides secrets from output and logs. It doesn't hide them from the author of a DAG: a task in the same
container runs as the user who owns these files.
"""

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

FOLDER: Final = Path(tempfile.gettempdir()) / "secrets"  # in memory: /tmp of every container is a tmpfs
SETTINGS: Final = ("AIRFLOW__CORE__FERNET_KEY", "AIRFLOW__API_AUTH__JWT_SECRET", "AIRFLOW__API__SECRET_KEY")
"""Settings that Airflow also takes from a command."""
PASSWORDS: Final = ("REDIS_PASSWORD", "FLOWER_PASSWORD")
"""Passwords that celery_secrets.py puts into settings."""


def secret(name: str, environment: Mapping[str, str]) -> str:
    """Return a password, from the environment or from the file that it was moved to.

    Raises:
        OSError: it is in neither.
    """
    return environment[name] if name in environment else (FOLDER / name).read_text()


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Write the secrets of an environment into files.

    Returns:
        The environment without them, but with the names of the files.

    Raises:
        OSError: the files can't be written.
    """
    rest = dict(environment)
    for name in (*SETTINGS, *PASSWORDS):
        if value := rest.pop(name, ""):
            file = _write(name, value)
            if name in SETTINGS:
                rest[f"{name}_CMD"] = f"cat {file}"
    if password := rest.pop("PGPASSWORD", ""):
        escaped = password.replace("\\", "\\\\").replace(":", "\\:")
        rest["PGPASSFILE"] = str(_write("pgpass", f"*:*:*:*:{escaped}\n"))
    return rest


def _write(name: str, content: str) -> Path:
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    file = FOLDER / name
    file.touch(mode=0o600)
    file.write_text(content)
    return file


if __name__ == "__main__":
    os.execvpe(sys.argv[1], sys.argv[1:], without_secrets(os.environ))  # noqa: S606  the container's program
