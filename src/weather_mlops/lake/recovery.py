"""The catalog after a disaster: tables are taken up again at the newest state that the bucket holds.

A catalog is one pointer per table, to a metadata file. One that was restored from yesterday's backup points
to yesterday, though all files since are on S3; one that was lost points to nothing.
"""

import contextlib
import logging
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NamespaceAlreadyExistsError, NoSuchTableError

from weather_mlops.lake.catalog import place
from weather_mlops.lake.schemas import TABLES, TableDefinition
from weather_mlops.lake.store import ObjectStore, StoredObject, storage_errors

log = logging.getLogger(__name__)

_METADATA: Final = re.compile(r"(\d+)-[0-9a-f-]{36}\.metadata\.json")


@dataclass(frozen=True)
class TakenUp:
    """A table whose pointer was moved.

    Attributes:
        table: its name.
        before: the metadata file that the catalog named; None where it had no such table.
        after: the one that it names now.
        rivals: other files of the same number, which lost a commit or won it: which, nothing tells any more.
    """

    table: str
    before: str | None
    after: str
    rivals: int


def take_up(catalog: Catalog, store: ObjectStore) -> list[TakenUp]:
    """Point the catalog to the newest metadata file of each table. Nothing else may write meanwhile.

    Done again it changes nothing; killed, it is done again before anything writes.

    Args:
        catalog: where the tables are, or should be.
        store: the bucket.

    Returns:
        The tables that were behind, or missing.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    moved = [_taken_up(catalog, store, definition) for definition in TABLES]
    return [table for table in moved if table is not None]


def _taken_up(catalog: Catalog, store: ObjectStore, definition: TableDefinition) -> TakenUp | None:
    with storage_errors(f"table {definition.identifier}"):
        try:
            table = catalog.load_table(definition.identifier)
            before, prefix = table.metadata_location, urlsplit(table.location()).path.lstrip("/")
        except NoSuchTableError:
            before, prefix = None, f"warehouse/{place(definition)}"
    newest = _newest(store, f"{prefix}/metadata/")
    if newest is None or (before is not None and _number(newest[0].key) <= _number(before)):
        return None
    after = f"s3://{store.access.bucket}/{newest[0].key}"
    with storage_errors(f"table {definition.identifier}"):
        if before is not None:
            catalog.drop_table(definition.identifier)  # of the pointer only; no file is touched
        with contextlib.suppress(NamespaceAlreadyExistsError):
            catalog.create_namespace(definition.namespace)
        catalog.register_table(definition.identifier, after)
    log.info("taken up: table=%s before=%s after=%s", definition.identifier, before, after)
    return TakenUp(definition.identifier, before, after, newest[1])


def _newest(store: ObjectStore, prefix: str) -> tuple[StoredObject, int] | None:
    files = [entry for entry in store.list(prefix) if _METADATA.fullmatch(entry.key.rpartition("/")[2])]
    if not files:
        return None
    newest = max(files, key=lambda entry: (_number(entry.key), entry.modified))
    return newest, sum(_number(entry.key) == _number(newest.key) for entry in files) - 1


def _number(location: str) -> int:
    match = _METADATA.fullmatch(location.rpartition("/")[2])
    return int(match[1]) if match else -1
