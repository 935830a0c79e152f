"""Whatever lies in the bucket in the place of what was written: one of our errors, in bounded memory."""

import contextlib
import hashlib
import time
from pathlib import Path

import pytest

from production import archive
from tests.hostile.registry import SECONDS, Kind, entries
from weather_mlops.browsing import documents
from weather_mlops.errors import BackupUnusable, ObjectDamaged, WeatherError
from weather_mlops.lake import raw
from weather_mlops.lake.staging import Staging
from weather_mlops.model.registry import Registry
from weather_mlops.monitoring.section_store import FolderStore

KEY = "raw/kma/kma_sfctm3/2024/01/01/202401010000_202401010000_all_0123456789ab.txt.gz"
SIDECAR = b'{"fetched_at": "2024-01-01T00:00:00+00:00", "sha256": ""}'


def response(store: FolderStore, body: bytes) -> None:
    store.put(KEY, body)
    store.put(raw.sidecar_of(KEY), SIDECAR)
    raw.read_response(store, KEY)


def sidecar(store: FolderStore, body: bytes) -> None:
    store.put(raw.sidecar_of(KEY), body)
    raw.read_sidecar(store, raw.sidecar_of(KEY))


def page(store: FolderStore, body: bytes) -> None:
    store.put(KEY, body)
    documents.response(store.get(KEY))


def batch(store: FolderStore, body: bytes) -> None:
    staging = Staging(store, "run")
    store.put(f"{staging.prefix}collected.zip", body)
    staging.read("collected")


def staged_table(store: FolderStore, body: bytes) -> None:
    staging = Staging(store, "run")
    store.put(f"{staging.prefix}features.parquet", body)
    staging.read_table("features")


def champion(store: FolderStore, body: bytes) -> None:
    registry = Registry(store, "air_temperature")
    store.put("models/air_temperature/champion.json", body)
    registry.champion()


def manifest(store: FolderStore, body: bytes) -> None:
    registry = Registry(store, "air_temperature")
    store.put(registry.key("20240101T000000Z", "manifest.json"), body)
    registry.manifest("20240101T000000Z")


# Who takes any text: a page shows what it is given.
TAKES_TEXTS = (page,)
READERS = (response, sidecar, page, batch, staged_table, champion, manifest)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
@pytest.mark.parametrize("entry", entries(Kind.OBJECT), ids=str)
def test_whoever_reads_it_says_so(tmp_path, entry, reader):
    store, body = FolderStore(tmp_path), entry.content()

    begun = time.process_time()
    refused = True
    with contextlib.suppress(WeatherError):
        reader(store, body)
        refused = False
    assert refused or reader in TAKES_TEXTS

    assert time.process_time() - begun < SECONDS


@pytest.mark.parametrize("entry", entries(Kind.BACKUP), ids=str)
def test_a_restore_refuses_it(tmp_path, entry):
    file, folder = entry.put(tmp_path / "backup.tar"), tmp_path / "dumps"
    folder.mkdir()
    seal = f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n"

    with pytest.raises(BackupUnusable):
        archive.unpack(file, seal, folder, archive.Keys(b"a key"), unverified=True)

    assert sum(dump.stat().st_size for dump in folder.iterdir()) < file.stat().st_size + 1


def test_an_object_that_announces_too_much_is_not_read(tmp_path: Path):
    with (tmp_path / "large").open("wb") as file:
        file.truncate(50 << 30)

    with pytest.raises(ObjectDamaged, match="over 32 MiB, the limit of a document"):
        FolderStore(tmp_path).get("large")
