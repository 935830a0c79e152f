"""Passes sections and the report between the tasks of a monitoring run: on S3, or on this machine without S3.

People need the report most when S3 is down. Objects that S3 doesn't accept are written to a local folder,
where tasks on the same machine can read them.
"""

import json
import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from typing_extensions import TypedDict

from weather_mlops import limits
from weather_mlops.errors import ObjectDamaged, StorageRefused, StorageUnavailable, WeatherError
from weather_mlops.lake import documents
from weather_mlops.lake.object_store import ObjectStore, StoredObject
from weather_mlops.lake.staging import Staging
from weather_mlops.limits import Limit
from weather_mlops.monitoring import report
from weather_mlops.monitoring.checks import OPTIONAL, SECTIONS, Missing, Section, Status

log = logging.getLogger(__name__)

REPORTS: Final = "spare-reports"
FIX: Final = "Clear the task that measured it."


@dataclass(frozen=True)
class _SectionFile:
    run: str
    section: Section


class ReportSummary(TypedDict, total=False):
    """The report as the XCom of its task: keys on S3, or without S3 the path of the file.

    Attributes:
        verdict: verdict over all sections.
        reasons: reasons for it, one sentence each.
        missing: figures that could not be measured.
        report_key: key of the page.
        report_json_key: key of the JSON.
        latest_key: key of the latest page.
        report_file: path of the page on this machine.
        report_not_stored: why it is not on S3.
    """

    verdict: str
    reasons: list[str]
    missing: list[str]
    report_key: str
    report_json_key: str
    latest_key: str
    report_file: str
    report_not_stored: str


@dataclass(frozen=True)
class SectionStore:
    """Stores the sections of one run.

    Attributes:
        store: the bucket.
        run: unique name of the run.
        spare: local folder for sections that S3 doesn't accept.
    """

    store: ObjectStore
    run: str
    spare: Path

    def write(self, section: Section) -> dict[str, int | list[str]]:
        """Store a section, and return the XCom of the task: its checks, breaches and missing figures.

        Raises:
            OSError: it could be stored neither on S3 nor on this machine.
        """
        try:
            Staging(self.store, self.run).write(section.name, {}, section.as_dict())
        except WeatherError as error:
            log.warning("section %s is stored in %s only: %s", section.name, self.spare, error)
            self.spare.mkdir(parents=True, exist_ok=True)
            body = json.dumps({"run": self.run, "section": section.as_dict()}, ensure_ascii=False)
            self._file(section.name).write_text(body)
        breaches = [check.problem for check in section.checks if check.status is Status.BREACH]
        return {
            f"{section.name}_checks": len(section.checks),
            f"{section.name}_breaches": breaches,
            f"{section.name}_missing": [gap.what for gap in section.missing],
        }

    def read(self, reasons: Mapping[str, str]) -> list[Section]:
        """Read all sections; a section that was not stored is missing as a whole.

        Args:
            reasons: why a section may not have been stored, by its name. An optional section that has none is
                left out: its task is not in the pipeline.
        """
        stored = {name: self._section(name) for name in SECTIONS}
        return [
            section or _missing(name, reasons)
            for name, section in stored.items()
            if section or name in reasons or name not in OPTIONAL
        ]

    def _section(self, name: str) -> Section | None:
        try:
            notes = Staging(self.store, self.run).read(name).notes
            return documents.check(notes, Section, f"section {name} of {self.run}", FIX)
        except FileNotFoundError:
            log.info("section %s is not staged", name)
        except WeatherError as error:
            log.warning("section %s: %s", name, error)
        file = self._file(name)
        try:
            stored = documents.parse(file.read_bytes(), _SectionFile, str(file), FIX)
        except FileNotFoundError:
            return None
        except ObjectDamaged as error:
            log.warning("section %s: %s", name, error)
            return None
        return stored.section if stored.run == self.run else None

    def _file(self, name: str) -> Path:
        return self.spare / f"{name}.json"


def publish(
    section_store: SectionStore, sections: Sequence[Section], *, now: datetime, language: str, runbook: str
) -> ReportSummary:
    """Write the report to S3, or to this machine if S3 doesn't accept it.

    Args:
        section_store: store of the run.
        sections: sections of the run.
        now: the time (UTC).
        language: language of the report.
        runbook: URL of the runbook.

    Raises:
        OSError: it could be written neither to S3 nor to this machine.
    """

    def publish_to(store: ObjectStore) -> report.PublishedReport:
        return report.publish(
            store, sections, now=now, language=language, run=section_store.run, runbook=runbook
        )

    where: ReportSummary
    try:
        published = publish_to(section_store.store)
    except (StorageUnavailable, StorageRefused) as error:
        folder = section_store.spare / REPORTS
        shutil.rmtree(folder, ignore_errors=True)
        published = publish_to(FolderStore(folder))
        log.warning("report: stored in %s only: %s", folder / published.html_key, error)
        where = {"report_file": str(folder / published.html_key), "report_not_stored": str(error)}
    else:
        where = {
            "report_key": published.html_key,
            "report_json_key": published.json_key,
            "latest_key": report.LATEST_HTML,
        }
    return {
        "verdict": str(published.verdict),
        "reasons": list(published.reasons),
        "missing": [f"{section.name}: {gap.what}" for section in sections for gap in section.missing],
        **where,
    }


class FolderStore(ObjectStore):
    """A local folder that replaces the bucket.

    Args:
        folder: folder where each object is a file.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, key: str, body: bytes, content_type: str = "") -> None:  # noqa: ARG002  files have no content type
        """Write a file."""
        file = self.folder / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)

    def get(self, key: str, limit: Limit = limits.DOCUMENT) -> bytes:
        """Read a file."""
        with (self.folder / key).open("rb") as file:
            return limits.read_at_most(file, limit, self.where(key), ObjectDamaged)

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """List the files whose path starts with a prefix, sorted."""
        for file in sorted(self.folder.rglob("*")):
            key = file.relative_to(self.folder).as_posix()
            if file.is_file() and key.startswith(prefix):
                stat = file.stat()
                yield StoredObject(key, stat.st_size, datetime.fromtimestamp(stat.st_mtime, UTC))

    def where(self, key: str) -> str:
        """Return the name of a file in messages."""
        return str(self.folder / key)


def _missing(name: str, reasons: Mapping[str, str]) -> Section:
    reason = reasons.get(name, f"the task {name} stored no section: see its log")
    return Section(name, missing=[Missing(name, reason)])
