"""Removal of objects, models, snapshots and logs whose retention period is over.

Never removed: ``raw/``, files that the tables refer to, snapshots that a stored model was trained on, models
that are or were champion, the newest report, records of decisions. Only objects whose whole key matches a
pattern can be removed.
"""

import logging
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from pyiceberg.catalog import Catalog
from pyiceberg.table.refs import SnapshotRefType

from weather_mlops.errors import WeatherError
from weather_mlops.lake import maintenance, orphan_files
from weather_mlops.lake.catalog import open_table
from weather_mlops.lake.object_store import ObjectStore, StoredObject
from weather_mlops.lake.schemas import KMA_FORECASTS, OBSERVATIONS, TABLES, TableDefinition
from weather_mlops.lake.tags import untag
from weather_mlops.model.registry import Registry
from weather_mlops.model.versions import MANIFEST
from weather_mlops.monitoring.cleanup_record import Removed
from weather_mlops.monitoring.retention import Keep

log = logging.getLogger(__name__)

_DATED: Final = r"\d{4}/\d\d/\d\d/[^/]+"
OBJECTS: Final = {
    "reports": ("reports/monitoring/", rf"reports/monitoring/{_DATED}"),
    "validations": ("quality/validations/", rf"quality/validations/{_DATED}"),
    "forecast validations": ("quality/forecast_validations/", rf"quality/forecast_validations/{_DATED}"),
    "data docs": ("quality/docs/", rf"quality/docs/{_DATED}"),
    "ledger of calls": ("calls/", r"calls/(kma|data_go_kr)/\d{4}-\d\d-\d\d/[^/]+"),
}
"""Kinds of dated objects: prefix to list, and pattern of the whole key."""
STAGING: Final = "staging/"
MODELS: Final = "models/"
TAG: Final = "model-"
LEARNED_FROM: Final = (OBSERVATIONS, KMA_FORECASTS)
"""Tables of which a training tags the snapshots that it reads."""
LOG: Final = ".log"


@dataclass(frozen=True)
class Cleanup:
    """One cleanup.

    Attributes:
        store: the bucket.
        catalog: catalog of the tables.
        logs: folder of Airflow's log files on this machine.
        keep: retention periods.
        now: the time (UTC).
        dry_run: whether to count only, and remove nothing.
    """

    store: ObjectStore
    catalog: Catalog
    logs: Path
    keep: Keep
    now: datetime
    dry_run: bool = False

    def run(self) -> Removed:
        """Clean up each kind; a kind that fails doesn't stop the others."""
        done = Removed()
        keep = self.keep
        quality = (keep.quality_days, keep.quality_days, keep.quality_days)
        days = (keep.reports_days, *quality, keep.calls_days)
        work: dict[str, Callable[[Removed], None]] = {
            "staging": self._staging,
            **{
                kind: partial(self._dated, kind=kind, days=age)
                for kind, age in zip(OBJECTS, days, strict=True)
            },
            "models": self._models,
            **{f"table {table.name}": partial(self._table, definition=table) for table in TABLES},
            "logs": self._logs,
        }
        for kind, clean in work.items():
            try:
                clean(done)
            except WeatherError as error:
                log.warning("cleanup: %s: %s", kind, error)
                done.failed[kind] = error
        log.info("cleanup: dry_run=%s %s", self.dry_run, done.as_dict())
        return done

    def _before(self, days: float) -> datetime:
        return self.now - timedelta(days=days)

    def _remove(self, done: Removed, kind: str, entries: Iterable[StoredObject]) -> None:
        chosen = list(entries)
        if chosen and not self.dry_run:
            self.store.delete(*(entry.key for entry in chosen))
        done.add(kind, len(chosen), sum(entry.size for entry in chosen))

    def _staging(self, done: Removed) -> None:
        """Remove runs without recent writes, as a whole: a newer batch needs the older ones of its run."""
        before = self._before(self.keep.staging_days)
        for entries in _folders(self.store, STAGING, depth=1).values():
            if max(entry.modified for entry in entries) < before:
                self._remove(done, "staging", entries)

    def _dated(self, done: Removed, kind: str, days: float) -> None:
        prefix, pattern = OBJECTS[kind]
        old = (entry for entry in self.store.list(prefix) if entry.modified < self._before(days))
        self._remove(done, kind, [entry for entry in old if re.fullmatch(pattern, entry.key)])

    def _models(self, done: Removed) -> None:
        """Remove versions that were never champion; then tags of snapshots that no model needs."""
        versions = _folders(self.store, MODELS, depth=3)
        before, remaining = self._before(self.keep.refused_models_days), set[str]()
        protected: dict[str, set[str]] = {}
        for (target, folder, version), entries in versions.items():
            if folder != "versions":
                continue
            if target not in protected:
                protected[target] = champions(Registry(self.store, target))
            if version in protected[target] or max(entry.modified for entry in entries) >= before:
                remaining.add(version)
                continue
            # The manifest first: if the task is killed in between, the remaining files are no version.
            for is_manifest in (True, False):
                files = [entry for entry in entries if entry.key.endswith(f"/{MANIFEST}") is is_manifest]
                self._remove(done, "files of models", files)
            done.models.append(f"{target}/{version}")
        for definition in LEARNED_FROM:
            self._tags(done, definition, remaining, before)

    def _tags(self, done: Removed, definition: TableDefinition, versions: set[str], before: datetime) -> None:
        metadata = open_table(self.catalog, definition).metadata
        created = {snapshot.snapshot_id: snapshot.timestamp_ms / 1000 for snapshot in metadata.snapshots}
        for name, reference in metadata.refs.items():
            # A training sets its tag before it writes any file: so only tags of old snapshots are removed.
            old = created.get(reference.snapshot_id, before.timestamp()) < before.timestamp()
            ours = reference.snapshot_ref_type == SnapshotRefType.TAG and name.startswith(TAG)
            if ours and old and name.removeprefix(TAG) not in versions:
                if not self.dry_run:
                    untag(self.catalog, definition, name)
                done.add("tags", 1)

    def _table(self, done: Removed, definition: TableDefinition) -> None:
        snapshots, files = self._before(self.keep.snapshot_days), self._before(self.keep.orphan_days)
        table = open_table(self.catalog, definition)
        if self.dry_run:
            done.add("months compacted", len(maintenance.crowded(table)))
            done.add("snapshots", len(maintenance.stale(table, snapshots)))
        else:
            done.add("months compacted", maintenance.compact(self.catalog, definition))
            done.add("snapshots", maintenance.expire(self.catalog, definition, before=snapshots))
        orphans = orphan_files.orphans(self.catalog, definition, older_than=files)
        inside = self.store.access.prefix  # the table's keys include the prefix, the store's don't
        relative = [entry._replace(key=entry.key.removeprefix(inside)) for entry in orphans]
        self._remove(done, "orphan files", relative)

    def _logs(self, done: Removed) -> None:
        before = self._before(self.keep.logs_days).timestamp()
        for file in list(_log_files(self.logs)):
            stat = file.stat()
            if stat.st_mtime < before:
                done.add("log files", 1, stat.st_size)
                if not self.dry_run:
                    file.unlink()
        if not self.dry_run:
            _remove_empty(self.logs, before)


def champions(registry: Registry) -> set[str]:
    """Return the versions that are or were champion.

    Raises:
        ModelUnusable: the pointer or a decision is damaged, so that no version may be removed.
        StorageUnavailable, StorageRefused.
    """
    champion, decisions = registry.champion(), registry.decisions()
    deployed = [each for each in [*decisions, *([champion] if champion else [])] if each.kind != "refused"]
    previous = {each.previous for each in [*decisions, *deployed] if each.previous}
    return {each.version for each in deployed} | previous


def _folders(store: ObjectStore, prefix: str, depth: int) -> dict[tuple[str, ...], list[StoredObject]]:
    """Group the objects under a prefix by their folders, down to a depth."""
    folders = defaultdict[tuple[str, ...], list[StoredObject]](list)
    for entry in store.list(prefix):
        names = entry.key.removeprefix(prefix).split("/")
        if len(names) > depth:
            folders[tuple(names[:depth])].append(entry)
    return dict(folders)


def _log_files(folder: Path) -> Iterator[Path]:
    """List the log files below a folder, and no other files."""
    for file in folder.rglob(f"*{LOG}*"):
        if LOG in file.suffixes and file.is_file() and not file.is_symlink():
            yield file


def _remove_empty(folder: Path, before: float) -> None:
    """Remove empty folders that were not changed recently: a new run may be about to write to its folder."""
    for path in sorted(folder.rglob("*"), key=lambda path: len(path.parts), reverse=True):
        if (
            path.is_dir()
            and not path.is_symlink()
            and path.stat().st_mtime < before
            and not any(path.iterdir())
        ):
            path.rmdir()
