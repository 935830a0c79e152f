"""The embedded S3 server: JuiceFS's gateway, which stores its data in a folder and checks signatures.

This module prepares, describes and probes it; its caller starts and stops it. ``python -m embedded.s3 FOLDER
PORT`` becomes the server and listens on all addresses, for containers. It was chosen over other servers on
PyPI because pyarrow, boto3 and PyIceberg all work with it: ``tests/integration/test_s3_conformance.py`` tests
that.
"""

import os
import shutil
import subprocess
import sys
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final

PROGRAM: Final = Path(sys.executable).parent / "juicefs"
VOLUME: Final = "weather"
PATIENCE_S: Final = 60


def prepare(folder: Path) -> None:
    """Create the volume in a folder; an existing one stays as it is.

    Args:
        folder: folder of the objects, the index and the cache. It can be moved while no server runs.

    Raises:
        OSError: the folder can't be written, or the volume can't be created; the message has the end of the
            program's output.
    """
    if _index(folder).exists():
        return
    _objects(folder).mkdir(parents=True, exist_ok=True)
    # Created under another name first, so that a volume that a killed process left incomplete isn't used.
    draft = folder / "index.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    storage = ["--storage", "file", "--bucket", f"{_objects(folder)}/", "--trash-days", "0"]
    result = subprocess.run(
        [PROGRAM, "format", *storage, "--force", _address(draft), VOLUME],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    if result.returncode:
        raise OSError(f"{folder}: the S3 volume can't be created: {result.stderr.strip()[-500:]}")
    draft.rename(_index(folder))


def command(folder: Path, port: int, host: str = "127.0.0.1") -> list[str]:
    """Return the command that serves a prepared volume as S3 on this port."""
    options = [
        "--multi-buckets",
        "--keep-etag",
        "--object-meta",
        "--no-banner",
        "--no-usage-report",
        # Objects are files on this machine already: a second copy in a cache would only cost space.
        *("--cache-dir", str(folder / "cache"), "--cache-size", "0"),
        *("--bucket", f"{_objects(folder)}/"),
        *("--backup-meta", "0"),
        # Neither its profiler (127.0.0.1:6060) nor its metrics have a login. The metrics can't be switched
        # off: with the invalid port "off" they aren't served, and the server only logs a line about it.
        "--no-agent",
        *("--metrics", "127.0.0.1:off"),
        # With more retries a full disk would be reported only after minutes.
        *("--io-retries", "1"),
    ]
    return [str(PROGRAM), "gateway", *options, _address(_index(folder)), f"{host}:{port}"]


def environment(user: str, secret: str) -> dict[str, str]:
    """Return the variables that the server needs: its one pair of keys.

    Args:
        user: access key id, 3 characters or more.
        secret: secret access key, 8 characters or more.
    """
    return {"MINIO_ROOT_USER": user, "MINIO_ROOT_PASSWORD": secret}


def is_ready(port: int) -> bool:
    """Whether it answers S3 requests."""
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/minio/health/ready")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _index(folder: Path) -> Path:
    return folder.absolute() / "index"


def _address(index: Path) -> str:
    return f"sqlite3://{index.absolute()}/meta.db"


def _objects(folder: Path) -> Path:
    return folder.absolute() / "objects"


def main(folder: Path, port: int) -> None:
    """Become the server."""
    prepare(folder)
    os.execv(PROGRAM, command(folder, port, "0.0.0.0"))  # noqa: S104, S606  a container's own address


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
