"""A disk that is full in the middle of a load: named in the error, and with space again the load goes on."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from embedded.components import PROJECT, Ports, System
from embedded.services import Supervisor
from tests.ingest.conftest import Loader, some
from tests.s3_proxy import free_port
from weather_mlops.errors import StorageRefused
from weather_mlops.lake.catalog import open_catalog
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.s3_access import S3Access

pytestmark = [pytest.mark.integration]
LOAD = some("2024-01-28", "2024-03-03", (108, 143))
SHORT = some("2024-01-30", "2024-02-02", (108, 143))
SMALL_MB, LARGE_MB = 8, 200
ANSWER_SECONDS = 60  # of two writes, on a busy machine


@pytest.fixture
def disk(tmp_path: Path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_MB}m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("NO SMALL DISK: mounting one takes root; a full disk is not tried")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_is_named_and_with_space_the_load_goes_on(disk, tmp_path, monkeypatch):
    monkeypatch.setenv("WEATHER_DATA_FOLDER", str(disk))
    system = System(disk, Ports(**{name: free_port() for name in Ports.__slots__}))
    supervisor = Supervisor(tmp_path, PROJECT)
    storage = system.storage()
    supervisor.start(storage)
    try:
        supervisor.wait(storage)
        keys = system.keys
        store = ObjectStore(S3Access("weather", system.storage_url, keys.s3_user, keys.s3_secret))
        store.ensure_bucket()
        catalog = open_catalog(store.access, type="sql", uri=f"sqlite:///{tmp_path}/catalog.db")
        loader = Loader(store, catalog)
        free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        (disk / "ballast").write_bytes(b"x" * max(0, free - 50_000))
        begun = time.monotonic()
        with pytest.raises(
            StorageRefused, match=rf"the disk of {disk} is full \(0 MB free\)\. Make room on it"
        ):
            store.put("large", b"x" * 1_000_000)
        with pytest.raises(StorageRefused, match="Make room on it"):
            loader.fetch(LOAD, "history/full")
        assert time.monotonic() - begun < ANSWER_SECONDS

        subprocess.run(["mount", "-o", f"remount,size={LARGE_MB}m", str(disk)], check=True)
        summary = loader.load(SHORT)
        catalog.close()
    finally:
        supervisor.stop()

    assert summary["inserted"] > 180
