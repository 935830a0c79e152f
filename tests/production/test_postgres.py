"""Passwords of PostgreSQL: from the URL, or else from the environment, which libpq reads."""

import pytest
from sqlalchemy import make_url

from production.postgres import Database, _run
from weather_mlops.errors import StorageUnavailable

OWN = """my p@ss/w%41rd "$HOME" 'x' \\ #1"""


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg2://airflow@h/x", "postgresql+psycopg2://airflow:in-it@h/x"]
)
def test_clients_get_the_password_of_the_url_or_the_environment(monkeypatch, tmp_path, url):
    monkeypatch.setenv("PGPASSWORD", OWN)
    file = tmp_path / "password"
    _run(["/bin/sh", "-c", f'printf %s "$PGPASSWORD" > {file}'], Database(make_url(url)))

    assert file.read_text() == ("in-it" if "in-it" in url else OWN)


def test_a_password_is_in_no_message(monkeypatch):
    monkeypatch.setenv("PGPASSWORD", OWN)
    with pytest.raises(StorageUnavailable) as error:
        _run(["/bin/sh", "-c", "exit 3"], Database(make_url("postgresql+psycopg2://airflow@h/x")))
    assert OWN not in str(error.value)
