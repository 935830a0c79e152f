import os
import re
import stat
import subprocess
import sys
from base64 import urlsafe_b64decode
from pathlib import Path

import pytest

from production import env_file

PROJECT = Path(__file__).resolve().parents[2]
COMPOSE = PROJECT / "docker-compose.production.yml"


def read(file: Path) -> dict[str, str]:
    return dict(
        line.split("=", 1) for line in file.read_text().splitlines() if line and not line.startswith("#")
    )


def test_secrets_are_made_for_their_owner_only_and_told_by_name(tmp_path):
    file = tmp_path / ".env"
    told = env_file.make(file)
    values = read(file)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(urlsafe_b64decode(values["FERNET_KEY"])) == 32
    assert len(values["JWT_SECRET"].encode()) >= 64
    assert not [name for name in env_file.MADE if name not in told or values[name] in told]
    assert "Fill in before the first start: KMA_AUTH_KEY, WEATHER_BUCKET" in told
    assert not re.search(r"[$'\"\\ #]", "".join(values[name] for name in env_file.MADE))  # of meaning in .env


def test_no_two_machines_have_a_secret_in_common(tmp_path):
    files = [tmp_path / name for name in "ab"]
    for file in files:
        env_file.make(file)
    one, other = map(read, files)
    assert not {one[name] for name in env_file.MADE} & {other[name] for name in env_file.MADE}


def test_made_again_it_changes_nothing(tmp_path):
    file = tmp_path / ".env"
    env_file.make(file)
    before = file.read_bytes()
    assert "none was changed" in env_file.make(file)
    assert file.read_bytes() == before


def test_a_file_that_lacks_a_secret_keeps_its_lines_and_gets_that_one(tmp_path):
    """As after an upgrade that needs one more."""
    file = tmp_path / ".env"
    file.write_text("# mine\nFERNET_KEY=old\nWEATHER_BUCKET=ours")
    file.chmod(0o644)
    told = env_file.make(file)

    assert file.read_text().startswith("# mine\nFERNET_KEY=old\nWEATHER_BUCKET=ours\n")
    assert "FERNET_KEY" not in told
    assert "Fill in before the first start: KMA_AUTH_KEY\n" in told
    assert set(read(file)) == {*env_file.MADE, *env_file.NEEDED, *env_file.OPTIONAL}
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
def test_what_the_containers_refuse_to_start_without_is_made_or_named():
    wanted = set(re.findall(r"\$\{([A-Z_]+):\?", COMPOSE.read_text()))
    assert wanted == {*env_file.MADE, *env_file.NEEDED}


@pytest.mark.skipif(not COMPOSE.exists(), reason="no docker-compose.production.yml")
def test_what_may_stay_empty_is_read_by_the_containers():
    assert set(env_file.OPTIONAL) <= set(re.findall(r"\$\{([A-Z_]+):-", COMPOSE.read_text()))
