"""Iceberg tags: keep snapshots readable for ever, such as the one that a model was trained on."""

import logging

from pyiceberg.catalog import Catalog
from pyiceberg.table import Table
from pyiceberg.table.refs import SnapshotRefType

from weather_mlops.lake.catalog import commit, existing_snapshot
from weather_mlops.lake.schemas import TableDefinition

log = logging.getLogger(__name__)


def tag(catalog: Catalog, definition: TableDefinition, snapshot_id: int, name: str) -> None:
    """Tag a snapshot, so that it doesn't expire. Idempotent.

    Args:
        catalog: where the table is.
        definition: the table.
        snapshot_id: the snapshot.
        name: name of the tag, such as the model's version.

    Raises:
        SnapshotExpired: the table does not have that snapshot any more.
        ValueError: the name is another snapshot's already, which would lose its protection.
        CommitConflict, StorageUnavailable, StorageRefused.
    """

    def attempt(table: Table) -> None:
        known = table.metadata.refs.get(name)
        if known is None:
            existing_snapshot(table, snapshot_id)
            table.manage_snapshots().create_tag(snapshot_id, name).commit()
        elif (known.snapshot_id, known.snapshot_ref_type) != (snapshot_id, SnapshotRefType.TAG):
            raise ValueError(
                f"{definition.identifier}: {name!r} is a {known.snapshot_ref_type.value} of snapshot "
                f"{known.snapshot_id}, not a tag of {snapshot_id}. Untag it first, or choose another name."
            )

    commit(catalog, definition, attempt)
    log.info("tagged: table=%s snapshot=%d tag=%s", definition.identifier, snapshot_id, name)


def untag(catalog: Catalog, definition: TableDefinition, name: str) -> None:
    """Remove a tag, so that its snapshot can expire. Without such a tag, nothing changes.

    Args:
        catalog: where the table is.
        definition: the table.
        name: name of the tag.

    Raises:
        CommitConflict, StorageUnavailable, StorageRefused.
    """

    def attempt(table: Table) -> None:
        known = table.metadata.refs.get(name)
        if known is not None and known.snapshot_ref_type == SnapshotRefType.TAG:
            table.manage_snapshots().remove_tag(name).commit()

    commit(catalog, definition, attempt)
    log.info("untagged: table=%s tag=%s", definition.identifier, name)
