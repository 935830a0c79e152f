"""A full disk has its own sentence, whoever finds it: S3, the catalog's database, or this machine's files."""

import errno
from dataclasses import replace
from types import SimpleNamespace

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from weather_mlops.errors import StorageRefused, StorageUnavailable
from weather_mlops.lake import disk
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.storage_errors import storage_errors

FULL = r"the disk is full\. Make room on it, then run this again\."


def test_a_catalog_on_a_full_disk_is_named(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/catalog.db")
    with engine.connect() as connection:
        connection.execute(text("create table t (x blob)"))
        connection.execute(text("pragma max_page_count = 3"))  # all that SQLite has room for
        with (
            pytest.raises(StorageRefused, match=f"^catalog weather: .*database or disk is full: {FULL}"),
            storage_errors("catalog weather"),
        ):
            connection.execute(text("insert into t values (zeroblob(100000))"))


@pytest.mark.parametrize(("code", "error"), [("53100", StorageRefused), ("57P01", StorageUnavailable)])
def test_so_is_one_in_postgresql(code, error):
    answer = Exception("could not extend file")
    answer.pgcode = code

    with pytest.raises(error, match="could not extend file"), storage_errors("catalog weather"):
        raise DBAPIError("insert", {}, answer)


def test_so_is_a_file_of_this_machine():
    with (
        pytest.raises(StorageRefused, match=f"^table t: .*No space left on device.*: {FULL}"),
        storage_errors("table t"),
    ):
        raise OSError(errno.ENOSPC, "No space left on device", "/tmp/page.html")


@pytest.fixture
def local_disk(tmp_path, monkeypatch):
    """The disk of S3 and the catalog, of which a test sets the free bytes."""
    local = SimpleNamespace(folder=tmp_path, free=50_000_000_000)
    monkeypatch.setenv("WEATHER_DATA_FOLDER", str(tmp_path))
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda _: local)
    return local


def test_a_local_folder_is_named_with_its_free_space(local_disk):
    local_disk.free = 3_000_000
    full = rf"the disk of {local_disk.folder} is full \(3 MB free\)\. Make room"

    with pytest.raises(StorageRefused, match=full), storage_errors("table t"):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_folder_that_is_gone_is_no_full_disk(tmp_path, monkeypatch):
    monkeypatch.setenv("WEATHER_DATA_FOLDER", str(tmp_path / "gone"))

    assert not disk.data_disk_is_full()
    assert "the disk is full." in str(disk.storage_full("table t", "no space"))


@pytest.fixture
def failing(store, proxy):
    """A store whose server answers every write by ``proxy.fault``."""
    proxy.unavailable = lambda *_: True
    yield ObjectStore(replace(store.access, endpoint_url=proxy.url))
    proxy.unavailable, proxy.fault = None, (503, "SlowDown")


def test_a_full_s3_server_is_not_retried(failing, proxy):
    proxy.fault = (507, "XMinioStorageFull")
    before = len(proxy.requests)

    with pytest.raises(StorageRefused, match=f"/x at http.*: XMinioStorageFull, HTTP 507: {FULL}"):
        failing.put("x", b"x")

    assert len(proxy.requests) == before + 1


@pytest.mark.parametrize(
    ("free", "error"), [(3_000_000, StorageRefused), (50_000_000_000, StorageUnavailable)]
)
def test_an_error_of_the_embedded_s3_names_the_full_disk(failing, proxy, local_disk, free, error):
    local_disk.free = free
    proxy.fault = (501, "InternalError")  # a server error that boto3 doesn't repeat

    with pytest.raises(error, match=r"/x at http.*: InternalError, HTTP 501") as raised:
        failing.put("x", b"x")

    assert (f"the disk of {local_disk.folder} is full" in str(raised.value)) == (error is StorageRefused)
