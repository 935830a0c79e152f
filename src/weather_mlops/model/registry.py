"""Models on S3: immutable versions, one pointer to the champion, and a record of who moved it when and why.

models/<target>/versions/<version>/…            files of a version: see ``versions.py``
models/<target>/champion.json                   the pointer
models/<target>/decisions/<time>_<kind>_<id>.json   one per decision: deployed, refused, rolled back
models/<target>/history.jsonl                   all decisions, oldest first, for readers
"""

import json
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from weather_mlops.documents.decision import Decision
from weather_mlops.errors import ModelUnusable, ObjectDamaged
from weather_mlops.lake import documents
from weather_mlops.model.versions import Versions, as_json

log = logging.getLogger(__name__)

T = TypeVar("T")
Check = Callable[[Mapping[str, bytes]], None]


class Registry(Versions):
    """The models of one target: its versions, which of them is the champion, and all decisions."""

    def champion(self) -> Decision | None:
        """The decision that made the current champion; None if nothing was deployed yet.

        Raises:
            ModelUnusable: the pointer is damaged.
            StorageUnavailable, StorageRefused.
        """
        key = f"{self.prefix}champion.json"
        try:
            return self._document(key, Decision, self.how_to_fix())
        except FileNotFoundError:
            return None

    def champion_or_none(self) -> Decision | None:
        """Like ``champion``, but a damaged pointer logs a warning and gives None: a new champion replaces it.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        try:
            return self.champion()
        except ModelUnusable as error:
            log.warning("%s", error)
            return None

    def promote(self, decision: Decision) -> None:
        """Move the pointer, in one write; repeating it changes nothing.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        self._record_champion()
        self.store.put(f"{self.prefix}champion.json", as_json(decision.as_dict()), "application/json")
        log.info("champion: target=%s version=%s: %s", self.target, decision.version, decision.reason)
        self.record(decision)

    def record(self, decision: Decision) -> None:
        """Record a decision, and rewrite the history for readers.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        self.store.put(
            f"{self.prefix}decisions/{decision.key}", as_json(decision.as_dict()), "application/json"
        )
        lines = "".join(json.dumps(each.as_dict(), ensure_ascii=False) + "\n" for each in self.decisions())
        self.store.put(f"{self.prefix}history.jsonl", lines.encode(), "application/x-ndjson")

    def decisions(self) -> list[Decision]:
        """All decisions, oldest first.

        Raises:
            ModelUnusable: one is damaged.
            StorageUnavailable, StorageRefused.
        """
        fix = "Move it away, and run it again."
        keys = [entry.key for entry in self.store.list(f"{self.prefix}decisions/")]
        decisions = [self._document(key, Decision, fix) for key in keys]
        return sorted(decisions, key=lambda decision: decision.at)

    def rollback(self, version: str | None, *, at: datetime, by: str, reason: str, check: Check) -> Decision:
        """Make an earlier version the champion again, after verifying that its files are complete and usable.

        Args:
            version: which version; None = the one that was deployed before the current champion.
            at: the time (UTC).
            by: who requests it.
            reason: reason for the record.
            check: raises ModelUnusable if files can't be used: ``boosters.check``.

        Raises:
            ModelUnusable: there is no such version, it is damaged, or none was deployed before.
            StorageUnavailable, StorageRefused.
        """
        champion = self.champion_or_none()
        chosen = version or self._previous_version(champion)
        if champion is not None and champion.version == chosen:
            raise ModelUnusable(f"{chosen} is the champion of {self.target} already: nothing to roll back")
        loaded = self.load(chosen)
        check(loaded.files)
        previous = champion.version if champion else None
        decision = Decision("rolled back", chosen, previous, at, by, reason, loaded.manifest_sha256)
        self.promote(decision)
        return decision

    def _previous_version(self, champion: Decision | None) -> str:
        """The version deployed before the champion; if the pointer is unreadable, the last deployed one."""
        deployed = [each.version for each in self.decisions() if each.kind == "deployed"]
        if champion is not None:
            # Without a record of its own (a crash just after the pointer moved), all others came before it.
            end = deployed.index(champion.version) if champion.version in deployed else len(deployed)
            deployed = deployed[:end]
        if not deployed:
            raise ModelUnusable(
                f"no version of {self.target} was deployed before"
                f"{' ' + champion.version if champion else ''}: there is nothing to roll back to"
            )
        return deployed[-1]

    def _record_champion(self) -> None:
        """Record the current champion's decision if a crash prevented that."""
        champion = self.champion_or_none()
        if champion and not self.store.exists(f"{self.prefix}decisions/{champion.key}"):
            self.record(champion)

    def _document(self, key: str, kind: type[T], fix: str) -> T:
        try:
            return documents.read(self.store, key, kind, fix)
        except ObjectDamaged as error:
            raise ModelUnusable(str(error)) from error
