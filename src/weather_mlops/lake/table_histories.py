"""The histories of a table in the bucket: its metadata files by UUID, and the newest state of each."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime

from pyiceberg.catalog import Catalog
from pyiceberg.table.metadata import TableMetadata

from weather_mlops.errors import Misconfigured, ObjectDamaged
from weather_mlops.lake.catalog import (
    metadata_number,
)
from weather_mlops.lake.damage import metadata_of, problem_of
from weather_mlops.lake.file_io import S3File, S3FileIO
from weather_mlops.lake.schemas import TableDefinition


@dataclass(frozen=True)
class Candidate:
    """The newest readable state of one history of a table.

    Attributes:
        location: location of its metadata file.
        number: number of that file: commits to the table before it.
        rows: rows of the table.
        written_at: time of the last commit (UTC).
        rivals: other files of the same number. Only one of them won the commit, which isn't recorded.
    """

    location: str
    number: int
    rows: int
    written_at: datetime
    rivals: int

    def __str__(self) -> str:
        return f"{self.location} ({self.rows} rows, last written {self.written_at:%Y-%m-%d %H:%M} UTC)"


@dataclass(frozen=True)
class TableState:
    """A readable metadata file of a table: its number, time of the last write (UTC), and content."""

    file: S3File
    number: int
    modified: datetime
    metadata: TableMetadata


def histories_at(
    catalog: Catalog, definition: TableDefinition, location: str
) -> tuple[dict[str, list[TableState]], list[tuple[S3File, str]]]:
    """Metadata files at a table's location by the table's UUID; and those that can't be read."""
    io = S3FileIO(catalog.properties)
    store, prefix = io.locate(f"{location}/metadata/")
    histories, damaged = defaultdict(list), []
    for entry in store.list(prefix):
        if (number := metadata_number(entry.key)) is None:
            continue
        file = io.new_input(f"{location}/metadata/{entry.key.rpartition('/')[2]}")
        try:
            metadata = metadata_of(file)
        except ObjectDamaged as error:
            damaged.append((file, str(error)))
            continue
        _refuse_foreign(definition, metadata, file, location)
        histories[str(metadata.table_uuid)].append(TableState(file, number, entry.modified, metadata))
    return histories, damaged


def _refuse_foreign(
    definition: TableDefinition, metadata: TableMetadata, file: S3File, location: str
) -> None:
    """Make sure that a state is of this table and was written at this location.

    Raises:
        Misconfigured: it is not.
    """
    names = set(metadata.schema().column_names)
    if lacking := [name for name in definition.sorted_by if name not in names]:
        raise Misconfigured(
            f"{file.location} is of another system: the table has no column {', '.join(lacking)}. Name "
            "another bucket or folder in WEATHER_BUCKET."
        )
    if metadata.location != location:
        raise Misconfigured(
            f"{file.location} was moved or copied here from {metadata.location}: a table names its files by "
            "their full URL. Name that bucket or folder in WEATHER_BUCKET, or move it back. If that is "
            f"impossible, move {location} away; then `make rebuild APPLY=1` rebuilds all rows but the "
            "forecasts from raw."
        )


def newest_readable(
    catalog: Catalog, states: list[TableState], before: str | None, damaged: list[tuple[S3File, str]]
) -> Candidate | None:
    """The newest state whose manifests can be read; of several with its number, that of the catalog."""
    states.sort(key=lambda state: (state.number, state.file.location == before, state.modified), reverse=True)
    io = S3FileIO(catalog.properties)
    for state in states:
        problem = _manifest_problem(io, state)
        if problem is not None:
            damaged.append((state.file, problem))
            continue
        snapshot = state.metadata.current_snapshot()
        summary = snapshot.summary.additional_properties if snapshot and snapshot.summary else {}
        return Candidate(
            state.file.location,
            state.number,
            int(summary.get("total-records", 0)),
            datetime.fromtimestamp(state.metadata.last_updated_ms / 1000, UTC),
            sum(other.number == state.number for other in states) - 1,
        )
    return None


def _manifest_problem(io: S3FileIO, state: TableState) -> str | None:
    """Describe what is wrong with the manifests of a state; None if they can be read."""
    snapshot = state.metadata.current_snapshot()
    if snapshot is None:
        return None
    file = io.new_input(snapshot.manifest_list)
    problem = problem_of(file)
    if problem is None:
        for manifest in snapshot.manifests(io):
            file = io.new_input(manifest.manifest_path)
            if (problem := problem_of(file)) is not None:
                break
    return None if problem is None else f"{file.location} {problem}, which {state.file.location} needs"
