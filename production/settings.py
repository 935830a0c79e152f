"""Settings of backups, from the environment of the services: databases, schedule and retention."""

from datetime import time
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from production.archive import Keys
from production.postgres import Database
from weather_mlops.errors import Misconfigured

METADATA = "airflow"
CATALOG = "catalog"


class Settings(BaseSettings):
    """Settings; each attribute is an environment variable in upper case."""

    model_config = SettingsConfigDict(
        frozen=True,
        env_ignore_empty=True,  # docker compose passes unset variables as empty ones
    )

    airflow__database__sql_alchemy_conn: SecretStr = Field(description="Airflow's metadata, on PostgreSQL")
    pyiceberg_catalog__weather__uri: SecretStr | None = Field(
        default=None, description="the Iceberg catalog; only backed up here if it is on PostgreSQL"
    )
    backup_dir: Path = Field(default=Path("/backups"), description="copies on this machine")
    backup_keep_days: int = Field(default=30, ge=1, description="days that copies are kept, here and on S3")
    backup_key: SecretStr | None = Field(default=None, description="signs backups")
    backup_passphrase: SecretStr | None = Field(default=None, description="encrypts backups; may be missing")
    backup_at: time = Field(default=time(3, 30), description="KST, every day")

    def keys(self) -> Keys:
        """Return the secrets of backups.

        Raises:
            Misconfigured: the signing key is missing.
        """
        if self.backup_key is None:
            raise Misconfigured(
                "environment: BACKUP_KEY is missing, which signs backups: make secrets writes it into .env"
            )
        passphrase = self.backup_passphrase.get_secret_value() if self.backup_passphrase else None
        return Keys(self.backup_key.get_secret_value().encode(), passphrase)

    def databases(self) -> dict[str, Database]:
        """Return the databases to back up, by role: Airflow's metadata, and the catalog if on PostgreSQL.

        Raises:
            Misconfigured: Airflow's metadata is not on PostgreSQL, or a URL can't be read.
        """
        configured = {
            METADATA: _database(
                "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", self.airflow__database__sql_alchemy_conn
            )
        }
        if self.pyiceberg_catalog__weather__uri:
            configured[CATALOG] = _database(
                "PYICEBERG_CATALOG__WEATHER__URI", self.pyiceberg_catalog__weather__uri
            )
        chosen = {role: database for role, database in configured.items() if database is not None}
        if METADATA not in chosen:
            raise Misconfigured(
                "environment: AIRFLOW__DATABASE__SQL_ALCHEMY_CONN names no PostgreSQL, and nothing else is "
                "backed up here. `make run` stores its data in .run/: copy that folder while it is stopped."
            )
        if len({(database.url.host, database.url.port or 5432) for database in chosen.values()}) > 1:
            raise Misconfigured(
                "environment: AIRFLOW__DATABASE__SQL_ALCHEMY_CONN and PYICEBERG_CATALOG__WEATHER__URI name "
                "two servers: backups need both on one server, to restore them together"
            )
        return chosen


def _database(variable: str, value: SecretStr) -> Database | None:
    try:
        url = make_url(value.get_secret_value())
    except ArgumentError:
        raise Misconfigured(
            f"environment: {variable} is not a database URL: "
            "write postgresql+psycopg2://USER:PASSWORD@HOST:5432/NAME"
        ) from None  # the error's text may contain the password
    return Database(url) if url.get_backend_name() == "postgresql" else None


def load_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        Misconfigured: variables are missing or wrong; the message names them, never their values.
    """
    try:
        return Settings.model_validate({})
    except ValidationError as error:
        faults = "; ".join(
            f"{str(fault['loc'][0]).upper()}: {fault['msg'].lower()}" for fault in error.errors()
        )
        raise Misconfigured(
            f"environment: {faults}. Run it in the service that has it: docker compose -f "
            "docker-compose.production.yml run --rm backup python -m production ..."
        ) from None
