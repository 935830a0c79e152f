"""``make secrets``: the file .env of docker-compose.production.yml. Standard library only; any Python 3.9+.

Secrets that can be generated are generated, and never again: without the Fernet key, every password that
Airflow stores is lost. Values that only the user knows are left as lines to fill in.
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
    return secrets.token_urlsafe(64)  # 64 random bytes: the key length of HS512


def _password() -> str:
    return secrets.token_urlsafe(24)


GENERATED_SECRETS: Final[dict[str, tuple[str, Callable[[], str]]]] = {
    "FERNET_KEY": (
        "encrypts the passwords that Airflow stores; keep a copy apart from the backups",
        _fernet_key,
    ),
    "JWT_SECRET": ("signs the tokens of Airflow's components and of browsers", _long),
    "API_SECRET_KEY": ("signs the UI's sessions", _long),
    "POSTGRES_PASSWORD": (
        "password of PostgreSQL's superuser airflow; to change it later, change it in PostgreSQL as well",
        _password,
    ),
    "DATABASE_PASSWORD": ("password of the database user of all services, who isn't a superuser", _password),
    "BACKUP_KEY": ("signs backups; keep a copy apart from the backups", _long),
    "ADMIN_PASSWORD": ("first password of the UI's user admin; change it in the UI", _password),
    "MONITORING_PASSWORD": (
        "password of the UI's user monitoring, who checks Airflow through its API",
        _password,
    ),
    "REDIS_PASSWORD": ("with --profile celery only: password of the queue", _password),
    "FLOWER_PASSWORD": (
        "with --profile celery only: password of the workers' page, user admin",
        _password,
    ),
}
NEEDED: Final = {
    "KMA_AUTH_KEY": "key of the KMA API Hub, https://apihub.kma.go.kr",
    "WEATHER_BUCKET": "name of the S3 bucket of all data",
}
OPTIONAL: Final = {
    "DATA_GO_KR_KEY": "service key of data.go.kr, asked for the KMA's forecast where the API Hub fails",
    "AWS_REGION": "region of the bucket; empty = ap-northeast-2 (Seoul)",
    "AWS_ACCESS_KEY_ID": "access key; empty on a machine of AWS that has a role for the bucket",
    "AWS_SECRET_ACCESS_KEY": "secret of the access key",
    "AWS_ENDPOINT_URL": "URL of an S3 server other than Amazon's",
    "BACKUP_PASSPHRASE": "encrypts backups if set; keep a copy apart: without it they can't be read",
}


def make(file: Path) -> str:
    """Add the missing lines to a file; existing ones stay as they are.

    Returns:
        A text about what was done, which names the variables; never a value.

    Raises:
        OSError: the file can't be written.
    """
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    known = assignments(before)
    lines = [
        f"# {description}\n{name}={generate()}"
        for name, (description, generate) in GENERATED_SECRETS.items()
        if name not in known
    ]
    generated = [name for name in GENERATED_SECRETS if name not in known]
    lines += [f"# to fill in: {about}\n{name}=" for name, about in NEEDED.items() if name not in known]
    lines += [f"# {about}\n{name}=" for name, about in OPTIONAL.items() if name not in known]
    if lines:
        _write(
            file, before + ("\n" if before and not before.endswith("\n") else "") + "\n".join(lines) + "\n"
        )
    file.chmod(0o600)
    missing = [name for name in NEEDED if not known.get(name)]
    missing += [name for name in GENERATED_SECRETS if known.get(name) == ""]
    report = (
        f"{file}: made {', '.join(generated)}\n"
        if generated
        else f"{file}: all secrets exist already; none was changed\n"
    )
    if missing:
        report += f"Fill in before the first start: {', '.join(missing)}\n"
    return report + "Lines that may stay empty: " + ", ".join(OPTIONAL) + "\n"


def _write(file: Path, text: str) -> None:
    """Write a file atomically, and never readable by others."""
    part = file.with_name(file.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(
        os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as output:
        output.write(text)
    part.replace(file)


def main(file: Path) -> int:
    """Complete the file, and print what is wrong in it; return 1 if anything is."""
    sys.stdout.write(make(file))
    wrong = faults(file.read_text(encoding="utf-8"))
    sys.stderr.writelines(f"error: {file}: {fault}\n" for fault in wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".env")))
