"""The one bucket: objects in and out, with errors that name the place and the mend."""

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
    """How long to wait for S3, and how often to ask.

    Attributes:
        connect_s: seconds until a connection must be open.
        read_s: seconds until the next bytes of an answer must have come.
        attempts: requests at most, the first one included.
    """

    connect_s: float
    read_s: float
    attempts: int


OF_TASKS: Final = RetryPolicy(connect_s=5, read_s=30, attempts=5)
OF_PAGES: Final = RetryPolicy(connect_s=2, read_s=5, attempts=1)
"""Somebody is looking at the screen, and the thread that waits belongs to Airflow's API server."""


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
        """An object's place as a URL."""
        return f"s3://{self.bucket}/{self.prefix}{key}"

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
            prefix=settings.prefix,
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
    """Objects of one bucket, or of one folder of it, to which all keys are relative.

    Its client is made at first use, and shared by all stores of a process.

    Args:
        access: where and how.
        patience: how long to wait for an answer.
    """

    def __init__(self, access: S3Access, patience: RetryPolicy = OF_TASKS) -> None:
        self.access = access
        self.patience = patience

    def put(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
        """Write an object, whole.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        with self._errors(key):
            self._client.put_object(
                Bucket=self.access.bucket, Key=self._full(key), Body=body, ContentType=content_type
            )

    def put_file(self, key: str, file: Path, content_type: str = "application/octet-stream") -> None:
        """Write a file of any size as an object, a large one in parts; it is there whole or not at all.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        with self._errors(key), file.open("rb") as body:
            extra = {"ContentType": content_type}
            self._client.upload_fileobj(body, self.access.bucket, self._full(key), ExtraArgs=extra)

    def get_file(self, key: str, file: Path) -> None:
        """Read an object of any size into a file.

        Raises:
            FileNotFoundError: there is none.
            StorageUnavailable, StorageRefused.
        """
        with self._errors(key), file.open("wb") as body:
            self._client.download_fileobj(self.access.bucket, self._full(key), body)

    def get(self, key: str, limit: Limit = limits.DOCUMENT) -> bytes:
        """Read an object, whole.

        Args:
            key: its key.
            limit: of its size.

        Raises:
            FileNotFoundError: there is none.
            ObjectDamaged: it is larger than the limit.
            StorageUnavailable, StorageRefused.
        """
        with self._errors(key):
            reply = self._client.get_object(Bucket=self.access.bucket, Key=self._full(key))
            return self._body(reply, key, limit)

    def get_range(self, key: str, wanted: str) -> tuple[bytes, int]:
        """Read a part of an object.

        Args:
            key: its key.
            wanted: as in the Range header: ``0-99``, or ``-100`` for the last 100 bytes.

        Returns:
            The bytes, and the size of the whole object.

        Raises:
            FileNotFoundError: there is none.
            ObjectDamaged: the part is larger than any file of a table.
            StorageUnavailable, StorageRefused.
        """
        with self._errors(key):
            reply = self._client.get_object(
                Bucket=self.access.bucket, Key=self._full(key), Range=f"bytes={wanted}"
            )
            body = self._body(reply, key, limits.TABLE_FILE)
        total = reply.get("ContentRange", f"/{len(body)}").rpartition("/")[2]
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
        """Objects whose keys start so, in the order of their keys.

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
        """Prefixes one level below a prefix, each ending in ``/``, in their order, whatever lies in them.

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
        """Remove objects; those that don't exist are none's loss.

        Raises:
            StorageUnavailable, StorageRefused: naming the first key that was not removed.
        """
        if len(keys) == 1:
            with self._errors(keys[0]):
                self._client.delete_object(Bucket=self.access.bucket, Key=self._full(keys[0]))
            return
        for chunk in (keys[n : n + BULK_DELETE] for n in range(0, len(keys), BULK_DELETE)):
            with self._errors(chunk[0]):
                reply = self._client.delete_objects(
                    Bucket=self.access.bucket,
                    Delete={"Objects": [{"Key": self._full(key)} for key in chunk], "Quiet": True},
                )
            for fault in reply.get("Errors", []):
                raise StorageUnavailable(
                    f"{self.where(self._relative(fault['Key']))}: not removed: {fault.get('Code')}"
                )

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
        return f"{self.access.location(key)} at {self.access.endpoint_url or 'Amazon S3'}"

    def _body(self, reply: "GetObjectOutputTypeDef", key: str, limit: Limit) -> bytes:
        """What an answer brings; nothing is read where it announces too much.

        Raises:
            ObjectDamaged: it is larger than the limit.
        """
        where = self.where(key)
        if reply["ContentLength"] > limit.size:
            reply["Body"].close()
            raise ObjectDamaged(f"{where}: {limit}")
        return limits.read_at_most(reply["Body"], limit, where, ObjectDamaged)

    def _full(self, key: str) -> str:
        """A key as the bucket has it."""
        return self.access.prefix + key

    def _relative(self, key: str) -> str:
        """A key of the bucket as callers know it."""
        return key.removeprefix(self.access.prefix)

    @property
    def _client(self) -> "S3Client":
        with _MAKING_A_CLIENT:
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
                "See that S3 is reachable."
            ) from error


@contextmanager
def storage_errors(where: str) -> Iterator[None]:
    """Give what PyIceberg, its catalog or pyarrow raises about storage this package's types.

    Args:
        where: what was being done, to which table.

    Raises:
        StorageUnavailable: the catalog's database or S3 does not answer.
        StorageRefused: refused credentials, or a full disk.
        ObjectDamaged: a file of a table is missing or can't be read, or the catalog's SQLite file.
        Misconfigured: the catalog's URI is none, or needs a driver that isn't installed.
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
        # Its text may hold the URI, and that a password.
        raise Misconfigured(
            f"{where}: PYICEBERG_CATALOG__WEATHER__URI is no address of a database, or its driver isn't "
            "installed: write postgresql+psycopg2://USER:PASSWORD@HOST/DATABASE or sqlite:///FILE."
        ) from None
    except SQLAlchemyError as error:
        raise StorageUnavailable(
            f"{where}: the catalog's database: {type(error).__name__}. See that it runs and is reachable."
        ) from error
    except damage.FAILURES as error:
        if (problem := damage.first_problem(damage.opened.since(begin))) is not None:
            raise ObjectDamaged(f"{where}: {problem}") from error
        if isinstance(error, PermissionError):
            raise StorageRefused(f"{where}: {error}. Check the credentials and their policy.") from error
        if isinstance(error, OSError):
            raise _unavailable(error, where, "See that S3 is reachable.") from error
        raise


def _of_database(error: "DBAPIError", where: str) -> WeatherError:
    """What an error of the catalog's database means, by its driver's text: the URI may hold a password."""
    if getattr(error.orig, "sqlite_errorname", "") in _DAMAGED_SQLITE:
        return ObjectDamaged(
            f"{where}: the catalog's SQLite file is damaged: {error.orig}. It is the one that "
            "PYICEBERG_CATALOG__WEATHER__URI names, `.run/catalog.db` of `make run`. Stop the system, move "
            "the file away, then `make tables` makes it again from the bucket."
        )
    return _unavailable(error.orig, f"{where}: the catalog's database", "See that it runs and is reachable.")


def _unavailable(error: BaseException | None, where: str, fix: str) -> WeatherError:
    """The error of a database or a file system that didn't answer, or had no room."""
    if says_disk_is_full(error):
        return storage_full(where, str(error))
    return StorageUnavailable(f"{where}: {error}. {fix}")


def _unanswered(error: BotoCoreError, where: str) -> WeatherError:
    if isinstance(error, HTTPClientError | BotoConnectionError | IncompleteReadError):
        return StorageUnavailable(f"{where}: no answer: {type(error).__name__}. See that S3 is reachable.")
    return StorageRefused(f"{where}: {type(error).__name__}. Check the credentials and the region.")


def _translated(error: ClientError | BotoCoreError, where: str) -> Exception:
    if not isinstance(error, ClientError):
        return _unanswered(error, where)
    code = str(error.response.get("Error", {}).get("Code", "unknown"))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if status == HTTPStatus.INSUFFICIENT_STORAGE or (status >= _SERVER_ERROR and data_disk_is_full()):
        return storage_full(where, f"{code}, HTTP {status}")
    if status >= _SERVER_ERROR or status == _TOO_MANY or code in _PASSING_CODES:
        return StorageUnavailable(f"{where}: {code}, HTTP {status}. S3 is overloaded or out of order.")
    if code == "NoSuchBucket":
        return StorageRefused(f"{where}: there is no such bucket. Create it, or mend WEATHER_BUCKET.")
    if code in {"NoSuchKey", "404", "NotFound"}:
        return FileNotFoundError(f"{where}: there is no such object")
    return StorageRefused(f"{where}: {code}, HTTP {status}. Check the credentials and their policy.")


_MAKING_A_CLIENT: Final = Lock()
"""It takes a fifth of a second of the processor: eight pages that are opened at once need one, not eight."""


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
