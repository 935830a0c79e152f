"""Whoever sets the KMA URL to more than the folder of the endpoints hears so at once, without the key."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from embedded.__main__ import Launcher
from embedded.components import Ports, System
from weather_mlops.errors import Misconfigured

PROJECT = Path(__file__).resolve().parents[2]
COPIED = "http://127.0.0.1:1/api/typ01/url/kma_sfctm3.php?stn=108&help=1&authKey=SECRET"


@pytest.mark.parametrize("key", [None, "a-key-of-the-test"], ids=["simulated", "real"])
def test_a_system_does_not_start_with_it(tmp_path, key):
    system = System(tmp_path / "run", Ports.from_environment(), kma_url=COPIED, kma_key=key)

    with pytest.raises(Misconfigured, match="must end before the endpoint") as raised:
        Launcher(system).start()

    assert "SECRET" not in str(raised.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        (COPIED, "authKey= alone"),
        ("'SECRETSECRET'", "without quotes"),
        ("SECRETSECRET&stn=0", "next & alone"),
        ("SECRETSECRET\0", "control characters"),
    ],
)
def test_a_system_does_not_start_with_more_than_the_key(tmp_path, key, fault):
    system = System(tmp_path / "run", Ports.from_environment(), kma_key=key)

    with pytest.raises(Misconfigured, match=fault) as raised:
        Launcher(system).start()

    assert "SECRET" not in str(raised.value)


def refused(*command: str, **environment: str) -> str:
    """What a command says that ends with an error, and not with a traceback."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": "src", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 1, output
    assert "Traceback" not in output
    return output


def test_the_list_of_stations_is_not_refreshed_with_it():
    output = refused("-m", "weather_mlops.kma.refresh", KMA_API_URL=COPIED, KMA_AUTH_KEY="a-key-of-the-test")

    assert "must end before the endpoint" in output
    assert "SECRET" not in output


@pytest.mark.parametrize(
    ("connection", "fault"),
    [
        (json.dumps({"host": COPIED, "password": "SECRET"}), "must end before the endpoint"),
        ('{"host": "https://apihub.kma.go.kr/api/typ01/url", "password": "SEC"RET"}', "cannot stand in it"),
        ('{"password": "SECRET"}', "its JSON has no host"),
    ],
)
def test_containers_are_not_prepared_with_it(connection, fault):
    output = refused(
        "deploy/prepare.py",
        AIRFLOW_CONN_KMA_DEFAULT=connection,
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN="postgresql+psycopg2://airflow@127.0.0.1:1/airflow",
    )

    assert fault in output
    assert "SEC" not in output
