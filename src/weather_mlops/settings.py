"""The only reader of the environment: what differs between machines. What a user tunes is in the YAML."""

import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from weather_mlops.errors import Misconfigured

CHECKOUT: Final = Path(__file__).resolve().parents[2]
"""The project's folder, where the package is used from its source; elsewhere WEATHER_PROJECT names it."""
# A bucket, or a bucket and folders in it. Only characters that mean the same in a key, a URL and a path.
_BUCKET: Final = re.compile(r"[A-Za-z0-9._-]{3,255}(/[A-Za-z0-9!_.'()=+-]+)*")


class Settings(BaseSettings):
    """Where things are, and how to get in. Each attribute is an environment variable in capitals."""

    # Empty is not set: a container is given every variable, with what .env says or with nothing.
    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    kma_api_url: str = Field(
        default="https://apihub.kma.go.kr/api/typ01/url", description="the KMA API Hub, or a simulator"
    )
    kma_auth_key: SecretStr | None = Field(default=None, description="the key of the KMA API Hub")
    weather_bucket: str | None = Field(
        default=None, description="the one bucket of all data, or a folder in it: bucket/folder"
    )
    aws_endpoint_url: str | None = Field(default=None, description="an S3 server other than Amazon's")
    aws_access_key_id: str | None = None
    aws_secret_access_key: SecretStr | None = None
    aws_session_token: SecretStr | None = None
    aws_region: str = "ap-northeast-2"
    code_revision: str | None = Field(default=None, description="what the code is, for the record of a model")

    @property
    def bucket(self) -> str:
        """The bucket's name.

        Raises:
            Misconfigured: none is set.
        """
        if self.weather_bucket is None:
            raise Misconfigured("environment: WEATHER_BUCKET is not set: name the S3 bucket of all data")
        return self.weather_bucket.partition("/")[0]

    @property
    def prefix(self) -> str:
        """The folder in the bucket that all keys are relative to: empty, or ending in ``/``."""
        folder = (self.weather_bucket or "").partition("/")[2]
        return f"{folder}/" if folder else ""

    @field_validator("weather_bucket")
    @classmethod
    def _bucket_and_folder(cls, value: str | None) -> str | None:
        """No URL: compose files put the value into one, ``s3://…/logs``."""
        if value is None or (_BUCKET.fullmatch(value) and not {".", ".."} & set(value.split("/"))):
            return value
        if "://" not in value:
            raise ValueError(
                "this is no name of a bucket: write its name alone, or with a folder in it: "
                "my-bucket/my/folder"
            )
        parts = urlsplit(value)
        if parts.scheme == "s3":
            name = parts.netloc.rpartition("@")[2] + parts.path  # before an @ may stand a key
            raise ValueError(f"this is a URL: write {name.rstrip('/')}")
        raise ValueError(
            "this is a URL: write the bucket's name alone, or with a folder in it: my-bucket/my/folder; the "
            "address of an S3 server other than Amazon's goes into AWS_ENDPOINT_URL"
        )

    @field_validator("aws_endpoint_url")
    @classmethod
    def _endpoint_with_scheme(cls, value: str | None) -> str | None:
        """Libraries disagree on what an address without a scheme means."""
        if value is None or value.startswith(("http://", "https://")):
            return value
        raise ValueError("this begins with no scheme: write https:// or http:// before the server's name")


class ProjectSettings(BaseSettings):
    """Where the files are that users edit. Apart from the rest, so that checking YAML needs no bucket."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    weather_project: Path = Field(
        default=CHECKOUT, description="the folder with expectations/, pipelines/ and schemas/"
    )


class LocalData(BaseSettings):
    """Where the data are, if S3 and the catalog are on this machine; for messages about a full disk."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    weather_data_folder: Path | None = Field(
        default=None,
        description="the folder of the S3 server and the catalog, where both are on this machine",
    )


class WeatherSource(BaseSettings):
    """Whether anybody observed the weather. Apart from the rest, so that drawing a page needs no bucket."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    weather_simulated: bool = Field(
        default=False, description="whether the KMA's API is a simulator: every page says so"
    )


def is_simulated() -> bool:
    """Whether the weather is a simulator's."""
    return WeatherSource().weather_simulated


def project_folder(name: str) -> Path:
    """A folder of the project: ``expectations``, ``pipelines`` or ``schemas``.

    Raises:
        Misconfigured: it does not exist.
    """
    project = ProjectSettings().weather_project
    if not (project / name).is_dir():
        raise Misconfigured(
            f"{project}: there is no folder {name}/: set WEATHER_PROJECT to the project's folder, the one "
            "that holds expectations/, pipelines/ and schemas/"
        )
    return project / name


def load_settings() -> Settings:
    """Read the environment now.

    Raises:
        Misconfigured: naming each variable that is missing or wrong; never their values.
    """
    try:
        return Settings()
    except ValidationError as error:
        faults = "; ".join(
            f"{str(fault['loc'][0]).upper()}: {fault.get('ctx', {}).get('error', fault['msg'].lower())}"
            for fault in error.errors()
        )
        raise Misconfigured(
            f"environment: {faults}. Set it, or start the system by `make run`, which sets all of them."
        ) from None
