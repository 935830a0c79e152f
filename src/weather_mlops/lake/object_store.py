"""Read and write objects of the bucket; errors name the object and the fix."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError
from s3transfer.exceptions import RetriesExceededError

from weather_mlops import limits
from weather_mlops.errors import (
    ObjectDamaged,
    StorageUnavailable,
)
from weather_mlops.lake.s3_access import TASK_RETRIES, RetryPolicy, S3Access, client_of
from weather_mlops.lake.storage_errors import translated
from weather_mlops.limits import Limit

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef


BULK_DELETE: Final = 1000  # keys per request, S3's own limit


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

    def __init__(self, access: S3Access, patience: RetryPolicy = TASK_RETRIES) -> None:
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
        return client_of(self.access, self.patience)

    @contextmanager
    def _errors(self, key: str) -> Iterator[None]:
        try:
            yield
        except (ClientError, BotoCoreError) as error:
            raise translated(error, self.where(key)) from error
        except RetriesExceededError as error:
            raise StorageUnavailable(
                f"{self.where(key)}: cut off again and again: {error.last_exception}. "
                "Make sure that S3 is reachable."
            ) from error
