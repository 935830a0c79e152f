"""Store responses exactly as received, for ever: everything downstream can be rebuilt from them."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from isal import igzip

from weather_mlops import limits
from weather_mlops.clock import HOUR, KST
from weather_mlops.errors import FormatChanged
from weather_mlops.kma.client import Response
from weather_mlops.kma.endpoints import LONGEST_SPAN, from_kst
from weather_mlops.kma.masking import SECRET_PARAMETERS
from weather_mlops.lake.object_store import ObjectStore

PREFIX: Final = "raw/kma/"
IMPORTED: Final = "imported"
"""Stands for the endpoint of imported files."""
BODY: Final = ".txt.gz"
SIDECAR: Final = ".json"
_MANY: Final = 3  # largest number of station ids that a key names; of more it has the number
VARIABLE: Final = "variable"
"""Parameter of a file of one variable, which only its name tells: files of two variables can be equal."""
_TIMES: Final = ("tm1", "tm2", "tm")
_PERIOD: Final = re.compile(r"[0-9]{12}_(?P<end>[0-9]{12})_")


@dataclass(frozen=True, slots=True)
class RawResponse:
    """A stored response: its bytes, and the content of its sidecar."""

    key: str
    body: bytes
    about: Mapping[str, Any]

    @property
    def received_at(self) -> datetime:
        """When the response was first received."""
        return datetime.fromisoformat(self.about["fetched_at"])


def put_response(store: ObjectStore, response: Response, row_count: int) -> str:
    """Store a response; storing the same one again changes nothing, so that its first fetch time stays.

    The sidecar is written last: if it exists, both objects exist, and nothing is written. That takes one
    request for a known response, and three for a new one.

    Args:
        store: the bucket.
        response: the response of the client.
        row_count: number of its rows, for the sidecar.

    Returns:
        The key: ``raw/kma/<endpoint>/<YYYY>/<MM>/<DD>/<begin>_<end>_<stations>_<sha12>.txt.gz``, the times in
        KST as in the request, or of the fetch in UTC where the request names none; before the last part the
        variable of a file that has just one.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    digest = sha256(response.body).hexdigest()
    key = f"{PREFIX}{response.endpoint}/{_label(response)}_{digest[:12]}{BODY}"
    if store.exists(sidecar_of(key)):
        return key
    about = {
        "endpoint": response.endpoint,
        "params": {
            name: value for name, value in response.params.items() if name.lower() not in SECRET_PARAMETERS
        },
        "url": response.url,
        "fetched_at": response.fetched_at.isoformat(),
        "status": response.status,
        "sha256": digest,
        "bytes": len(response.body),
        "rows": row_count,
    }
    store.put(key, igzip.compress(response.body, mtime=0), "application/gzip")
    store.put(sidecar_of(key), json.dumps(about, ensure_ascii=False, indent=1).encode(), "application/json")
    return key


def read_response(store: ObjectStore, key: str) -> RawResponse:
    """Read a stored response, and check its bytes against its sidecar.

    Raises:
        FileNotFoundError: the response or its sidecar doesn't exist.
        FormatChanged: the bytes are not those that were received, or its sidecar is damaged.
        StorageUnavailable, StorageRefused.
    """
    about = read_sidecar(store, sidecar_of(key))
    packed = store.get(key, limits.RAW_RESPONSE)
    body = limits.gunzip_at_most(packed, limits.RAW_RESPONSE, store.where(key))
    if sha256(body).hexdigest() != about.get("sha256"):
        raise FormatChanged(
            f"{store.where(key)}: its SHA-256 is not that of its sidecar. Restore it from a copy."
        )
    return RawResponse(key, body, about)


def read_sidecar(store: ObjectStore, key: str) -> Mapping[str, Any]:
    """Read the sidecar of a response.

    Raises:
        FileNotFoundError: there is no such object.
        FormatChanged: the sidecar is damaged.
        StorageUnavailable, StorageRefused.
    """
    body = store.get(key)
    try:
        about = json.loads(body)
        datetime.fromisoformat(about["fetched_at"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise FormatChanged(f"{store.where(key)}: damaged: {error!r}. Restore it from a copy.") from error
    return dict(about)


def list_raw(store: ObjectStore, endpoint: str, day: date | None = None) -> Iterator[str]:
    """List keys of complete responses (with sidecar) of an endpoint, in the order of their hours.

    Args:
        store: the bucket.
        endpoint: such as ``kma_sfctm3``.
        day: only those whose period begins on this day (KST).

    Raises:
        StorageUnavailable, StorageRefused.
    """
    yield from _listed(store, f"{PREFIX}{endpoint}/" + (f"{day:%Y/%m/%d}/" if day else ""))


def _listed(store: ObjectStore, prefix: str) -> Iterator[str]:
    # "<name>.json" comes before "<name>.txt.gz" in the order of keys.
    complete = ""
    for entry in store.list(prefix):
        if entry.key.endswith(SIDECAR):
            complete = entry.key.removesuffix(SIDECAR) + BODY
        elif entry.key == complete:
            yield entry.key


def received(store: ObjectStore, endpoint: str, day: date) -> Iterator[tuple[datetime, datetime]]:
    """List the last requested hour and the time of storage (UTC) of responses of a day.

    The day (KST) is that of the first requested hour. Objects that are no responses are ignored: a rebuild
    reports them.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    for entry in store.list(f"{PREFIX}{endpoint}/{day:%Y/%m/%d}/"):
        name = entry.key.rpartition("/")[2]
        if entry.key.endswith(SIDECAR) and (period := _PERIOD.match(name)):
            yield from_kst(period["end"]), entry.modified


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """The request of a stored response, from its key: a period, both ends included (UTC), and stations.

    ``stations`` is None for all stations.
    """

    key: str
    begin: datetime
    end: datetime
    stations: tuple[int, ...] | None


def list_about(store: ObjectStore, endpoint: str, begin: datetime, end: datetime) -> Iterator[StoredRequest]:
    """List responses that were requested for hours of a period, in the order of their first hours.

    Requests to the API are never longer than LONGEST_SPAN; imported files may be of any length.

    Args:
        store: the bucket.
        endpoint: such as ``kma_sfctm3``.
        begin: first hour, timezone-aware.
        end: last hour, included.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    if endpoint == IMPORTED:
        yield from (
            stored for stored in list_all(store, endpoint) if stored.begin <= end and begin <= stored.end
        )
        return
    day, last = (
        (begin.astimezone(KST) - LONGEST_SPAN - HOUR).replace(day=1).date(),
        end.astimezone(KST).date(),
    )
    while day <= last:
        for key in _listed(store, f"{PREFIX}{endpoint}/{day:%Y/%m}/"):
            stored = _about(store, key)
            if stored.begin <= end and begin <= stored.end:
                yield stored
        day = (day + timedelta(days=31)).replace(day=1)


def list_all(store: ObjectStore, endpoint: str) -> Iterator[StoredRequest]:
    """List all responses of an endpoint, in the order of their first hours.

    Imported ones without a row are about no hour, and are skipped.

    Raises:
        FormatChanged: the folder has another object.
        StorageUnavailable, StorageRefused.
    """
    for key in _listed(store, f"{PREFIX}{endpoint}/"):
        if endpoint != IMPORTED or not key.rpartition("/")[2].partition("_")[0].endswith("Z"):
            yield _about(store, key)


def _about(store: ObjectStore, key: str) -> StoredRequest:
    try:
        begin, end, stations, _ = key.rpartition("/")[2].split("_")
        if stations == "all":
            ids = None
        elif "-stations-" in stations:
            params = read_sidecar(store, sidecar_of(key))["params"]
            ids = tuple(map(int, _ids(params["stn"])))
        else:
            ids = tuple(map(int, stations.split("-")))
        return StoredRequest(key, _parse_time(begin), _parse_time(end), ids)
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, FormatChanged):
            raise
        raise FormatChanged(
            f"{store.where(key)}: not the name of a stored response. Move it away."
        ) from error


def _parse_time(label: str) -> datetime:
    """Parse a time in a key: KST, or the time of the fetch in UTC."""
    if label.endswith("Z"):
        return datetime.strptime(label, "%Y%m%d%H%MZ").replace(tzinfo=UTC)
    return from_kst(label)


def sidecar_of(key: str) -> str:
    """Key of the sidecar (JSON) of a response."""
    return key.removesuffix(BODY) + SIDECAR


def _label(response: Response) -> str:
    times = [response.params[name] for name in _TIMES if response.params.get(name)]
    begin = times[0] if times else f"{response.fetched_at:%Y%m%d%H%MZ}"
    end = times[-1] if times else begin
    day = datetime.strptime(begin[:8], "%Y%m%d")  # noqa: DTZ007  only to format the day
    label = f"{day:%Y/%m/%d}/{begin}_{end}_{_stations(response.params.get('stn', ''))}"
    return "_".join([label, *([response.params[VARIABLE]] if VARIABLE in response.params else [])])


def _ids(wire: str) -> list[str]:
    return [station for station in re.split(r"[^0-9]+", wire) if station.strip("0")]


def _stations(wire: str) -> str:
    ids = _ids(wire)
    if not ids:
        return "all"
    if len(ids) <= _MANY:
        return "-".join(ids)
    return f"{len(ids)}-stations-{sha256(wire.encode()).hexdigest()[:6]}"
