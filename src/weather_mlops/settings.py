"""The only reader of the environment: what differs between machines. What a user tunes is in the YAML."""

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from weather_mlops.errors import Misconfigured


class Settings(BaseSettings):
    """Where things are, and how to get in. Each attribute is an environment variable in capitals."""

    # Empty is not set: a container is given every variable, with what .env says or with nothing.
    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    kma_api_url: str = Field(
        default="https://apihub.kma.go.kr/api/typ01/url", description="the KMA API Hub, or a simulator"
    )
    kma_auth_key: SecretStr | None = Field(default=None, description="the key of the KMA API Hub")
    weather_bucket: str | None = Field(default=None, min_length=3, description="the one bucket of all data")
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
        return self.weather_bucket


def load_settings() -> Settings:
    """Read the environment now.

    Raises:
        Misconfigured: naming each variable that is missing or wrong; never their values.
    """
    try:
        return Settings()
    except ValidationError as error:
        faults = "; ".join(
            f"{str(fault['loc'][0]).upper()}: {fault['msg'].lower()}" for fault in error.errors()
        )
        raise Misconfigured(
            f"environment: {faults}. Set it, or start the system by `make run`, which sets all of them."
        ) from None
