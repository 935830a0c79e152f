"""Import files of observations and of the KMA's forecast: store them in raw, audit and publish them.

Rows that passed the KMA's quality control are imported last, whatever the order of the files: they correct
rows of the API. A file that was imported before keeps its first arrival time, by which a rebuild orders the
files: it fills what the table lacks, and replaces nothing that arrived later.

Forecasts go to a table of their own: ``kma_forecast.importer``.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog

from weather_mlops.clock import EPOCH
from weather_mlops.errors import FileRefused, FormatChanged
from weather_mlops.ingest import quality_days
from weather_mlops.ingest.history.plan import ROWS_PER_PART
from weather_mlops.ingest.kma_forecast.importer import ForecastImport, LineCounts
from weather_mlops.ingest.response_replay import ResponseRows, audits, themselves
from weather_mlops.kma import wire
from weather_mlops.kma.client import Response
from weather_mlops.kma.endpoints import kst
from weather_mlops.lake import raw
from weather_mlops.lake.catalog import open_table
from weather_mlops.lake.keys import isin, keys_of
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.publish import publish_audited
from weather_mlops.lake.scan import rows_of
from weather_mlops.lake.schemas import KEY, OBSERVATIONS, OBSERVATIONS_SCHEMA
from weather_mlops.lake.storage_errors import storage_errors
from weather_mlops.quality import audit, docs
from weather_mlops.sources.reading import ForecastSource, Source, sources

log = logging.getLogger(__name__)

RAW_KEY: Final = "raw_key"


@dataclass
class Imported:
    """Result of an import; arrived = published + equal + quarantined + unreadable.

    It counts rows of observations, and lines of forecasts, each of which has one value.

    Attributes:
        files: imported files; each file of a zip counts.
        refused: files without observations or forecasts, or damaged ones.
        arrived: rows and unreadable lines.
        published: rows that are new in the table, or replaced in it.
        corrected: published rows that replaced one of the table.
        equal: rows that the table, or another row of the import, equals already; lines of a forecast that
            say "missing".
        quarantined: rows that a critical rule refused.
        unreadable: lines that couldn't be read.
    """

    files: int = 0
    refused: int = 0
    arrived: int = 0
    published: int = 0
    corrected: int = 0
    equal: int = 0
    quarantined: int = 0
    unreadable: int = 0

    def add(self, lines: LineCounts) -> None:
        """Add lines of forecasts."""
        for name, count in asdict(lines).items():
            setattr(self, name, getattr(self, name) + count)

    def __str__(self) -> str:
        return "imported: " + " ".join(f"{name}={count}" for name, count in asdict(self).items())


def import_files(  # noqa: PLR0913  what a user can say
    files: Iterable[Path],
    *,
    store: ObjectStore,
    catalog: Catalog,
    suites_dir: Path,
    clock: Callable[[], datetime],
    station: str = "",
) -> Imported:
    """Import files of observations or forecasts; importing the same files again changes nothing.

    They may be plain, gzipped or in a zip, of the API Hub (kma_sfctm2/3), of the portal (hourly ASOS CSV,
    short-term forecast) or of data.go.kr (getWthrDataList). Any other file is refused, with a line in the log
    that says what it is; nothing of it is stored, and the other files are imported.

    Args:
        files: paths.
        store: the bucket.
        catalog: of the tables.
        suites_dir: folder of the suites.
        clock: the time now, UTC.
        station: id or name of the station that all forecasts are for; empty for those in their cells.

    Raises:
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    forecasts = ForecastImport(store, catalog, suites_dir, clock, station)
    work = _Work(store, catalog, suites_dir, clock, forecasts)
    paths = list(files)
    correcting = work.take_in(paths, corrects=False)
    work.take_in(correcting, corrects=True)
    return work.done


@dataclass
class _Work:
    """An import; rows are published in groups, so that only one group is in memory."""

    store: ObjectStore
    catalog: Catalog
    suites_dir: Path
    clock: Callable[[], datetime]
    forecasts: ForecastImport
    done: Imported = field(default_factory=Imported)
    group: list[tuple[str, wire.Parsed]] = field(default_factory=list)
    arrivals: dict[str, datetime] = field(default_factory=dict)

    def take_in(self, paths: Iterable[Path], *, corrects: bool) -> list[Path]:
        """Import the sources that correct, or those that don't; return the paths that hold others as well.

        A file may be read in two passes: only the first one counts what is refused.
        """
        others = []
        for path in paths:
            for name, source in sources(path):
                if isinstance(source, FileRefused):
                    if not corrects:
                        self._refuse(name, source)
                elif isinstance(source, ForecastSource):
                    if not corrects:
                        self._forecast(name, source)
                elif source.format.corrects is corrects:
                    self._one(name, source)
                elif path not in others:
                    others.append(path)
        self._publish()
        self.done.add(self.forecasts.publish())
        return others

    def _forecast(self, name: str, source: ForecastSource) -> None:
        try:
            self.done.add(self.forecasts.add(source))
            self.done.files += 1
        except FileRefused as refused:
            self._refuse(name, refused)

    def _one(self, name: str, source: Source) -> None:
        now = self.clock()
        try:
            parsed = source.parsed(now)
        except FileRefused as refused:
            self._refuse(name, refused)
            return
        key = raw.put_response(self.store, _response(source, parsed, now), parsed.rows.num_rows)
        self.done.files += 1
        rejected, rows = parsed.rejected.num_rows, parsed.rows.num_rows
        if (arrival := self._arrival(key)) < now:
            parsed = self._without_superseded(key, parsed, arrival)
        if sum(each.rows.num_rows for _, each in self.group) + parsed.rows.num_rows > ROWS_PER_PART:
            self._publish()
        self.group.append((key, parsed))
        log.info("import: %s: %s, rows=%d unreadable=%d", name, source, rows, rejected)

    def _without_superseded(self, key: str, parsed: wire.Parsed, arrival: datetime) -> wire.Parsed:
        """Drop rows of a file that was imported before, where the table has rows that arrived later."""
        rows = parsed.rows
        with storage_errors(f"table {OBSERVATIONS.identifier}"):
            table = open_table(self.catalog, OBSERVATIONS)
            current = rows_of(table, rows.select(KEY), OBSERVATIONS.select(*KEY, RAW_KEY))
        later = [
            each for each in pc.unique(current[RAW_KEY]).to_pylist()
            if each != key and self._arrival(each) > arrival
        ]  # fmt: skip
        newer = current.filter(pc.is_in(current[RAW_KEY], pa.array(later, pa.string())))
        superseded = isin(keys_of(rows), keys_of(newer))
        count = int(superseded.sum())
        self.done.arrived += count
        self.done.equal += count
        return replace(parsed, rows=rows.filter(pa.array(~superseded)))

    def _arrival(self, key: str) -> datetime:
        """When a raw file first arrived; EPOCH where that isn't known any more."""
        if key not in self.arrivals:
            try:
                about = raw.read_sidecar(self.store, raw.sidecar_of(key))
                self.arrivals[key] = datetime.fromisoformat(about["fetched_at"])
            except (FileNotFoundError, FormatChanged):
                self.arrivals[key] = EPOCH
        return self.arrivals[key]

    def _refuse(self, name: str, refused: FileRefused) -> None:
        self.done.refused += 1
        log.error("import: refused: %s: %s", name, refused)

    def _publish(self) -> None:
        group, self.group = self.group, []
        if not group:
            return
        done, now = self.done, self.clock()
        responses = ResponseRows.of(group)
        expected = themselves(responses.rows)
        run = f"import/{now:%Y-%m-%dT%H:%M:%S.%fZ}"
        done.arrived += responses.rows.num_rows + responses.rejected.num_rows
        done.unreadable += responses.rejected.num_rows
        for audited_version in self._audits(responses, expected, now, run):
            docs.publish(self.store, audited_version)
            audited = audit.staged_batch(audited_version, {"expected": expected})
            result = publish_audited(self.catalog, audited, run=run, now=now).as_dict()
            quality_days.rebuild(self.store, self.catalog, expected, now)
            done.published += result["inserted"] + result["corrected"]
            done.corrected += result["corrected"]
            done.equal += result["equal"]
            done.quarantined += audited_version.quarantined["station_id"].drop_null().length()
        log.debug("import: files=%d of this group, so far %s", len(group), done)

    def _audits(
        self, responses: ResponseRows, expected: pa.Table, now: datetime, run: str
    ) -> Iterator[audit.Audit]:
        current = OBSERVATIONS_SCHEMA.empty_table()
        if responses.partial:
            with storage_errors(f"table {OBSERVATIONS.identifier}"):
                table = open_table(self.catalog, OBSERVATIONS)
                current = rows_of(table, expected, OBSERVATIONS_SCHEMA)
        return audits(
            responses, expected, suites_dir=self.suites_dir, audited_at=now, run=run, current=current
        )


def _response(source: Source, parsed: wire.Parsed, now: datetime) -> Response:
    """A response whose request isn't known: stored by the hours and stations of its rows."""
    rows, name = parsed.rows, source.name.rpartition("/")[2]
    params = {"file": name, **source.notes}
    if rows.num_rows:
        span = pc.min_max(rows["observed_at"]).as_py()
        stations: Sequence[int] = sorted(pc.unique(rows["station_id"]).to_pylist())
        params |= {"tm1": kst(span["min"]), "tm2": kst(span["max"]), "stn": ":".join(map(str, stations))}
    return Response(raw.IMPORTED, params, f"file:{name}", 0, now, source.body)
