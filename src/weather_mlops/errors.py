"""The errors of this package, by whether trying again can help.

    WeatherError
    ├── Retryable                  transient: the orchestrator tries again
    │   ├── KmaUnavailable         timeout, refused connection, 5xx
    │   ├── KmaMaintenance         the API says so, or an HTML page where data should be
    │   ├── ResponseTruncated      no end marker, or fewer bytes than announced
    │   ├── NothingYet             no rows at all for hours that are over
    │   ├── StorageUnavailable     S3 or the catalog does not answer, or answers 5xx
    │   ├── OrchestratorUnavailable  Airflow's REST API does not answer, or answers 5xx
    │   ├── ChannelUnavailable     alerts could not be delivered; they are stored
    │   └── CommitConflict         other writers won too many times in a row
    └── Permanent                  stays until somebody acts: trying again is useless
        ├── KeyRefused             401, or its body with another status
        ├── EndpointNotApproved    403: the key has no approval for this endpoint
        ├── QuotaExhausted         the day's calls are used up
        ├── FormatChanged          a response whose rows do not fit the known format
        ├── FileRefused            a file without observations that could be imported
        ├── ResponseMismatch       a response about other hours than were requested
        ├── StorageRefused         S3 refuses the credentials, the bucket does not exist, or the disk is full
        ├── OrchestratorRefused    Airflow's REST API refuses the login or the request
        ├── ObjectDamaged          an object on S3 is missing, or its bytes are not what this package wrote
        ├── TableNotRegistered     the bucket holds a table that the catalog does not have
        ├── SnapshotExpired        a state of a table that is not stored any more
        ├── QualityTooLow          too small a share of the rows is fit to publish
        ├── LoadIncomplete         some requests of a load of history failed
        ├── TrainingImpossible     the data are not enough to train on, or a step before did not finish
        ├── ModelUnusable          a model's files are missing, damaged, or made for other features
        ├── AlertTestFailed        a test message did not get through to a service, or there is no channel
        ├── BackupUnusable         a backup is missing, damaged, or of a newer PostgreSQL
        ├── RestoreRefused         what a restore would replace is in use, or not empty
        ├── Unhealthy              the published table breaks a limit
        └── Misconfigured          an argument or a setting that cannot work

Each message says what was wrong, where (URL without the key, S3 key, file and line) and what to do.
All of them survive pickling: they carry their message only.
"""


class WeatherError(Exception):
    """Base of all errors of this package."""


class Retryable(WeatherError):
    """Transient: trying again can help."""


class Permanent(WeatherError):
    """Stays until somebody acts."""


class KmaUnavailable(Retryable, ConnectionError):
    """The API did not answer, or answered with a server error."""


class KmaMaintenance(Retryable, ConnectionError):
    """The API says that it is under maintenance, or answered with an HTML page instead of data."""


class ResponseTruncated(Retryable, EOFError):
    """A response ended before its end marker: nothing of it may be used."""


class NothingYet(Retryable, LookupError):
    """No data yet: no rows at the API for hours that are over, or no tables in the catalog."""


class StorageUnavailable(Retryable, ConnectionError):
    """S3 or the catalog did not answer, or answered with a server error."""


class OrchestratorUnavailable(Retryable, ConnectionError):
    """Airflow's REST API did not answer, or answered with a server error."""


class ChannelUnavailable(Retryable, ConnectionError):
    """Alerts could not be delivered; they are stored, and sent by the next run."""


class CommitConflict(Retryable, RuntimeError):
    """Other writers committed first, again and again."""


class KeyRefused(Permanent, PermissionError):
    """The API does not accept the key."""


class EndpointNotApproved(Permanent, PermissionError):
    """The key has no approval for this endpoint."""


class QuotaExhausted(Permanent, PermissionError):
    """The day's calls are used up, according to the API or to our own count."""


class FormatChanged(Permanent, ValueError):
    """A response does not have the known format."""


class FileRefused(Permanent, ValueError):
    """A file holds no observations that could be imported: it is something else, or damaged."""


class ResponseMismatch(Permanent, ValueError):
    """A response is about other hours than were requested."""


class StorageRefused(Permanent, PermissionError):
    """S3 refuses the credentials, the bucket does not exist, or the disk is full."""


class OrchestratorRefused(Permanent, PermissionError):
    """Airflow's REST API refuses the login or the request."""


class ObjectDamaged(Permanent, ValueError):
    """An object on S3 is missing although it is needed, or its bytes are not what this package wrote."""


class TableNotRegistered(Permanent, LookupError):
    """The bucket holds a table that the catalog does not have: it points elsewhere, or nowhere."""


class SnapshotExpired(Permanent, LookupError):
    """A table does not have a state any more."""


class QualityTooLow(Permanent, ValueError):
    """Too small a share of the rows is fit to publish."""


class LoadIncomplete(Permanent, LookupError):
    """Some requests of a load of history failed; the others are published."""


class TrainingImpossible(Permanent, ValueError):
    """The data are not enough to train on, or a step before this one did not finish."""


class ModelUnusable(Permanent, ValueError):
    """A model's files are missing, damaged, or made for other features than the code's."""


class AlertTestFailed(Permanent, ConnectionError):
    """A test message did not get through to a service, or there is no channel to send it by."""


class BackupUnusable(Permanent, ValueError):
    """A backup is missing, damaged, or made by a newer PostgreSQL."""


class RestoreRefused(Permanent, RuntimeError):
    """What a restore would replace is in use, or not empty without permission to replace it."""


class Unhealthy(Permanent, RuntimeError):
    """The published table breaks a limit."""


class Misconfigured(Permanent, ValueError):
    """An argument or a setting that cannot work."""
