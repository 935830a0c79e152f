"""What the tasks of a monitoring run hand on: sections, and the report; by S3, or by this machine without it.

S3 may be what is down, and then people need the report most. What S3 doesn't take is kept in a folder of the
machine, and found there by tasks that run on the same one.
"""

import json
import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from weather_mlops import limits
from weather_mlops.errors import ObjectDamaged, StorageRefused, StorageUnavailable, WeatherError
from weather_mlops.lake import documents
from weather_mlops.lake.object_store import ObjectStore, StoredObject
from weather_mlops.lake.staging import Staging
from weather_mlops.limits import Limit
from weather_mlops.monitoring import report
from weather_mlops.monitoring.checks import SECTIONS, Missing, Section, Status

log = logging.getLogger(__name__)

REPORTS: Final = "spare-reports"
FIX: Final = "Clear the task that measured it."


@dataclass(frozen=True)
class _SectionFile:
    run: str
    section: Section


@dataclass(frozen=True)
class Handover:
    """Of one run.

    Attributes:
        store: the bucket.
        run: its name, unique.
        spare: a folder of this machine.
    """

    store: ObjectStore
    run: str
    spare: Path

    def give(self, section: Section) -> dict[str, Any]:
        """Hand a section on; what is in it, small.

        Raises:
            OSError: neither S3 nor this machine took it.
        """
        try:
            Staging(self.store, self.run).write(section.name, {}, section.as_dict())
        except WeatherError as error:
            log.warning("handover: %s is kept in %s only: %s", section.name, self.spare, error)
            self.spare.mkdir(parents=True, exist_ok=True)
            kept = json.dumps({"run": self.run, "section": section.as_dict()}, ensure_ascii=False)
            self._file(section.name).write_text(kept)
        breaches = [check.problem for check in section.checks if check.status is Status.BREACH]
        return {
            f"{section.name}_checks": len(section.checks),
            f"{section.name}_breaches": breaches,
            f"{section.name}_missing": [gap.what for gap in section.missing],
        }

    def take(self, reasons: Mapping[str, str]) -> list[Section]:
        """All sections; one that was not handed on is missing as a whole.

        Args:
            reasons: why one may not have been, by name.
        """
        return [self._section(name) or _missing(name, reasons) for name in SECTIONS]

    def _section(self, name: str) -> Section | None:
        try:
            notes = Staging(self.store, self.run).read(name).notes
            return documents.check(notes, Section, f"section {name} of {self.run}", FIX)
        except FileNotFoundError:
            log.info("handover: %s is not staged", name)
        except WeatherError as error:
            log.warning("handover: %s: %s", name, error)
        file = self._file(name)
        try:
            kept = documents.parse(file.read_bytes(), _SectionFile, str(file), FIX)
        except FileNotFoundError:
            return None
        except ObjectDamaged as error:
            log.warning("handover: %s: %s", name, error)
            return None
        return kept.section if kept.run == self.run else None

    def _file(self, name: str) -> Path:
        return self.spare / f"{name}.json"


def publish(
    handover: Handover, sections: Sequence[Section], *, now: datetime, language: str, runbook: str
) -> dict[str, Any]:
    """Make the report, on S3; where S3 doesn't take it, on this machine.

    Args:
        handover: of the run.
        sections: what was measured.
        now: the time (UTC).
        language: of the report.
        runbook: where people reach it.

    Returns:
        Verdict, reasons, keys; without S3 the file instead of the keys.

    Raises:
        OSError: neither S3 nor this machine took it.
    """
    more: dict[str, Any] = {"now": now, "language": language, "run": handover.run, "runbook": runbook}
    missing = [f"{section.name}: {gap.what}" for section in sections for gap in section.missing]
    try:
        made = report.publish(handover.store, sections, **more)
    except (StorageUnavailable, StorageRefused) as error:
        folder = handover.spare / REPORTS
        shutil.rmtree(folder, ignore_errors=True)
        made = report.publish(FolderStore(folder), sections, **more)
        log.warning("report: kept in %s only: %s", folder / made.html_key, error)
        where = {"report_file": str(folder / made.html_key), "report_not_stored": str(error)}
    else:
        latest = report.LATEST_HTML
        where = {"report_key": made.html_key, "report_json_key": made.json_key, "latest_key": latest}
    return {"verdict": str(made.verdict), "reasons": list(made.reasons), "missing": missing, **where}


class FolderStore(ObjectStore):
    """A folder in the place of the bucket.

    Args:
        folder: where the objects are files.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, key: str, body: bytes, content_type: str = "") -> None:  # noqa: ARG002  a file has none
        """Write a file."""
        file = self.folder / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)

    def get(self, key: str, limit: Limit = limits.DOCUMENT) -> bytes:
        """Read a file."""
        with (self.folder / key).open("rb") as file:
            return limits.read_at_most(file, limit, self.where(key), ObjectDamaged)

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Files whose paths start so, in their order."""
        for file in sorted(self.folder.rglob("*")):
            key = file.relative_to(self.folder).as_posix()
            if file.is_file() and key.startswith(prefix):
                told = file.stat()
                yield StoredObject(key, told.st_size, datetime.fromtimestamp(told.st_mtime, UTC))

    def where(self, key: str) -> str:
        """How messages name it."""
        return str(self.folder / key)


def _missing(name: str, reasons: Mapping[str, str]) -> Section:
    why = reasons.get(name, f"the task {name} handed nothing on: see its log")
    return Section(name, missing=[Missing(name, why)])
