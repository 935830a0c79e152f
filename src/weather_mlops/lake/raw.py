"""Replies exactly as received, for ever: everything downstream can be rebuilt from them."""

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
"""In the place of an endpoint: replies that others saved."""
BODY: Final = ".txt.gz"
SIDECAR: Final = ".json"
_MANY: Final = 3  # stations named in a key; more are counted
_TIMES: Final = ("tm1", "tm2", "tm")
_PERIOD: Final = re.compile(r"[0-9]{12}_(?P<end>[0-9]{12})_")


@dataclass(frozen=True, slots=True)
class RawResponse:
    """A kept reply: its bytes, and what its sidecar says."""

    key: str
    body: bytes
    about: Mapping[str, Any]

    @property
    def received_at(self) -> datetime:
        """When it was received first."""
        return datetime.fromisoformat(self.about["fetched_at"])


def put_response(store: ObjectStore, reply: Response, row_count: int) -> str:
    """Keep a reply; the same one again is the same object, whose first fetch time stays.

    The sidecar is written last, so that it stands for both: where it is, nothing is written. That costs one
    request for a known reply, and three for a new one.

    Args:
        store: the bucket.
        reply: as the client gave it.
        row_count: how many rows the parser read from it.

    Returns:
        Its key: ``raw/kma/<endpoint>/<YYYY>/<MM>/<DD>/<begin>_<end>_<stations>_<sha12>.txt.gz``, the times in
        KST as in the request, or of the fetch in UTC where the request names none.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    digest = sha256(reply.body).hexdigest()
    key = f"{PREFIX}{reply.endpoint}/{_label(reply)}_{digest[:12]}{BODY}"
    if store.exists(sidecar_of(key)):
        return key
    about = {
        "endpoint": reply.endpoint,
        "params": {
            name: value for name, value in reply.params.items() if name.lower() not in SECRET_PARAMETERS
        },
        "url": reply.url,
        "fetched_at": reply.fetched_at.isoformat(),
        "status": reply.status,
        "sha256": digest,
        "bytes": len(reply.body),
        "rows": row_count,
    }
    store.put(key, igzip.compress(reply.body, mtime=0), "application/gzip")
    store.put(sidecar_of(key), json.dumps(about, ensure_ascii=False, indent=1).encode(), "application/json")
    return key


def read_response(store: ObjectStore, key: str) -> RawResponse:
    """A kept reply, its bytes checked against its sidecar.

    Raises:
        FileNotFoundError: it, or its sidecar, is not there.
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
    """What is kept with a reply.

    Raises:
        FileNotFoundError: there is no such object.
        FormatChanged: it is damaged.
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
    """Keys of the kept replies of an endpoint, in order of their hours; those that are whole (with sidecar).

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
    """Of replies whose period begins on a day (KST): the last hour asked for, and when they were kept (UTC).

    What lies there and is no reply is passed over: a rebuilding names it.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    for entry in store.list(f"{PREFIX}{endpoint}/{day:%Y/%m/%d}/"):
        name = entry.key.rpartition("/")[2]
        if entry.key.endswith(SIDECAR) and (period := _PERIOD.match(name)):
            yield from_kst(period["end"]), entry.modified


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """What a kept reply was asked for, by its key: a period, both ends included (UTC), and stations.

    ``stations`` is None for all of them.
    """

    key: str
    begin: datetime
    end: datetime
    stations: tuple[int, ...] | None


def list_about(store: ObjectStore, endpoint: str, begin: datetime, end: datetime) -> Iterator[StoredRequest]:
    """Kept replies that were asked for hours of a period, in the order of their first hours.

    The API is never asked for longer spans than LONGEST_SPAN; imported replies may be of any length.

    Args:
        store: the bucket.
        endpoint: such as ``kma_sfctm3``.
        begin: first hour, timezone-aware.
        end: last hour, included.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    if endpoint == IMPORTED:
        yield from (kept for kept in list_all(store, endpoint) if kept.begin <= end and begin <= kept.end)
        return
    day, last = (
        (begin.astimezone(KST) - LONGEST_SPAN - HOUR).replace(day=1).date(),
        end.astimezone(KST).date(),
    )
    while day <= last:
        for key in _listed(store, f"{PREFIX}{endpoint}/{day:%Y/%m}/"):
            kept = _about(store, key)
            if kept.begin <= end and begin <= kept.end:
                yield kept
        day = (day + timedelta(days=31)).replace(day=1)


def list_all(store: ObjectStore, endpoint: str) -> Iterator[StoredRequest]:
    """All kept replies of an endpoint, in the order of their first hours.

    Imported ones without a row are about no hour, and left out.

    Raises:
        FormatChanged: something else lies there.
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
        raise FormatChanged(f"{store.where(key)}: no name of a kept reply. Move it away.") from error


def _parse_time(label: str) -> datetime:
    """A time in a key: KST, or UTC of the fetch."""
    if label.endswith("Z"):
        return datetime.strptime(label, "%Y%m%d%H%MZ").replace(tzinfo=UTC)
    return from_kst(label)


def sidecar_of(key: str) -> str:
    """Key of the JSON beside a reply."""
    return key.removesuffix(BODY) + SIDECAR


def _label(reply: Response) -> str:
    times = [reply.params[name] for name in _TIMES if reply.params.get(name)]
    begin = times[0] if times else f"{reply.fetched_at:%Y%m%d%H%MZ}"
    end = times[-1] if times else begin
    day = datetime.strptime(begin[:8], "%Y%m%d")  # noqa: DTZ007  a day of the wire, only to spell it
    return f"{day:%Y/%m/%d}/{begin}_{end}_{_stations(reply.params.get('stn', ''))}"


def _ids(wire: str) -> list[str]:
    return [station for station in re.split(r"[^0-9]+", wire) if station.strip("0")]


def _stations(wire: str) -> str:
    ids = _ids(wire)
    if not ids:
        return "all"
    if len(ids) <= _MANY:
        return "-".join(ids)
    return f"{len(ids)}-stations-{sha256(wire.encode()).hexdigest()[:6]}"
