"""The one bucket: objects in and out, with errors that name the place and the mend."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import md5
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as BotoConnectionError

from weather_mlops.errors import StorageRefused, StorageUnavailable, WeatherError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from weather_mlops.settings import Settings

CONNECT_TIMEOUT_S: Final = 5
READ_TIMEOUT_S: Final = 30
ATTEMPTS: Final = 4
BULK_DELETE: Final = 1000  # keys per request, S3's own limit
_PASSING_CODES: Final = frozenset({"SlowDown", "RequestTimeout", "Throttling", "ThrottlingException"})
_SERVER_ERROR: Final = 500
_TOO_MANY: Final = 429


@dataclass(frozen=True)
class S3Access:
    """Where the bucket is, and how to get in.

    Attributes:
        bucket: its name.
        endpoint_url: an S3 server other than Amazon's.
        access_key_id: absent = botocore's own search (profile, role, instance).
        secret_access_key: goes with it.
        session_token: of temporary credentials.
        region: of the bucket.
    """

    bucket: str
    endpoint_url: str | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)
    region: str = "us-east-1"

    @classmethod
    def from_settings(cls, settings: "Settings") -> "S3Access":
        """Access by the environment's settings."""
        secret, token = settings.aws_secret_access_key, settings.aws_session_token
        return cls(
            bucket=settings.bucket,
            endpoint_url=settings.aws_endpoint_url,
            access_key_id=settings.aws_access_key_id,
            secret_access_key=secret.get_secret_value() if secret else None,
            session_token=token.get_secret_value() if token else None,
            region=settings.aws_region,
        )


class StoredObject(NamedTuple):
    """One entry of a listing: key, size in bytes, time of the last write (UTC)."""

    key: str
    size: int
    modified: datetime


@dataclass
class Meter:
    """What was read: the size in bytes of each reply."""

    sizes: list[int] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """How many objects, or parts of objects, were read."""
        return len(self.sizes)

    @property
    def bytes(self) -> int:
        """How much that was in all."""
        return sum(self.sizes)


class ObjectStore:
    """Objects of one bucket. Its client is made at first use, and shared by all stores of a process.

    Args:
        access: where and how.
    """

    def __init__(self, access: S3Access) -> None:
        self.access = access

    def put(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
        """Write an object, whole.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        with self._errors(key):
            self._client.put_object(Bucket=self.access.bucket, Key=key, Body=body, ContentType=content_type)

    def put_file(self, key: str, file: Path, content_type: str = "application/octet-stream") -> None:
        """Write a file of any size as an object, a large one in parts; it is there whole or not at all.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        with self._errors(key), file.open("rb") as body:
            extra = {"ContentType": content_type}
            self._client.upload_fileobj(body, self.access.bucket, key, ExtraArgs=extra)

    def get_file(self, key: str, file: Path) -> None:
        """Read an object of any size into a file.

        Raises:
            FileNotFoundError: there is none.
            StorageUnavailable, StorageRefused.
        """
        with self._errors(key), file.open("wb") as body:
            self._client.download_fileobj(self.access.bucket, key, body)

    def get(self, key: str) -> bytes:
        """Read an object, whole.

        Raises:
            FileNotFoundError: there is none.
            StorageUnavailable, StorageRefused.
        """
        with self._errors(key):
            return self._client.get_object(Bucket=self.access.bucket, Key=key)["Body"].read()

    def get_range(self, key: str, wanted: str) -> tuple[bytes, int]:
        """Read a part of an object.

        Args:
            key: its key.
            wanted: as in the Range header: ``0-99``, or ``-100`` for the last 100 bytes.

        Returns:
            The bytes, and the size of the whole object.

        Raises:
            FileNotFoundError: there is none.
            StorageUnavailable, StorageRefused.
        """
        with self._errors(key):
            reply = self._client.get_object(Bucket=self.access.bucket, Key=key, Range=f"bytes={wanted}")
            body = reply["Body"].read()
        total = reply.get("ContentRange", f"/{len(body)}").rpartition("/")[2]
        return body, int(total)

    def exists(self, key: str) -> bool:
        """Whether there is such an object.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        try:
            with self._errors(key):
                self._client.head_object(Bucket=self.access.bucket, Key=key)
        except FileNotFoundError:
            return False
        return True

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Objects whose keys start so, in the order of their keys.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        pages = self._client.get_paginator("list_objects_v2")
        with self._errors(prefix):
            for page in pages.paginate(Bucket=self.access.bucket, Prefix=prefix):
                for entry in page.get("Contents", []):
                    if not entry["Key"].endswith("/"):  # some servers list folders as empty objects
                        modified = entry["LastModified"].astimezone(UTC)
                        yield StoredObject(entry["Key"], entry["Size"], modified)

    def folders(self, prefix: str) -> Iterator[str]:
        """Prefixes one level below a prefix, each ending in ``/``, in their order, whatever lies in them.

        Args:
            prefix: ends in ``/``.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        pages = self._client.get_paginator("list_objects_v2")
        with self._errors(prefix):
            for page in pages.paginate(Bucket=self.access.bucket, Prefix=prefix, Delimiter="/"):
                yield from (entry["Prefix"] for entry in page.get("CommonPrefixes", []))

    def delete(self, *keys: str) -> None:
        """Remove objects; those that don't exist are none's loss.

        Raises:
            StorageUnavailable, StorageRefused: naming the first key that was not removed.
        """
        if len(keys) == 1:
            with self._errors(keys[0]):
                self._client.delete_object(Bucket=self.access.bucket, Key=keys[0])
            return
        for chunk in (keys[n : n + BULK_DELETE] for n in range(0, len(keys), BULK_DELETE)):
            with self._errors(chunk[0]):
                reply = self._client.delete_objects(
                    Bucket=self.access.bucket,
                    Delete={"Objects": [{"Key": key} for key in chunk], "Quiet": True},
                )
            for fault in reply.get("Errors", []):
                raise StorageUnavailable(f"{self.where(fault['Key'])}: not removed: {fault.get('Code')}")

    def ensure_bucket(self) -> None:
        """Make the bucket where there is none.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        bucket = self.access.bucket
        try:
            with self._errors(""):
                self._client.head_bucket(Bucket=bucket)
        except FileNotFoundError:
            place: dict[str, Any] = {}
            if self.access.region != "us-east-1":
                place = {"CreateBucketConfiguration": {"LocationConstraint": self.access.region}}
            with self._errors(""):
                self._client.create_bucket(Bucket=bucket, **place)

    @contextmanager
    def metered(self) -> Iterator[Meter]:
        """Count meanwhile what this process reads, tables included, by the client of this bucket's server."""
        meter, events = Meter(), self._client.meta.events

        def count(parsed: Mapping[str, Any], **_: Any) -> None:
            meter.sizes.append(int(parsed.get("ContentLength", 0)))

        events.register("after-call.s3.GetObject", count)
        try:
            yield meter
        finally:
            events.unregister("after-call.s3.GetObject", count)

    def where(self, key: str) -> str:
        """How messages name an object."""
        return f"s3://{self.access.bucket}/{key} at {self.access.endpoint_url or 'Amazon S3'}"

    @property
    def _client(self) -> "S3Client":
        return _client(replace(self.access, bucket=""))

    @contextmanager
    def _errors(self, key: str) -> Iterator[None]:
        try:
            yield
        except (ClientError, BotoCoreError) as error:
            raise _translated(error, self.where(key)) from error


@contextmanager
def storage_errors(where: str) -> Iterator[None]:
    """Give what PyIceberg, its catalog or pyarrow raises about storage this package's types.

    Args:
        where: what was being done, to which table.

    Raises:
        StorageUnavailable: the catalog's database or S3 does not answer.
        StorageRefused: refused credentials, or a file of the table that does not exist.
    """
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415  not needed where the catalog is AWS Glue

    try:
        yield
    except WeatherError:
        raise
    except (ClientError, BotoCoreError) as error:
        raise _translated(error, where) from error
    except DBAPIError as error:
        # The text of the database driver; never the URI, which may hold a password.
        raise StorageUnavailable(
            f"{where}: the catalog's database: {error.orig}. See that it runs and is reachable."
        ) from error
    except FileNotFoundError as error:
        raise StorageRefused(
            f"{where}: {error}: the table names a file that is gone. Restore it, or rebuild from raw."
        ) from error
    except PermissionError as error:
        raise StorageRefused(f"{where}: {error}. Check the credentials and their policy.") from error
    except OSError as error:
        raise StorageUnavailable(f"{where}: {error}. See that S3 is reachable.") from error


def _translated(error: ClientError | BotoCoreError, where: str) -> Exception:
    if not isinstance(error, ClientError):
        if isinstance(error, HTTPClientError | BotoConnectionError | IncompleteReadError):
            return StorageUnavailable(
                f"{where}: no answer: {type(error).__name__}. See that S3 is reachable."
            )
        return StorageRefused(f"{where}: {type(error).__name__}. Check the credentials and the region.")
    code = str(error.response.get("Error", {}).get("Code", "unknown"))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if status >= _SERVER_ERROR or status == _TOO_MANY or code in _PASSING_CODES:
        return StorageUnavailable(f"{where}: {code}, HTTP {status}. S3 is overloaded or out of order.")
    if code == "NoSuchBucket":
        return StorageRefused(f"{where}: there is no such bucket. Create it, or mend WEATHER_BUCKET.")
    if code in {"NoSuchKey", "404", "NotFound"}:
        return FileNotFoundError(f"{where}: there is no such object")
    return StorageRefused(f"{where}: {code}, HTTP {status}. Check the credentials and their policy.")


@lru_cache(maxsize=8)
def _client(access: S3Access) -> "S3Client":
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
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=READ_TIMEOUT_S,
            retries={"mode": "standard", "max_attempts": ATTEMPTS},
            # Not every S3 server knows the checksums that botocore would send unasked.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
    client.meta.events.register("before-call.s3.DeleteObjects", _with_md5)
    return client


def _with_md5(params: Mapping[str, Any], **_: Any) -> None:
    """Add the digest that S3 servers other than Amazon's want with a bulk delete."""
    digest = md5(params["body"], usedforsecurity=False).digest()
    params["headers"]["Content-MD5"] = b64encode(digest).decode()
