"""A decision about a version of a model: ``champion.json``, ``decisions/*.json`` and ``history.jsonl``."""

from dataclasses import dataclass
from datetime import UTC
from hashlib import sha256
from typing import Final, Literal

from typing_extensions import TypedDict

from weather_mlops.lake.documents import Moment

DecisionKind = Literal["deployed", "refused", "rolled back"]
_ID_DIGITS: Final = 12


class DecisionDocument(TypedDict):
    """A decision as it is stored, and returned by the task of a rollback; its time is ISO 8601 in UTC."""

    kind: DecisionKind
    version: str
    previous: str | None
    at: str
    by: str
    reason: str
    manifest_sha256: str | None


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision about a version.

    Attributes:
        kind: deployed (by training), refused (by a gate), or rolled back (to it).
        version: the version that was decided about.
        previous: champion before the decision; None when there was none.
        at: time of the decision (UTC).
        by: the run or the person that decided.
        reason: reason, with figures.
        manifest_sha256: SHA-256 of the version's manifest, whose files were verified at that time; None for a
            refused version, and for decisions from before this was recorded.
    """

    kind: DecisionKind
    version: str
    previous: str | None
    at: Moment
    by: str
    reason: str
    manifest_sha256: str | None = None

    def as_dict(self) -> DecisionDocument:
        """The decision as stored."""
        return {
            "kind": self.kind,
            "version": self.version,
            "previous": self.previous,
            "at": self.at.astimezone(UTC).isoformat(),
            "by": self.by,
            "reason": self.reason,
            "manifest_sha256": self.manifest_sha256,
        }

    @property
    def key(self) -> str:
        """Name of its object: sorts by time, and is the same when the same decision is repeated."""
        identity = f"{self.kind} {self.version} {self.by}".encode()
        return f"{self.at.astimezone(UTC):%Y%m%dT%H%M%S}_{sha256(identity).hexdigest()[:_ID_DIGITS]}.json"
