"""What can go wrong, and whether trying again can help.

    WeatherError
    ├── Retryable                  passes by itself: the orchestrator tries again
    │   ├── KmaUnavailable         timeout, refused connection, 5xx
    │   ├── KmaMaintenance         by its words, or an HTML page where data should be
    │   ├── ResponseTruncated            no end marker, or fewer bytes than announced
    │   ├── NothingYet             no rows at all for hours that are over
    │   ├── StorageUnavailable     S3 or the catalog does not answer, or answers 5xx
    │   ├── OrchestratorUnavailable  Airflow's REST API does not answer, or answers 5xx
    │   ├── ChannelUnavailable     alerts could not be delivered; they are kept
    │   └── CommitConflict         other writers won too many times in a row
    └── Permanent                  stays until somebody acts: trying again is useless
        ├── KeyRefused             401, or its body with another status
        ├── EndpointNotApproved    403: the key has no approval for this endpoint
        ├── QuotaExhausted         the day's calls are used up
        ├── FormatChanged          a reply whose rows do not fit the known format
        ├── FileRefused            a file that holds no observations that could be taken in
        ├── ResponseMismatch          a reply about other hours than were asked for
        ├── StorageRefused         S3 refuses the credentials, the bucket does not exist, or the disk is full
        ├── OrchestratorRefused    Airflow's REST API refuses the login, or what was asked
        ├── ObjectDamaged          an object on S3 is missing, or its bytes are not what this package wrote
        ├── TableNotRegistered     the bucket holds a table that the catalog does not have
        ├── SnapshotExpired        a state of a table that is not kept any more
        ├── QualityTooLow          too small a share of the rows is fit to publish
        ├── LoadIncomplete         parts of a load of history could not be had
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
    """Passes by itself."""


class Permanent(WeatherError):
    """Stays until somebody acts."""


class KmaUnavailable(Retryable, ConnectionError):
    """The API did not answer, or answered with a server error."""


class KmaMaintenance(Retryable, ConnectionError):
    """The API is under maintenance by its words, or answered with an HTML page instead of data."""


class ResponseTruncated(Retryable, EOFError):
    """A reply ended before its end marker: nothing of it may be used."""


class NothingYet(Retryable, LookupError):
    """Nothing is there yet: no rows at the API for hours that are over, or no tables in the catalog."""


class StorageUnavailable(Retryable, ConnectionError):
    """S3 or the catalog did not answer, or answered with a server error."""


class OrchestratorUnavailable(Retryable, ConnectionError):
    """Airflow's REST API did not answer, or answered with a server error."""


class ChannelUnavailable(Retryable, ConnectionError):
    """Alerts could not be delivered; they are kept, and told by the next run."""


class CommitConflict(Retryable, RuntimeError):
    """Other writers committed first, again and again."""


class KeyRefused(Permanent, PermissionError):
    """The API does not accept the key."""


class EndpointNotApproved(Permanent, PermissionError):
    """The key has no approval for this endpoint."""


class QuotaExhausted(Permanent, PermissionError):
    """The day's calls are used up, by the API's word or by our own count."""


class FormatChanged(Permanent, ValueError):
    """A reply does not have the format that we know."""


class FileRefused(Permanent, ValueError):
    """A file holds no observations that could be taken in: it is something else, or damaged."""


class ResponseMismatch(Permanent, ValueError):
    """A reply tells of other hours than were asked for."""


class StorageRefused(Permanent, PermissionError):
    """S3 refuses the credentials, the bucket does not exist, or the disk is full."""


class OrchestratorRefused(Permanent, PermissionError):
    """Airflow's REST API refuses the login, or what was asked."""


class ObjectDamaged(Permanent, ValueError):
    """An object on S3 is missing although it is needed, or its bytes are not what this package wrote."""


class TableNotRegistered(Permanent, LookupError):
    """The bucket holds a table that the catalog does not have: it points elsewhere, or nowhere."""


class SnapshotExpired(Permanent, LookupError):
    """A table does not have a state any more."""


class QualityTooLow(Permanent, ValueError):
    """Too small a share of the rows is fit to publish."""


class LoadIncomplete(Permanent, LookupError):
    """Parts of a load of history could not be had; the others are published."""


class TrainingImpossible(Permanent, ValueError):
    """The data are not enough to train on, or a step before this one did not finish."""


class ModelUnusable(Permanent, ValueError):
    """A model's files are missing, damaged, or made for other features than the code's."""


class AlertTestFailed(Permanent, ConnectionError):
    """A test message did not get through to a service, or there is no channel to send it by."""


class BackupUnusable(Permanent, ValueError):
    """A backup is missing, damaged, or made by a newer PostgreSQL."""


class RestoreRefused(Permanent, RuntimeError):
    """What a restore would replace is in use, or not empty and nobody said to replace it."""


class Unhealthy(Permanent, RuntimeError):
    """The published table breaks a limit."""


class Misconfigured(Permanent, ValueError):
    """An argument or a setting that cannot work."""
