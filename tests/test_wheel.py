"""The package as it is in the image: a wheel, installed apart from the project's folder."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from embedded.components import PROJECT, inherited
from tests.lake.conftest import access, server  # noqa: F401  fixtures
from weather_mlops.lake.s3_access import S3Access

pytestmark = pytest.mark.integration
SOURCES = ("src", "pyproject.toml", "README.md", "LICENSE", "requirements.in")
GOLDEN = PROJECT / "tests" / "kma" / "golden" / "seoul_2024_01.txt"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package alone."""
    folder = tmp_path_factory.mktemp("wheel")
    source, target = folder / "source", folder / "installed"
    source.mkdir()
    for name in SOURCES:
        copy = shutil.copytree if (PROJECT / name).is_dir() else shutil.copy
        copy(PROJECT / name, source / name)
    uv = [sys.executable, "-m", "uv"]
    options = ["--quiet", "--wheel", "--no-build-isolation", "--out-dir", str(folder)]
    subprocess.run([*uv, "build", *options, str(source)], check=True)
    (wheel,) = folder.glob("*.whl")
    alone = ["--quiet", "--no-deps", "--no-index", "--python", sys.executable, "--target", str(target)]
    subprocess.run([*uv, "pip", "install", *alone, str(wheel)], check=True)
    return target


@pytest.fixture
def environment(package: Path, tmp_path: Path, access: S3Access) -> dict[str, str]:  # noqa: F811
    """That package before any other one, with a bucket and a catalog."""
    return {
        **inherited(),
        "AWS_ACCESS_KEY_ID": access.access_key_id,
        "AWS_SECRET_ACCESS_KEY": access.secret_access_key,
        "AWS_REGION": "us-east-1",
        "PYTHONPATH": str(package),
        "AWS_ENDPOINT_URL": access.endpoint_url,
        "WEATHER_BUCKET": access.bucket,
        "PYICEBERG_CATALOG__WEATHER__TYPE": "sql",
        "PYICEBERG_CATALOG__WEATHER__URI": f"sqlite:///{tmp_path / 'catalog.db'}",
    }


def run(environment: dict[str, str], folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_import_and_rebuild_audit_by_the_configured_suites(environment, tmp_path):
    environment["WEATHER_PROJECT"] = str(PROJECT)
    imported = run(environment, tmp_path, "weather_mlops", "import", str(GOLDEN))
    rebuilt = run(environment, tmp_path, "weather_mlops", "rebuild")

    assert imported.returncode == 0, imported.stderr[-2000:]
    assert rebuilt.returncode == 0, rebuilt.stderr[-2000:]
    assert " rows=9 forecast_rows=0 differences=0 " in rebuilt.stdout


@pytest.mark.parametrize("command", [("weather_mlops", "import", str(GOLDEN)), ("weather_mlops", "rebuild")])
def test_without_the_setting_one_line_names_it(environment, tmp_path, command):
    done = run(environment, tmp_path, *command)

    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert "WEATHER_PROJECT" in line


def test_pipelines_are_validated_by_the_configured_schema(package, tmp_path):
    environment = {**inherited(), "PYTHONPATH": str(package), "WEATHER_PROJECT": str(PROJECT)}
    validated = run(environment, tmp_path, "weather_mlops.pipelines", str(PROJECT / "pipelines"))
    explained = run(environment, tmp_path, "weather_mlops.pipelines.explain", "data_collection")
    del environment["WEATHER_PROJECT"]
    refused = run(environment, tmp_path, "weather_mlops.pipelines", str(PROJECT / "pipelines"))

    assert (validated.returncode, explained.returncode) == (0, 0), validated.stderr + explained.stderr
    assert refused.returncode == 2
    assert "WEATHER_PROJECT" in refused.stderr.splitlines()[-1]
    assert len(refused.stderr.splitlines()) == 1
