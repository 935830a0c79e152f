"""The versions of a target's models on S3: written once, then immutable and verified by checksum.

    models/<target>/versions/<version>/…            files of a version; manifest.json is written last

A version without a manifest isn't finalized: the task that made it was stopped. The manifest holds the
checksum of every other file, and a file whose checksum differs is never used.
"""

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeVar

from weather_mlops import limits
from weather_mlops.documents.model_version import (
    SCHEMA,
    ModelManifest,
    StoredFile,
    VersionManifest,
    VersionNotes,
)
from weather_mlops.errors import ModelUnusable, ObjectDamaged
from weather_mlops.lake import documents
from weather_mlops.lake.object_store import ObjectStore

log = logging.getLogger(__name__)

MANIFEST: Final = "manifest.json"
_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_CONTENT_TYPES: Final = {".json": "application/json", ".html": "text/html; charset=utf-8"}


@dataclass(frozen=True)
class Version:
    """A version of a model, complete and verified.

    Attributes:
        name: name of the version.
        manifest: its manifest.
        manifest_sha256: SHA-256 of the manifest, in hexadecimal digits.
        files: content by file name.
    """

    name: str
    manifest: ModelManifest
    manifest_sha256: str
    files: Mapping[str, bytes]


T = TypeVar("T")


class Versions:
    """The versions of one target.

    Args:
        store: the bucket.
        target: name of the target.
    """

    def __init__(self, store: ObjectStore, target: str) -> None:
        self.store = store
        self.target = target
        self.prefix = f"models/{target}/"

    def key(self, version: str, name: str) -> str:
        """S3 key of a file of a version.

        Raises:
            ModelUnusable: the version's name is invalid.
        """
        if not _VERSION.fullmatch(version):
            raise ModelUnusable(f"{version!r} is no version of {self.target}: see {self.prefix}versions/")
        return f"{self.prefix}versions/{version}/{name}"

    def write(self, version: str, files: Mapping[str, bytes]) -> None:
        """Write files of a version that isn't finalized yet; existing ones are replaced.

        Raises:
            ModelUnusable: the version is finalized.
            StorageUnavailable, StorageRefused.
        """
        if self.finalized(version):
            raise ModelUnusable(
                f"{self.store.where(self.key(version, MANIFEST))}: a finalized version can't be changed"
            )
        for name, body in files.items():
            kind = _CONTENT_TYPES.get(name[name.rfind(".") :], "application/octet-stream")
            self.store.put(self.key(version, name), body, kind)

    def finalize(self, version: str, files: Mapping[str, bytes], notes: VersionNotes) -> None:
        """Write files and the manifest: from now on the version exists and never changes.

        Args:
            version: name of the version.
            files: all files of the version, those written before too.
            notes: what the manifest contains in addition to the checksums.

        Raises:
            ModelUnusable: the version was finalized before.
            StorageUnavailable, StorageRefused.
        """
        self.write(version, files)
        sums: dict[str, StoredFile] = {
            name: {"sha256": sha256(body).hexdigest(), "bytes": len(body)}
            for name, body in sorted(files.items())
        }
        manifest: VersionManifest = {
            "schema": SCHEMA,
            "version": version,
            "target": self.target,
            **notes,
            "files": sums,
        }
        self.store.put(self.key(version, MANIFEST), as_json(manifest), "application/json")
        log.info("finalized: target=%s version=%s files=%d", self.target, version, len(sums))

    def finalized(self, version: str) -> bool:
        """Whether a version exists: whether its manifest was written.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        return self.store.exists(self.key(version, MANIFEST))

    def manifest(self, version: str) -> ModelManifest:
        """The manifest of a version.

        Raises:
            ModelUnusable: there is no such version, or its manifest is damaged.
            StorageUnavailable, StorageRefused.
        """
        return self._manifest(version)[0]

    def _manifest(self, version: str) -> tuple[ModelManifest, str]:
        """The manifest of a version, and its SHA-256."""
        where = self.store.where(self.key(version, MANIFEST))
        try:
            body = self.store.get(self.key(version, MANIFEST), limits.JSON_DOCUMENT)
            return documents.parse(body, ModelManifest, where, self.how_to_fix()), sha256(body).hexdigest()
        except FileNotFoundError:
            raise ModelUnusable(f"{where}: there is no such version") from None
        except ObjectDamaged as error:
            raise ModelUnusable(str(error)) from error

    def file(self, version: str, name: str, manifest: ModelManifest | None = None) -> bytes:
        """One file of a version, its checksum verified.

        Raises:
            ModelUnusable: it is missing or damaged.
            StorageUnavailable, StorageRefused.
        """
        key = self.key(version, name)
        expected = (manifest or self.manifest(version))["files"].get(name)
        if expected is None:
            raise ModelUnusable(f"{self.store.where(key)}: the version has no such file")
        try:
            body = self.store.get(key, limits.MODEL_FILE)
        except FileNotFoundError:
            raise ModelUnusable(f"{self.store.where(key)}: the file is gone. {self.how_to_fix()}") from None
        except ObjectDamaged as error:
            raise ModelUnusable(f"{error} {self.how_to_fix()}") from error
        digest = sha256(body).hexdigest()
        if digest != expected["sha256"]:
            raise ModelUnusable(
                f"{self.store.where(key)}: damaged: its SHA-256 is {digest[:12]}…, and was "
                f"{expected['sha256'][:12]}… when it was written. {self.how_to_fix()}"
            )
        return body

    def document(self, version: str, name: str, kind: type[T]) -> T:
        """A JSON file of a version, its checksum verified and its fields checked.

        Args:
            version: its name.
            name: of the file.
            kind: dataclass or TypedDict.

        Raises:
            ModelUnusable: it is missing or damaged, or a field is wrong.
            StorageUnavailable, StorageRefused.
        """
        try:
            where = self.store.where(self.key(version, name))
            return documents.parse(self.file(version, name), kind, where, self.how_to_fix())
        except ObjectDamaged as error:
            raise ModelUnusable(str(error)) from error

    def load(self, version: str) -> Version:
        """A version with all its files.

        Raises:
            ModelUnusable: it is missing or damaged.
            StorageUnavailable, StorageRefused.
        """
        manifest, digest = self._manifest(version)
        files = {name: self.file(version, name, manifest) for name in manifest["files"]}
        return Version(version, manifest, digest, files)

    def how_to_fix(self) -> str:
        """How to replace a damaged version, in a sentence."""
        return (
            f"Put an earlier version back by `make rollback TARGET={self.target} VERSION=…`, "
            "or train a new model: run model_training."
        )


def as_json(content: Mapping[str, object]) -> bytes:
    """Indented JSON; NaN and infinity are refused (ValueError)."""
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False).encode()
