"""Airflow's database is migrated once for each version of Airflow, not at each start."""

from importlib import metadata

import pytest

from embedded.components import Ports, System
from embedded.launcher import Launcher
from embedded.services import ServiceError


@pytest.fixture
def launcher(tmp_path):
    (tmp_path / "airflow").mkdir()
    (tmp_path / "airflow" / "airflow.db").write_text("this is no database")
    return Launcher(System(tmp_path, Ports()))


def test_a_database_of_this_version_is_taken_as_it_is(launcher, tmp_path, capsys):
    (tmp_path / "airflow" / "airflow.version").write_text(metadata.version("apache-airflow-core"))

    launcher.migrate()

    assert "database" in capsys.readouterr().out


@pytest.mark.parametrize("version", [None, "3.2.0"])
def test_a_database_of_another_version_is_migrated(launcher, tmp_path, version):
    marker = tmp_path / "airflow" / "airflow.version"
    if version:
        marker.write_text(version)

    with pytest.raises(ServiceError, match=r"(?s)airflow db migrate failed:.*file is not a database"):
        launcher.migrate()

    assert not marker.exists() or marker.read_text() == version
