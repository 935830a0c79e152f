"""What the project needs of an S3 server, tried on the embedded one."""

import os
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain
from pathlib import Path

import boto3
import psutil
import pyarrow as pa
import pyarrow.fs
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from embedded import s3
from tests.s3_proxy import free_port
from weather_mlops.errors import StorageRefused, StorageUnavailable
from weather_mlops.lake.catalog import ensure_tables, open_catalog
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.s3_access import S3Access
from weather_mlops.lake.schemas import OBSERVATIONS_SCHEMA

pytestmark = pytest.mark.integration

USER, SECRET = "weather", "secret-of-this-test"
MIB = 1 << 20


def test_it_listens_for_s3_on_this_machine_and_for_nothing_else(server):
    """Its profiler and its metrics have no login."""
    listening = [
        (connection.laddr.ip, connection.laddr.port)
        for connection in psutil.Process(server.process.pid).net_connections("inet")
        if not connection.raddr
    ]

    assert listening == [("127.0.0.1", server.port)]


class Server:
    """An embedded S3 server that the test starts and stops."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.start()

    def start(self) -> None:
        s3.prepare(self.folder)
        self.process = subprocess.Popen(
            s3.command(self.folder, self.port),
            env={**os.environ, **s3.environment(USER, SECRET)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 30
        while not s3.is_ready(self.port):
            assert self.process.poll() is None, "the S3 server ended"
            assert time.monotonic() < deadline, "the S3 server is not ready after 30 s"
            time.sleep(0.05)

    def stop(self, *, kill: bool = False) -> None:
        (self.process.kill if kill else self.process.terminate)()
        self.process.wait(20)

    @property
    def access(self) -> S3Access:
        return S3Access(
            bucket="conformance",
            endpoint_url=f"http://127.0.0.1:{self.port}",
            access_key_id=USER,
            secret_access_key=SECRET,
        )


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("s3"))
    ObjectStore(running.access).ensure_bucket()
    yield running
    running.stop()


@pytest.fixture
def store(server) -> ObjectStore:
    return ObjectStore(server.access)


@pytest.fixture
def client(server):
    return boto3.client(
        "s3",
        endpoint_url=server.access.endpoint_url,
        aws_access_key_id=USER,
        aws_secret_access_key=SECRET,
        region_name="us-east-1",
        config=Config(request_checksum_calculation="when_required", retries={"max_attempts": 1}),
    )


def test_what_is_put_is_got_whole_and_in_parts(client):
    body = os.urandom(100_000)
    client.put_object(Bucket="conformance", Key="get/one", Body=body)

    def part(byte_range: str) -> bytes:
        return client.get_object(Bucket="conformance", Key="get/one", Range=byte_range)["Body"].read()

    assert client.get_object(Bucket="conformance", Key="get/one")["Body"].read() == body
    assert part("bytes=10-19") == body[10:20]
    assert part("bytes=99990-") == body[-10:]
    assert part("bytes=-10") == body[-10:]
    assert part("bytes=-1000000") == body


def test_an_object_can_be_replaced_and_be_empty(client):
    for body in (b"first", b"second, longer", b""):
        client.put_object(Bucket="conformance", Key="replaced", Body=body)
        assert client.get_object(Bucket="conformance", Key="replaced")["Body"].read() == body


def test_listings_go_on_page_by_page_in_order(client):
    keys = [f"list/{number:03}" for number in range(25)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: client.put_object(Bucket="conformance", Key=key, Body=b"x"), keys))
    pages = client.get_paginator("list_objects_v2").paginate(
        Bucket="conformance", Prefix="list/", PaginationConfig={"PageSize": 10}
    )
    listed = [[entry["Key"] for entry in page["Contents"]] for page in pages]

    assert [len(page) for page in listed] == [10, 10, 5]
    assert list(chain.from_iterable(listed)) == keys


def test_a_deleted_object_is_gone_and_so_is_one_that_never_was(client):
    client.put_object(Bucket="conformance", Key="deleted", Body=b"x")
    for key in ("deleted", "never"):
        client.delete_object(Bucket="conformance", Key=key)
        with pytest.raises(ClientError, match="NoSuchKey"):
            client.get_object(Bucket="conformance", Key=key)


def test_a_bulk_delete_wants_a_digest_which_our_store_sends(client, store):
    """A known deviation: botocore sends a CRC32 nowadays, this server wants Content-MD5."""
    keys = [f"bulk/{number}" for number in range(12)]
    for key in keys:
        store.put(key, b"x")

    with pytest.raises(ClientError, match="MissingContentMD5"):
        client.delete_objects(Bucket="conformance", Delete={"Objects": [{"Key": keys[0]}]})
    store.delete(*keys, "bulk/never")
    assert list(store.list("bulk/")) == []


def test_directory_markers_hide_nothing(client, store):
    store.put("marked/one", b"x")
    client.put_object(Bucket="conformance", Key="marked/", Body=b"")

    assert [entry.key for entry in store.list("marked/")] == ["marked/one"]
    assert store.get("marked/one") == b"x"


def test_pyarrows_own_file_system_leaves_neighbours_alone(server, monkeypatch):
    """As another engine may use the bucket; without checksums in trailers, as `make run` sets it."""
    monkeypatch.setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")
    files = pyarrow.fs.S3FileSystem(
        endpoint_override=server.access.endpoint_url, access_key=USER, secret_key=SECRET, region="us-east-1"
    )
    for name in ("one", "two"):
        with files.open_output_stream(f"conformance/arrow/{name}") as stream:
            stream.write(b"x" * 10)
    files.delete_file("conformance/arrow/one")
    with files.open_input_file("conformance/arrow/two") as stream:
        assert stream.read() == b"x" * 10
    names = [file.base_name for file in files.get_file_info(pyarrow.fs.FileSelector("conformance/arrow"))]
    assert names == ["two"]


def test_a_large_object_goes_up_in_parts(client):
    upload = client.create_multipart_upload(Bucket="conformance", Key="parts")["UploadId"]
    same = {"Bucket": "conformance", "Key": "parts", "UploadId": upload}
    bodies = [os.urandom(5 * MIB), os.urandom(MIB)]
    tags = [
        client.upload_part(**same, PartNumber=n, Body=body)["ETag"] for n, body in enumerate(bodies, start=1)
    ]
    parts = [{"PartNumber": n, "ETag": tag} for n, tag in enumerate(tags, start=1)]
    client.complete_multipart_upload(**same, MultipartUpload={"Parts": parts})

    assert client.get_object(Bucket="conformance", Key="parts")["Body"].read() == b"".join(bodies)


def test_metadata_and_content_type_are_kept(client):
    client.put_object(
        Bucket="conformance", Key="about", Body=b"x", ContentType="application/json", Metadata={"who": "me"}
    )
    head = client.head_object(Bucket="conformance", Key="about")

    assert head["ContentType"] == "application/json"
    assert head["Metadata"] == {"who": "me"}
    assert head["ContentLength"] == 1


@pytest.mark.parametrize("wrong", [{"secret_access_key": "another-secret"}, {"access_key_id": "somebody"}])
def test_a_wrong_signature_is_refused_without_naming_a_secret(server, wrong):
    stranger = ObjectStore(replace(server.access, **wrong))

    for attempt in (
        lambda: stranger.put("x", b"x"),
        lambda: stranger.get("x"),
        lambda: list(stranger.list("")),
    ):
        with pytest.raises(StorageRefused) as refused:
            attempt()
        assert "s3://conformance/" in str(refused.value)
        assert "secret" not in str(refused.value)


def test_eight_writers_at_once_lose_nothing(store):
    def write(writer: int) -> None:
        for number in range(10):
            store.put(f"writers/{writer}/{number}", f"{writer} {number}".encode())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))

    listed = {entry.key: entry.size for entry in store.list("writers/")}
    assert len(listed) == 80
    assert store.get("writers/7/9") == b"7 9"


def test_our_store_reads_lists_and_says_what_is_not_there(store):
    store.put("ours/ä b+c:d=1", b"x" * 100, "text/plain")

    (entry,) = store.list("ours/")
    assert (entry.key, entry.size) == ("ours/ä b+c:d=1", 100)
    assert store.get_range(entry.key, "-10") == (b"x" * 10, 100)
    assert store.exists(entry.key)
    assert not store.exists("ours/nothing")
    with pytest.raises(FileNotFoundError, match="s3://conformance/ours/nothing"):
        store.get("ours/nothing")


def test_a_bucket_that_is_not_there_is_named(server):
    elsewhere = ObjectStore(replace(server.access, bucket="no-such-bucket"))

    for attempt in (
        lambda: elsewhere.get("x"),
        lambda: elsewhere.put("x", b""),
        lambda: list(elsewhere.list("")),
    ):
        with pytest.raises(StorageRefused, match=r"no-such-bucket.*WEATHER_BUCKET"):
            attempt()


def test_tables_are_made_appended_and_scanned(server, tmp_path):
    catalog = open_catalog(server.access, type="sql", uri=f"sqlite:///{tmp_path}/catalog.db")
    ensure_tables(catalog)
    table = catalog.load_table("weather.observations")
    moment = pa.scalar(1_700_000_000_000_000, pa.timestamp("us", tz="UTC"))
    row = {
        **dict.fromkeys(OBSERVATIONS_SCHEMA.names),
        "station_id": 108,
        "observed_at": moment,
        "raw_key": "a",
    }
    for temperature in (1.5, -9.0):
        rows = [{**row, "air_temperature_c": temperature}]
        table.append(pa.Table.from_pylist(rows, schema=OBSERVATIONS_SCHEMA))

    listed = catalog.load_table("weather.observations").scan(row_filter="station_id = 108").to_arrow()
    assert sorted(listed["air_temperature_c"].to_pylist()) == [-9.0, 1.5]
    catalog.close()


def test_a_restart_keeps_the_data_even_after_a_kill(tmp_path):
    server = Server(tmp_path / "one")
    store = ObjectStore(server.access)
    store.ensure_bucket()
    store.put("kept", b"x" * MIB)
    server.stop(kill=True)

    with pytest.raises(StorageUnavailable, match="kept at http://127"):
        store.get("kept")
    server.start()
    assert store.get("kept") == b"x" * MIB
    server.stop()


def test_a_volume_can_be_moved_while_nothing_serves_it(tmp_path):
    server = Server(tmp_path / "here")
    ObjectStore(server.access).ensure_bucket()
    ObjectStore(server.access).put("kept", b"x" * MIB)
    server.stop()
    (tmp_path / "here").rename(tmp_path / "there")
    server.folder = tmp_path / "there"
    server.start()
    assert ObjectStore(server.access).get("kept") == b"x" * MIB
    server.stop()
