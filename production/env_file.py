"""``make secrets``: the file .env of docker-compose.production.yml. Standard library only; any Python 3.9+.

What can be made is made, and never made anew: losing the Fernet key loses every password that Airflow keeps.
What only its owner knows is left as a line to fill in.
"""

import os
import secrets
import sys
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Final

from production.env_check import assignments, faults


def _fernet_key() -> str:
    return urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _long() -> str:
    return secrets.token_urlsafe(64)  # 64 bytes of chance: what HS512 wants of its key


def _password() -> str:
    return secrets.token_urlsafe(24)


GENERATED_SECRETS: Final[dict[str, tuple[str, Callable[[], str]]]] = {
    "FERNET_KEY": (
        "encrypts the passwords that Airflow keeps; keep a copy apart from the backups",
        _fernet_key,
    ),
    "JWT_SECRET": ("signs what Airflow's parts and browsers show each other", _long),
    "API_SECRET_KEY": ("signs the UI's sessions", _long),
    "POSTGRES_PASSWORD": (
        "of PostgreSQL's superuser airflow; to change it later, change it in PostgreSQL as well",
        _password,
    ),
    "DATABASE_PASSWORD": ("of the database user of all services, who is no superuser", _password),
    "BACKUP_KEY": ("signs backups; keep a copy apart from the backups", _long),
    "ADMIN_PASSWORD": ("first password of the UI's user admin; change it in the UI", _password),
    "MONITORING_PASSWORD": ("of the UI's user monitoring, who asks Airflow how it is", _password),
    "REDIS_PASSWORD": ("with --profile celery only: the queue's", _password),
    "FLOWER_PASSWORD": (
        "with --profile celery only: of the page that shows the workers, user admin",
        _password,
    ),
}
NEEDED: Final = {
    "KMA_AUTH_KEY": "key of the KMA API Hub, https://apihub.kma.go.kr",
    "WEATHER_BUCKET": "name of the S3 bucket of all data",
}
OPTIONAL: Final = {
    "AWS_REGION": "region of the bucket; ap-northeast-2 (Seoul) where it is empty",
    "AWS_ACCESS_KEY_ID": "empty on a machine of AWS that has a role for the bucket",
    "AWS_SECRET_ACCESS_KEY": "goes with it",
    "AWS_ENDPOINT_URL": "of an S3 server other than Amazon's",
    "BACKUP_PASSPHRASE": "encrypts backups where it is set; keep a copy apart: without it they can't be read",
}


def make(file: Path) -> str:
    """Write the lines that a file lacks; those that are there stay as they are.

    Returns:
        What was done, by name; no value.

    Raises:
        OSError: it can't be written.
    """
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    known = assignments(before)
    lines = [
        f"# {why}\n{name}={value()}" for name, (why, value) in GENERATED_SECRETS.items() if name not in known
    ]
    made = [name for name in GENERATED_SECRETS if name not in known]
    lines += [f"# to fill in: {why}\n{name}=" for name, why in NEEDED.items() if name not in known]
    lines += [f"# {why}\n{name}=" for name, why in OPTIONAL.items() if name not in known]
    if lines:
        _write(
            file, before + ("\n" if before and not before.endswith("\n") else "") + "\n".join(lines) + "\n"
        )
    file.chmod(0o600)
    missing = [name for name in NEEDED if not known.get(name)]
    missing += [name for name in GENERATED_SECRETS if known.get(name) == ""]
    told = (
        f"{file}: made {', '.join(made)}\n"
        if made
        else f"{file}: all secrets are there already; none was changed\n"
    )
    if missing:
        told += f"Fill in before the first start: {', '.join(missing)}\n"
    return told + "Lines that may stay empty: " + ", ".join(OPTIONAL) + "\n"


def _write(file: Path, text: str) -> None:
    """Whole or not at all, and never readable by others."""
    part = file.with_name(file.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(
        os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as output:
        output.write(text)
    part.replace(file)


def main(file: Path) -> int:
    """Make the file, and name what cannot stand in it; 1 where there is something."""
    sys.stdout.write(make(file))
    found = faults(file.read_text(encoding="utf-8"))
    sys.stderr.writelines(f"error: {file}: {fault}\n" for fault in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".env")))
