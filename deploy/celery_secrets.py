"""Settings of Celery that contain a password: ``python deploy/celery_secrets.py broker_url``.

Airflow runs it for its settings …_CMD (docker-compose.production.yml). So a password may have any character:
it is encoded for the URL here, and Airflow expands no ``$`` in the output of a command.
"""

import os
import sys
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote

from start import secret

BROKER: Final = "airflow-redis/0"


def broker_url(environment: Mapping[str, str]) -> str:
    """Return the URL of the queue in Redis."""
    return f"redis://:{quote(secret('REDIS_PASSWORD', environment), safe='')}@{BROKER}"


def flower_basic_auth(environment: Mapping[str, str]) -> str:
    """Return the login of the workers' page.

    Raises:
        SystemExit: Flower would read the password as two users.
    """
    password = secret("FLOWER_PASSWORD", environment)
    if "," in password:
        raise SystemExit("FLOWER_PASSWORD: a comma cannot stand in it: Flower reads it as a list of users")
    return f"admin:{password}"


ANSWERS: Final[Mapping[str, Callable[[Mapping[str, str]], str]]] = {
    "broker_url": broker_url,
    "flower_basic_auth": flower_basic_auth,
}

if __name__ == "__main__":
    sys.stdout.write(ANSWERS[sys.argv[1]](os.environ))
