"""Replies that others saved: taken in as raw, audited, published."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import pyarrow.compute as pc
from pyiceberg.catalog import Catalog

from weather_mlops.errors import FormatChanged, KmaMaintenance, ReplyCutOff
from weather_mlops.history.plan import ROWS_PER_PART
from weather_mlops.kma import wire
from weather_mlops.kma.client import Reply
from weather_mlops.kma.endpoints import kst
from weather_mlops.lake import raw
from weather_mlops.lake.publish import publish_audited
from weather_mlops.lake.store import ObjectStore
from weather_mlops.quality import audit, docs
from weather_mlops.replies import Replies, audits, themselves

log = logging.getLogger(__name__)


@dataclass
class Imported:
    """What came of an import, in rows; arrived = published + equal + quarantined + unreadable.

    Attributes:
        files: that were taken in.
        refused: files that are no replies, each with the reason.
        arrived: rows and unreadable lines.
        published: new in the table, or replaced in it.
        equal: the table says the same, or another row of the import does.
        quarantined: refused by a critical rule.
        unreadable: lines that couldn't be read.
    """

    files: int = 0
    refused: int = 0
    arrived: int = 0
    published: int = 0
    equal: int = 0
    quarantined: int = 0
    unreadable: int = 0

    def __str__(self) -> str:
        return "imported: " + " ".join(f"{name}={count}" for name, count in asdict(self).items())


def import_files(
    files: Iterable[Path],
    *,
    store: ObjectStore,
    catalog: Catalog,
    suites_dir: Path,
    clock: Callable[[], datetime],
) -> Imported:
    """Take in files in the wire format, gzipped or not; the same files again change nothing.

    A file that is no reply is refused, with a line that says why; the others are taken in.

    Args:
        files: paths.
        store: the bucket.
        catalog: of the tables.
        suites_dir: folder of the suites.
        clock: the time now, UTC.

    Raises:
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    done = Imported()
    group: list[tuple[str, wire.Parsed]] = []
    for path in files:
        try:
            body = wire.unpacked(path.read_bytes())
            parsed = wire.parse(body)
        except (ReplyCutOff, KmaMaintenance, FormatChanged, OSError, EOFError) as error:
            done.refused += 1
            log.error("import: refused: %s: %s", path, error)  # noqa: TRY400  the message is all that helps
            continue
        key = raw.put_reply(store, _reply(path, body, parsed, clock()), parsed.rows.num_rows)
        done.files += 1
        if group and sum(each.rows.num_rows for _, each in group) + parsed.rows.num_rows > ROWS_PER_PART:
            _publish(group, done, store=store, catalog=catalog, suites_dir=suites_dir, now=clock())
            group = []
        group.append((key, parsed))
    if group:
        _publish(group, done, store=store, catalog=catalog, suites_dir=suites_dir, now=clock())
    return done


def _publish(  # noqa: PLR0913  what it needs to know
    group: Sequence[tuple[str, wire.Parsed]],
    done: Imported,
    *,
    store: ObjectStore,
    catalog: Catalog,
    suites_dir: Path,
    now: datetime,
) -> None:
    replies = Replies.of(group)
    expected = themselves(replies.rows)
    run = f"import/{now:%Y-%m-%dT%H:%M:%S.%fZ}"
    done.arrived += replies.rows.num_rows + replies.rejected.num_rows
    done.unreadable += replies.rejected.num_rows
    for found in audits(replies, expected, suites_dir=suites_dir, audited_at=now, run=run):
        docs.publish(store, found)
        audited = audit.parcel(found, {"expected": expected})
        result = publish_audited(catalog, audited, run=run, now=now).as_dict()
        done.published += result["inserted"] + result["corrected"]
        done.equal += result["equal"]
        done.quarantined += found.quarantined["station_id"].drop_null().length()
    log.info("import: files=%d of this group, so far %s", len(group), done)


def _reply(path: Path, body: bytes, parsed: wire.Parsed, now: datetime) -> Reply:
    """A reply whose request isn't known: it is put under the hours and stations that it tells of."""
    rows = parsed.rows
    params = {"file": path.name}
    if rows.num_rows:
        span = pc.min_max(rows["observed_at"]).as_py()
        stations = sorted(pc.unique(rows["station_id"]).to_pylist())
        params |= {"tm1": kst(span["min"]), "tm2": kst(span["max"]), "stn": ":".join(map(str, stations))}
    return Reply(raw.IMPORTED, params, f"file:{path.name}", 0, now, body)
