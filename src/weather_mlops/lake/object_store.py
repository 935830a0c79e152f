"""Read and write objects of the bucket; errors name the object and the fix."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import md5
from http import HTTPStatus
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as BotoConnectionError
from s3transfer.exceptions import RetriesExceededError

from weather_mlops import limits
from weather_mlops.errors import (
    Misconfigured,
    ObjectDamaged,
    StorageRefused,
    StorageUnavailable,
    WeatherError,
)
from weather_mlops.lake import damage
from weather_mlops.lake.disk import data_disk_is_full, says_disk_is_full, storage_full
from weather_mlops.limits import Limit

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef
    from sqlalchemy.exc import DBAPIError

    from weather_mlops.settings import Settings

BULK_DELETE: Final = 1000  # keys per request, S3's own limit
_PASSING_CODES: Final = frozenset({"SlowDown", "RequestTimeout", "Throttling", "ThrottlingException"})
_DAMAGED_SQLITE: Final = frozenset({"SQLITE_CORRUPT", "SQLITE_NOTADB"})
_SERVER_ERROR: Final = 500
_TOO_MANY: Final = 429


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


OF_TASKS: Final = RetryPolicy(connect_s=5, read_s=30, attempts=5)
OF_PAGES: Final = RetryPolicy(connect_s=2, read_s=5, attempts=1)
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


class StoredObject(NamedTuple):
    """One entry of a listing: key, size in bytes, time of the last write (UTC)."""

    key: str
    size: int
    modified: datetime


@dataclass
class Meter:
    """Counts what was read: the size in bytes of each response."""

    sizes: list[int] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """Number of objects, or ranges of objects, that were read."""
        return len(self.sizes)

    @property
    def bytes(self) -> int:
        """Total size, bytes."""
        return sum(self.sizes)


class ObjectStore:
    """Objects of one bucket, or of one folder of it, to which all keys are relative.

    Its client is created at first use, and shared by all stores of a process.

    Args:
        access: location and credentials.
        patience: time-outs and retries.
    """

    def __init__(self, access: S3Access, patience: RetryPolicy = OF_TASKS) -> None:
        self.access = access
        self.patience = patience

    def put(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
        """Write an object.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        with self._errors(key):
            self._client.put_object(
                Bucket=self.access.bucket, Key=self._full(key), Body=body, ContentType=content_type
            )

    def put_file(self, key: str, file: Path, content_type: str = "application/octet-stream") -> None:
        """Upload a file of any size as an object, a large one in parts; it appears only when complete.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        with self._errors(key), file.open("rb") as body:
            extra = {"ContentType": content_type}
            self._client.upload_fileobj(body, self.access.bucket, self._full(key), ExtraArgs=extra)

    def get_file(self, key: str, file: Path) -> None:
        """Download an object of any size to a file.

        Raises:
            FileNotFoundError: there is no such object.
            StorageUnavailable, StorageRefused.
        """
        with self._errors(key), file.open("wb") as body:
            self._client.download_fileobj(self.access.bucket, self._full(key), body)

    def get(self, key: str, limit: Limit = limits.DOCUMENT) -> bytes:
        """Read a whole object.

        Args:
            key: key of the object.
            limit: upper limit of its size.

        Raises:
            FileNotFoundError: there is no such object.
            ObjectDamaged: the object is larger than the limit.
            StorageUnavailable, StorageRefused.
        """
        with self._errors(key):
            response = self._client.get_object(Bucket=self.access.bucket, Key=self._full(key))
            return self._body(response, key, limit)

    def get_range(self, key: str, byte_range: str) -> tuple[bytes, int]:
        """Read a range of an object.

        Args:
            key: key of the object.
            byte_range: as in the Range header: ``0-99``, or ``-100`` for the last 100 bytes.

        Returns:
            The bytes, and the size of the whole object.

        Raises:
            FileNotFoundError: there is no such object.
            ObjectDamaged: the range is larger than any file of a table.
            StorageUnavailable, StorageRefused.
        """
        with self._errors(key):
            response = self._client.get_object(
                Bucket=self.access.bucket, Key=self._full(key), Range=f"bytes={byte_range}"
            )
            body = self._body(response, key, limits.TABLE_FILE)
        total = response.get("ContentRange", f"/{len(body)}").rpartition("/")[2]
        return body, int(total)

    def exists(self, key: str) -> bool:
        """Whether there is such an object.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        try:
            with self._errors(key):
                self._client.head_object(Bucket=self.access.bucket, Key=self._full(key))
        except FileNotFoundError:
            return False
        return True

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """List objects whose keys start with a prefix, in the order of their keys.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        pages = self._client.get_paginator("list_objects_v2")
        with self._errors(prefix):
            for page in pages.paginate(Bucket=self.access.bucket, Prefix=self._full(prefix)):
                for entry in page.get("Contents", []):
                    if not entry["Key"].endswith("/"):  # some servers list folders as empty objects
                        modified = entry["LastModified"].astimezone(UTC)
                        yield StoredObject(self._relative(entry["Key"]), entry["Size"], modified)

    def folders(self, prefix: str) -> Iterator[str]:
        """List prefixes one level below a prefix, each ending in ``/``, in order.

        Args:
            prefix: ends in ``/``.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        pages = self._client.get_paginator("list_objects_v2")
        with self._errors(prefix):
            for page in pages.paginate(Bucket=self.access.bucket, Prefix=self._full(prefix), Delimiter="/"):
                yield from (self._relative(entry["Prefix"]) for entry in page.get("CommonPrefixes", []))

    def delete(self, *keys: str) -> None:
        """Delete objects; keys without an object are ignored.

        Raises:
            StorageUnavailable, StorageRefused: the message has the first key that was not deleted.
        """
        if len(keys) == 1:
            with self._errors(keys[0]):
                self._client.delete_object(Bucket=self.access.bucket, Key=self._full(keys[0]))
            return
        for chunk in (keys[n : n + BULK_DELETE] for n in range(0, len(keys), BULK_DELETE)):
            with self._errors(chunk[0]):
                response = self._client.delete_objects(
                    Bucket=self.access.bucket,
                    Delete={"Objects": [{"Key": self._full(key)} for key in chunk], "Quiet": True},
                )
            for fault in response.get("Errors", []):
                raise StorageUnavailable(
                    f"{self.where(self._relative(fault['Key']))}: not removed: {fault.get('Code')}"
                )

    def ensure_bucket(self) -> None:
        """Create the bucket if there is none.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        bucket = self.access.bucket
        try:
            with self._errors(""):
                self._client.head_bucket(Bucket=bucket)
        except FileNotFoundError:
            configuration: dict[str, Any] = {}
            if self.access.region != "us-east-1":
                configuration = {"CreateBucketConfiguration": {"LocationConstraint": self.access.region}}
            with self._errors(""):
                self._client.create_bucket(Bucket=bucket, **configuration)

    @contextmanager
    def metered(self) -> Iterator[Meter]:
        """Count what this process reads inside of the context, tables included, from this bucket's server."""
        meter, events = Meter(), self._client.meta.events

        def count(parsed: Mapping[str, Any], **_: Any) -> None:
            meter.sizes.append(int(parsed.get("ContentLength", 0)))

        events.register("after-call.s3.GetObject", count)
        try:
            yield meter
        finally:
            events.unregister("after-call.s3.GetObject", count)

    def where(self, key: str) -> str:
        """The name of an object in messages."""
        return f"{self.access.location(key)} at {self.access.endpoint_url or 'Amazon S3'}"

    def _body(self, response: "GetObjectOutputTypeDef", key: str, limit: Limit) -> bytes:
        """Read the body of a response, unless its announced length exceeds the limit.

        Raises:
            ObjectDamaged: the object is larger than the limit.
        """
        where = self.where(key)
        if response["ContentLength"] > limit.size:
            response["Body"].close()
            raise ObjectDamaged(f"{where}: {limit}")
        return limits.read_at_most(response["Body"], limit, where, ObjectDamaged)

    def _full(self, key: str) -> str:
        """The full key in the bucket, with the prefix."""
        return self.access.prefix + key

    def _relative(self, key: str) -> str:
        """The key without the prefix, as callers know it."""
        return key.removeprefix(self.access.prefix)

    @property
    def _client(self) -> "S3Client":
        with _CREATING_A_CLIENT:
            return _client(replace(self.access, bucket="", prefix=""), self.patience)

    @contextmanager
    def _errors(self, key: str) -> Iterator[None]:
        try:
            yield
        except (ClientError, BotoCoreError) as error:
            raise _translated(error, self.where(key)) from error
        except RetriesExceededError as error:
            raise StorageUnavailable(
                f"{self.where(key)}: cut off again and again: {error.last_exception}. "
                "Make sure that S3 is reachable."
            ) from error


@contextmanager
def storage_errors(where: str) -> Iterator[None]:
    """Translate errors of PyIceberg, its catalog and pyarrow about storage to this package's types.

    Args:
        where: operation and table, for the message.

    Raises:
        StorageUnavailable: the catalog's database or S3 does not answer.
        StorageRefused: refused credentials, or a full disk.
        ObjectDamaged: a file of a table is missing or can't be read, or the catalog's SQLite file.
        Misconfigured: the catalog's URI is invalid, or needs a driver that isn't installed.
    """
    # Not needed where the catalog is AWS Glue.
    from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError  # noqa: PLC0415

    begin = damage.opened.mark()
    try:
        yield
    except WeatherError:
        raise
    except (ClientError, BotoCoreError) as error:
        raise _translated(error, where) from error
    except DBAPIError as error:
        raise _of_database(error, where) from error
    except (ArgumentError, NoSuchModuleError):
        # Its text may have the URI, and so a password.
        raise Misconfigured(
            f"{where}: PYICEBERG_CATALOG__WEATHER__URI is no URL of a database, or its driver isn't "
            "installed: write postgresql+psycopg2://USER:PASSWORD@HOST/DATABASE or sqlite:///FILE."
        ) from None
    except SQLAlchemyError as error:
        raise StorageUnavailable(
            f"{where}: the catalog's database: {type(error).__name__}. "
            "Make sure that it runs and is reachable."
        ) from error
    except damage.FAILURES as error:
        if (problem := damage.first_problem(damage.opened.since(begin))) is not None:
            raise ObjectDamaged(f"{where}: {problem}") from error
        if isinstance(error, PermissionError):
            raise StorageRefused(f"{where}: {error}. Check the credentials and their policy.") from error
        if isinstance(error, OSError):
            raise _unavailable(error, where, "Make sure that S3 is reachable.") from error
        raise


def _of_database(error: "DBAPIError", where: str) -> WeatherError:
    """Translate an error of the catalog's database; shows only the driver's text (the URI is secret)."""
    if getattr(error.orig, "sqlite_errorname", "") in _DAMAGED_SQLITE:
        return ObjectDamaged(
            f"{where}: the catalog's SQLite file is damaged: {error.orig}. It is the one that "
            "PYICEBERG_CATALOG__WEATHER__URI names, `.run/catalog.db` of `make run`. Stop the system, move "
            "the file away, then `make tables` creates it again from the bucket."
        )
    return _unavailable(
        error.orig, f"{where}: the catalog's database", "Make sure that it runs and is reachable."
    )


def _unavailable(error: BaseException | None, where: str, fix: str) -> WeatherError:
    """The error of a database or a file system that didn't answer, or has no space left."""
    if says_disk_is_full(error):
        return storage_full(where, str(error))
    return StorageUnavailable(f"{where}: {error}. {fix}")


def _unanswered(error: BotoCoreError, where: str) -> WeatherError:
    if isinstance(error, HTTPClientError | BotoConnectionError | IncompleteReadError):
        return StorageUnavailable(
            f"{where}: no answer: {type(error).__name__}. Make sure that S3 is reachable."
        )
    return StorageRefused(f"{where}: {type(error).__name__}. Check the credentials and the region.")


def _translated(error: ClientError | BotoCoreError, where: str) -> Exception:
    if not isinstance(error, ClientError):
        return _unanswered(error, where)
    code = str(error.response.get("Error", {}).get("Code", "unknown"))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if status == HTTPStatus.INSUFFICIENT_STORAGE or (status >= _SERVER_ERROR and data_disk_is_full()):
        return storage_full(where, f"{code}, HTTP {status}")
    if status >= _SERVER_ERROR or status == _TOO_MANY or code in _PASSING_CODES:
        return StorageUnavailable(f"{where}: {code}, HTTP {status}. S3 is overloaded or down.")
    if code == "NoSuchBucket":
        return StorageRefused(f"{where}: there is no such bucket. Create it, or fix WEATHER_BUCKET.")
    if code in {"NoSuchKey", "404", "NotFound"}:
        return FileNotFoundError(f"{where}: there is no such object")
    return StorageRefused(f"{where}: {code}, HTTP {status}. Check the credentials and their policy.")


_CREATING_A_CLIENT: Final = Lock()
"""Creating a client takes a fifth of a second of processor time: pages opened at once must share one."""


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
