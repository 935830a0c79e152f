"""Store several responses about one issue of the KMA's forecast in one object, for ever.

Their bytes, exactly as received, stand one after another, and the sidecar of the object says where each
begins and what was requested, without the key.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

from isal import igzip
from typing_extensions import TypedDict

from weather_mlops.clock import KST
from weather_mlops.errors import ObjectDamaged
from weather_mlops.kma.client import Response
from weather_mlops.lake.documents import MomentText
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.raw import BODY, PREFIX, sidecar_of

_TIME: Final = "%Y%m%d%H%M"


class Part(TypedDict):
    """What the sidecar says of every response; each kind of object adds keys of its own."""

    params: dict[str, str]
    url: str
    status: int
    fetched_at: MomentText
    offset: int
    bytes: int


def put_parts(  # noqa: PLR0913  keyword only: what the key and the sidecar say
    store: ObjectStore,
    endpoint: str,
    responses: Sequence[tuple[Response, Mapping[str, object]]],
    *,
    issued_at: datetime,
    label: str,
    about: Mapping[str, object],
) -> str:
    """Store responses about an issue; storing the same ones again changes nothing.

    Args:
        store: the bucket.
        endpoint: that all of them come from.
        responses: at least one, each with what its part of the sidecar has next to the keys of Part.
        issued_at: the issue, timezone-aware.
        label: what they are about, for the key.
        about: further keys of the sidecar.

    Returns:
        The key: ``raw/kma/<endpoint>/<YYYY>/<MM>/<DD>/<issue>_<issue>_<label>_<sha12>.txt.gz``, in KST.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    body = b"".join(response.body for response, _ in responses)
    digest = sha256(body).hexdigest()
    local = issued_at.astimezone(KST)
    name = f"{local:%Y/%m/%d}/{local:{_TIME}}_{local:{_TIME}}_{label}_{digest[:12]}"
    key = f"{PREFIX}{endpoint}/{name}{BODY}"
    # Written last, so where it is, both are.
    if store.exists(sidecar_of(key)):
        return key
    sidecar = {
        "endpoint": endpoint,
        "issued_at": issued_at.isoformat(),
        "fetched_at": max(response.fetched_at for response, _ in responses).isoformat(),
        "sha256": digest,
        "bytes": len(body),
        **about,
        "parts": _parts(responses),
    }
    store.put(key, igzip.compress(body, mtime=0), "application/gzip")
    store.put(sidecar_of(key), json.dumps(sidecar, ensure_ascii=False).encode(), "application/json")
    return key


def _parts(responses: Sequence[tuple[Response, Mapping[str, object]]]) -> list[dict[str, object]]:
    parts = []
    offset = 0
    for response, extra in responses:
        part: Part = {
            "params": dict(response.params),
            "url": response.url,
            "status": response.status,
            "fetched_at": response.fetched_at.isoformat(),
            "offset": offset,
            "bytes": len(response.body),
        }
        parts.append({**extra, **part})
        offset += len(response.body)
    return parts


def response_of(part: Part, body: bytes, endpoint: str, where: str) -> Response:
    """Return the response that a part of a sidecar is about.

    Args:
        part: of the sidecar.
        body: of the object.
        endpoint: that the responses come from.
        where: the object, for the message.

    Raises:
        ObjectDamaged: the object ends before the response does.
    """
    own = body[part["offset"] : part["offset"] + part["bytes"]]
    if len(own) != part["bytes"]:
        raise ObjectDamaged(f"{where}: a part is not in the object. Restore it.")
    received_at = datetime.fromisoformat(part["fetched_at"])
    return Response(endpoint, part["params"], part["url"], part["status"], received_at, own)
