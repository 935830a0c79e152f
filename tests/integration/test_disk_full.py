"""A disk that is full in the middle of a load: told by name, and with space again the load goes on."""

import os
import subprocess
from pathlib import Path

import pytest

from embedded.parts import PROJECT, Ports, System
from embedded.services import Supervisor
from tests.history.conftest import Loader, some
from tests.s3_proxy import free_port
from weather_mlops.errors import StorageUnavailable
from weather_mlops.lake.catalog import open_catalog
from weather_mlops.lake.store import ObjectStore, S3Access

pytestmark = [pytest.mark.integration]
LOAD = some("2024-01-28", "2024-03-03", (108, 143))
SMALL_MB, LARGE_MB = 8, 200


@pytest.fixture
def disk(tmp_path: Path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_MB}m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("NO SMALL DISK: mounting one takes root; a full disk is not tried")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_is_told_and_with_space_the_load_goes_on(disk, tmp_path):
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
        with pytest.raises(StorageUnavailable, match="weather"):
            loader.fetch(LOAD, "history/full")

        subprocess.run(["mount", "-o", f"remount,size={LARGE_MB}m", str(disk)], check=True)
        told = loader.load(LOAD)
        catalog.close()
    finally:
        supervisor.stop()

    assert told["inserted"] > 1700
