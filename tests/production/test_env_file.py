import os
import re
import stat
import subprocess
import sys
from base64 import urlsafe_b64decode
from collections.abc import Callable
from pathlib import Path

import pytest

from production import env_file

PROJECT = Path(__file__).resolve().parents[2]
COMPOSE = PROJECT / "docker-compose.production.yml"


def read(file: Path) -> dict[str, str]:
    return dict(
        line.split("=", 1) for line in file.read_text().splitlines() if line and not line.startswith("#")
    )


def test_secrets_are_private_and_reported_only_by_name(tmp_path):
    file = tmp_path / ".env"
    report = env_file.make(file)
    values = read(file)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(urlsafe_b64decode(values["FERNET_KEY"])) == 32
    assert len(values["JWT_SECRET"].encode()) >= 64
    assert not [name for name in env_file.GENERATED_SECRETS if name not in report or values[name] in report]
    assert "Fill in before the first start: KMA_AUTH_KEY, WEATHER_BUCKET" in report
    assert not re.search(
        r"[$'\"\\ #]", "".join(values[name] for name in env_file.GENERATED_SECRETS)
    )  # characters with a meaning in .env


def test_no_two_machines_have_a_secret_in_common(tmp_path):
    files = [tmp_path / name for name in "ab"]
    for file in files:
        env_file.make(file)
    one, other = map(read, files)
    assert not {one[name] for name in env_file.GENERATED_SECRETS} & {
        other[name] for name in env_file.GENERATED_SECRETS
    }


def test_made_again_it_changes_nothing(tmp_path):
    file = tmp_path / ".env"
    env_file.make(file)
    before = file.read_bytes()
    assert "none was changed" in env_file.make(file)
    assert file.read_bytes() == before


def test_a_file_without_a_secret_gets_it_and_keeps_its_lines(tmp_path):
    """As after an upgrade to a version that needs one more."""
    file = tmp_path / ".env"
    file.write_text("# mine\nFERNET_KEY=old\nWEATHER_BUCKET=ours")
    file.chmod(0o644)
    report = env_file.make(file)

    assert file.read_text().startswith("# mine\nFERNET_KEY=old\nWEATHER_BUCKET=ours\n")
    assert "FERNET_KEY" not in report
    assert "Fill in before the first start: KMA_AUTH_KEY\n" in report
    assert set(read(file)) == {*env_file.GENERATED_SECRETS, *env_file.NEEDED, *env_file.OPTIONAL}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_make_secrets_needs_nothing_but_python_and_make(tmp_path):
    for name in ("Makefile", "production"):
        (tmp_path / name).symlink_to(PROJECT / name)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["make", "--silent", "secrets"],
        cwd=tmp_path,
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(".env: made FERNET_KEY, ")
    assert read(tmp_path / ".env")["ADMIN_PASSWORD"]
    assert not (tmp_path / ".venv").exists()


def test_git_never_sees_the_file():
    subprocess.run(["git", "check-ignore", "--quiet", ".env"], cwd=PROJECT, check=True)


@pytest.mark.skipif(not COMPOSE.exists(), reason="no docker-compose.production.yml")
def test_every_required_setting_is_generated_or_named():
    required = set(re.findall(r"\$\{([A-Z_]+):\?", COMPOSE.read_text()))
    assert required == {*env_file.GENERATED_SECRETS, *env_file.NEEDED}


@pytest.mark.skipif(not COMPOSE.exists(), reason="no docker-compose.production.yml")
def test_optional_settings_are_read_by_the_containers():
    assert set(env_file.OPTIONAL) <= set(re.findall(r"\$\{([A-Z_]+):-", COMPOSE.read_text()))


OWN = {
    "FERNET_KEY": "ZGV2ZWxvcG1lbnQtb25seS1kZXZlbG9wbWVudC1vbmw=",
    "KMA_AUTH_KEY": "kma-key",
    "WEATHER_BUCKET": "ours",
}


Check = Callable[..., tuple[int, str]]


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Check:
    """Runs `make secrets` on a file with these lines; returns its exit status and errors."""

    def main(**lines: str) -> tuple[int, str]:
        file = tmp_path / ".env"
        file.write_text("".join(f"{name}={value}\n" for name, value in {**OWN, **lines}.items()))
        return env_file.main(file), capsys.readouterr().err

    return main


def test_the_command_refuses_what_main_refuses(tmp_path):
    file = tmp_path / ".env"
    file.write_text("POSTGRES_PASSWORD=pa$word\n")
    command = [sys.executable, "-m", "production.env_file", str(file)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {file}: POSTGRES_PASSWORD: ")


WRITTEN = (
    "p@ss/w%rd:&;(x)",
    "two words",
    "it's",
    "$$5",
    "${OTHER}",
    "'$5 @/% #1'",
    "'it\\'s'",
    "'quoted' # with a comment",
    '"two words"',
    "x#y",
)
EXPANDED = {"JWT_SECRET", "API_SECRET_KEY"}  # Airflow reads a $ in its own settings as a variable


@pytest.mark.parametrize(
    ("name", "written"),
    [
        (name, written)
        for name in env_file.GENERATED_SECRETS
        for written in WRITTEN
        if name != "FERNET_KEY" and not ("$" in written and name in EXPANDED)
    ],
)
def test_a_user_s_own_passwords_are_accepted(check, name, written):
    assert check(**{name: written}) == (0, "")


@pytest.mark.parametrize(
    ("name", "written", "reason"),
    [
        ("POSTGRES_PASSWORD", "pa$word", r"a \$ begins the name of a variable: put the value between single"),
        ("POSTGRES_PASSWORD", '"pa$word"', r"a \$ between double quotes"),
        ("POSTGRES_PASSWORD", "pa$", r"a \$ begins"),
        ("AWS_SECRET_ACCESS_KEY", "pa$1", r"a \$ begins"),
        ("ADMIN_PASSWORD", "one #two", "a # after a space begins a comment"),
        ("ADMIN_PASSWORD", "#two", "a # after a space begins a comment"),
        ("REDIS_PASSWORD", "'open", "not closed"),
        ("REDIS_PASSWORD", '"open', "not closed"),
        ("REDIS_PASSWORD", "'it's", "continues after its closing quote"),
        ("REDIS_PASSWORD", "'ends in a \\'", "not closed"),
        ("KMA_AUTH_KEY", 'a"b', "a double quote cannot stand in it: .*JSON"),
        ("DATA_GO_KR_KEY", 'a"b', "a double quote cannot stand in it: .*JSON"),
        ("KMA_AUTH_KEY", "'a\\b'", "a backslash cannot stand in it: .*JSON"),
        ("MONITORING_PASSWORD", "'a\"b'", "a double quote cannot stand in it: .*JSON"),
        ("JWT_SECRET", "'a$HOSTNAME'", "a dollar sign cannot stand in it: Airflow reads it as a variable"),
        ("FLOWER_PASSWORD", "a,b", "a comma cannot stand in it: .*list of users"),
        ("FERNET_KEY", "my own key", "not a Fernet key"),
        ("WEATHER_BUCKET", "s3://ours/folder", "my-bucket/my/folder"),
        ("AWS_ENDPOINT_URL", "minio:9000", "https://"),
    ],
)
def test_an_unusable_value_is_refused_with_the_reason_and_hidden(check, tmp_path, name, written, reason):
    status, errors = check(**{name: written})

    assert status == 1
    (line,) = errors.splitlines()
    assert line.startswith(f"error: {tmp_path / '.env'}: {name}: ")
    assert re.search(reason, line)
    assert written not in line.partition(f": {name}: ")[2] or name in {"WEATHER_BUCKET", "AWS_ENDPOINT_URL"}


@pytest.mark.parametrize(
    "line", ["ADMIN_PASSWORD = mine", "export ADMIN_PASSWORD=mine", "  ADMIN_PASSWORD=mine"]
)
def test_each_way_to_set_a_variable_is_recognized(tmp_path, line):
    """Else a second line would be added, and that one would count."""
    file = tmp_path / ".env"
    file.write_text(line + "\n")
    env_file.make(file)

    assert file.read_text().count("ADMIN_PASSWORD") == 1


def test_a_secret_that_was_left_empty_is_to_be_filled_in(tmp_path):
    file = tmp_path / ".env"
    file.write_text("ADMIN_PASSWORD=\n")

    assert "Fill in before the first start: KMA_AUTH_KEY, WEATHER_BUCKET, ADMIN_PASSWORD\n" in env_file.make(
        file
    )
