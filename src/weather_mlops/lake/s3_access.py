"""How the bucket is reached: location, credentials, time-outs and retries, and the client made from them."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import md5
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from weather_mlops.errors import Misconfigured

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from weather_mlops.settings import Settings


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Time-outs and retries of requests to S3.

    Attributes:
        connect_s: time-out of connecting, seconds.
        read_s: time-out of reading the next bytes of a response, seconds.
        attempts: upper limit of attempts, the first one included.
    """

    connect_s: float
    read_s: float
    attempts: int


TASK_RETRIES: Final = RetryPolicy(connect_s=5, read_s=30, attempts=5)
PAGE_RETRIES: Final = RetryPolicy(connect_s=2, read_s=5, attempts=1)
"""For pages: somebody waits for the page, and the thread belongs to Airflow's API server."""


@dataclass(frozen=True)
class S3Access:
    """Location and credentials of the bucket.

    Attributes:
        bucket: name of the bucket.
        endpoint_url: URL of an S3 server other than Amazon's.
        access_key_id: None = botocore's own search (profile, role, instance).
        secret_access_key: secret of the access key.
        session_token: token of temporary credentials.
        region: region of the bucket.
        prefix: the folder inside the bucket that all keys are relative to; empty, or ending in ``/``.

    Raises:
        Misconfigured: the endpoint is no URL.
    """

    bucket: str
    endpoint_url: str | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)
    region: str = "us-east-1"
    prefix: str = ""

    def __post_init__(self) -> None:
        if self.endpoint_url and not self.endpoint_url.startswith(("http://", "https://")):
            raise Misconfigured(
                "the S3 server's address has no scheme: write https:// or http:// before its name, in "
                "AWS_ENDPOINT_URL or in endpoint_url of the connection aws_default"
            )

    def location(self, key: str) -> str:
        """The URL of an object, ``s3://``."""
        return f"s3://{self.bucket}/{self.prefix}{key}"

    @classmethod
    def from_settings(cls, settings: "Settings") -> "S3Access":
        """Create access from the environment's settings."""
        secret, token = settings.aws_secret_access_key, settings.aws_session_token
        return cls(
            bucket=settings.bucket,
            endpoint_url=settings.aws_endpoint_url,
            access_key_id=settings.aws_access_key_id,
            secret_access_key=secret.get_secret_value() if secret else None,
            session_token=token.get_secret_value() if token else None,
            region=settings.aws_region,
            prefix=settings.prefix,
        )


_CLIENT_LOCK: Final = Lock()
"""Creating a client takes a fifth of a second of processor time: pages opened at once must share one."""


def client_of(access: S3Access, patience: RetryPolicy) -> "S3Client":
    """The client of a bucket's server, shared by all stores of a process."""
    with _CLIENT_LOCK:
        return _client(replace(access, bucket="", prefix=""), patience)


@lru_cache(maxsize=8)
def _client(access: S3Access, patience: RetryPolicy) -> "S3Client":
    import boto3  # noqa: PLC0415  a fifth of a second, not needed to parse a DAG
    from botocore.config import Config  # noqa: PLC0415

    client: S3Client = boto3.session.Session().client(
        "s3",
        endpoint_url=access.endpoint_url,
        aws_access_key_id=access.access_key_id,
        aws_secret_access_key=access.secret_access_key,
        aws_session_token=access.session_token,
        region_name=access.region,
        config=Config(
            connect_timeout=patience.connect_s,
            read_timeout=patience.read_s,
            retries={"mode": "standard", "total_max_attempts": patience.attempts},
            # Not every S3 server supports the checksums that botocore sends by default.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
    client.meta.events.register("before-call.s3.DeleteObjects", _with_md5)
    return client


def _with_md5(params: Mapping[str, Any], **_: Any) -> None:
    """Add the digest that S3 servers other than Amazon's require for a bulk delete."""
    digest = md5(params["body"], usedforsecurity=False).digest()
    params["headers"]["Content-MD5"] = b64encode(digest).decode()
