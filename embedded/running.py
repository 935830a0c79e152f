"""The record ``.run/running.json``, in which a launcher describes the system that it runs.

A command in another terminal takes the system's ports, addresses and login from it. The file contains the KMA
key, so only its owner may read it, and it is removed when the system stops.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from embedded.components import Ports, System
from embedded.private import make_private_folder, write_private
from embedded.processes import is_process, process_created
from embedded.services import ServiceError

FORMAT: Final = 1
WHOLE_SYSTEM: Final = frozenset({"run", "once", "history"})
"""Commands that start Airflow; the others start S3 only, where nothing runs."""


@dataclass(frozen=True, slots=True)
class Running:
    """A running launcher and its system.

    Attributes:
        pid: its process id.
        created: when that process started, seconds since 1970: process ids are reused.
        command: its command: ``run``, ``once``, ``query``, ...
        since: when it started (UTC).
        ports: TCP ports of its servers.
        project: the folder whose pipelines Airflow reads.
        ready: whether all of its services are up.
        s3_url: URL of S3, if it isn't the embedded server's own.
        kma_url: URL of the KMA API, used with a key; None = the public one.
        kma_key: key of the KMA API; None = the weather is simulated.
        data_go_kr_key: service key of data.go.kr; None = not used.
    """

    pid: int
    created: float
    command: str
    since: datetime
    ports: Ports
    project: Path
    ready: bool = False
    s3_url: str | None = None
    kma_url: str | None = None
    kma_key: str | None = field(default=None, repr=False)
    data_go_kr_key: str | None = field(default=None, repr=False)

    @classmethod
    def here(cls, system: System, command: str) -> "Running":
        """Describe this process, which is about to start a system."""
        pid = os.getpid()
        created = process_created(pid)
        assert created is not None  # noqa: S101  this process runs
        return cls(
            pid,
            created,
            command,
            datetime.now(UTC),
            system.ports,
            system.project,
            s3_url=system.s3_url,
            kma_url=system.kma_url,
            kma_key=system.kma_key,
            data_go_kr_key=system.data_go_kr_key,
        )

    @classmethod
    def of(cls, folder: Path) -> "Running | None":
        """Return what runs on a folder now; None if nothing does, also if a dead launcher left its record.

        Raises:
            ServiceError: the record can't be read.
        """
        file = file_of(folder)
        try:
            running = cls._from_json(json.loads(file.read_text()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ServiceError(
                f"{file} can't be read ({type(error).__name__}): `make stop` stops what runs and removes it"
            ) from error
        return running if is_process(running.pid, running.created) else None

    def write(self, folder: Path) -> None:
        """Write the record."""
        make_private_folder(folder)
        write_private(file_of(folder), json.dumps(self._as_json(), indent=2))

    def now_ready(self) -> "Running":
        """Return a copy that says that all services are up."""
        return replace(self, ready=True)

    @property
    def whole(self) -> bool:
        """Whether it starts Airflow, not S3 alone."""
        return self.command in WHOLE_SYSTEM

    def system(self, folder: Path) -> System:
        """Return the system that runs."""
        return System(
            folder,
            self.ports,
            project=self.project,
            kma_url=self.kma_url,
            kma_key=self.kma_key,
            data_go_kr_key=self.data_go_kr_key,
            s3_url=self.s3_url,
        )

    def _as_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            **asdict(self),
            "since": self.since.isoformat(),
            "project": str(self.project),
        }

    @classmethod
    def _from_json(cls, record: Mapping[str, Any]) -> "Running":
        if record["format"] != FORMAT:
            raise ValueError(f"format {record['format']}")
        given = {name: value for name, value in record.items() if name != "format"}
        # An earlier version had more ports.
        ports = {each.name: record["ports"][each.name] for each in fields(Ports)}
        return cls(
            **{
                **given,
                "since": datetime.fromisoformat(record["since"]),
                "project": Path(record["project"]),
                "ports": Ports(**ports),
            }
        )


def file_of(folder: Path) -> Path:
    """Return the path of a folder's record."""
    return folder / "running.json"


def forget(folder: Path) -> None:
    """Remove the record, if it is of this process or of one that ended."""
    running = Running.of(folder)
    if running is None or running.pid == os.getpid():
        file_of(folder).unlink(missing_ok=True)
