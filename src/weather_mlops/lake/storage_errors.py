"""Errors of S3, PyIceberg, the catalog's database and pyarrow as errors of this package."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as BotoConnectionError

from weather_mlops.errors import (
    Misconfigured,
    ObjectDamaged,
    StorageRefused,
    StorageUnavailable,
    WeatherError,
)
from weather_mlops.lake import damage
from weather_mlops.lake.disk import data_disk_is_full, says_disk_is_full, storage_full

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError

_PASSING_CODES: Final = frozenset({"SlowDown", "RequestTimeout", "Throttling", "ThrottlingException"})
_DAMAGED_SQLITE: Final = frozenset({"SQLITE_CORRUPT", "SQLITE_NOTADB"})
_SERVER_ERROR: Final = 500
_TOO_MANY: Final = 429


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
        raise translated(error, where) from error
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


def translated(error: ClientError | BotoCoreError, where: str) -> Exception:
    """The error of this package for one of botocore; FileNotFoundError where there is no such object."""
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
