"""Install .venv by requirements.txt, then go on inside it. Standard library only; any Python 3.

Usage: ``python3 embedded/bootstrap.py run|once|history|rebuild|import|verify|query|tables|stop|install
[--dev]``
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
VENV = PROJECT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed"
SPACE_NEEDED_GB = 4  # 1.4 for the environment, as much for its download, and room for data
OLDEST, NEWEST = (3, 11), (3, 14)


def fail(message: str) -> None:
    """Print why it can't go on, in one line, and exit with status 1."""
    sys.stderr.write(f"error: {message}\n")
    raise SystemExit(1)


def check_machine() -> None:
    """Fail if the Python is unsupported or the disk space isn't enough."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        fail(
            f"Python {sys.version_info[0]}.{sys.version_info[1]} at {sys.executable}: 3.11 to 3.14 needed. "
            "Install one, or name it: make PYTHON=/path/to/python3.12 run"
        )
    free = shutil.disk_usage(PROJECT).free / 1e9
    if not VENV.exists() and free < SPACE_NEEDED_GB:
        fail(f"{free:.1f} GB free at {PROJECT}: this needs {SPACE_NEEDED_GB} GB. Free some space.")


def requirements(*, dev: bool) -> list[Path]:
    """Return the requirements files to install from."""
    names = ["requirements.txt", "requirements-dev.txt"] if dev else ["requirements.txt"]
    return [PROJECT / name for name in names]


def fingerprint(files: list[Path]) -> str:
    """Return a hash that changes when the requirements change."""
    content = b"".join(file.read_bytes() for file in [*files, PROJECT / "pyproject.toml"])
    return f"{len(files)} {hashlib.sha256(content).hexdigest()}"


def installed(required: str) -> bool:
    """Whether .venv has the requirements of a fingerprint; with --dev it has the others as well."""
    if not (STAMP.exists() and PYTHON.exists()):
        return False
    return required in STAMP.read_text().splitlines()


def step(title: str, command: list[str]) -> None:
    """Run one step of the installation, and print its title and duration; its output only if it fails."""
    sys.stdout.write(f"  {title} ... ")
    sys.stdout.flush()
    begun = time.monotonic()
    result = subprocess.run(command, cwd=PROJECT, check=False, capture_output=True, text=True)
    if result.returncode:
        sys.stdout.write("failed\n")
        output = (result.stderr or result.stdout).strip()
        sys.stderr.write(output + "\n")
        fail(f"{title} failed: {output.splitlines()[-1] if output else 'no output'}")
    sys.stdout.write(f"{time.monotonic() - begun:.0f} s\n")


def install(*, dev: bool) -> None:
    """Install the requirements into .venv, unless they are installed already."""
    files = requirements(dev=dev)
    if installed(fingerprint(files)):
        return
    check_machine()
    sys.stdout.write(f"Installing into {VENV.name} (once; about 1.4 GB):\n")
    if not PYTHON.exists():
        step("virtual environment", [sys.executable, "-m", "venv", "--clear", str(VENV)])
    pin = next(line for line in files[0].read_text().splitlines() if line.startswith("uv=="))
    step("installer", [str(PYTHON), "-m", "pip", "install", "--quiet", pin.split(" ")[0].rstrip("\\")])
    uv = [str(PYTHON), "-m", "uv", "pip", "install", "--quiet", "--compile-bytecode"]
    named = [argument for file in files for argument in ("-r", str(file))]
    step("packages", [*uv, "--require-hashes", *named])
    # Built by the setuptools that requirements.txt pins: nothing more is downloaded.
    step("this project", [*uv, "--no-deps", "--no-build-isolation", "--editable", "."])
    STAMP.write_text("\n".join(fingerprint(requirements(dev=d)) for d in {False, dev}) + "\n")


def main() -> None:
    """Install, then hand over to the environment's own Python."""
    command, *options = sys.argv[1:] or ["run"]
    if command == "install":
        install(dev="--dev" in options)
        return
    if command != "stop":
        install(dev=False)
    elif not PYTHON.exists():
        sys.stdout.write("Nothing is installed, so nothing is running.\n")
        return
    os.chdir(PROJECT)
    os.execv(str(PYTHON), [str(PYTHON), "-m", "embedded", command, *options])  # noqa: S606  our own Python


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        fail("interrupted")
    except OSError as error:
        fail(f"{error}")
