import pickle
from dataclasses import replace

import pytest

from tests.s3_proxy import free_port
from weather_mlops.errors import ObjectDamaged, StorageRefused, StorageUnavailable
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.s3_access import S3Access
from weather_mlops.limits import Limit
from weather_mlops.settings import Settings


def test_what_is_written_is_read_listed_and_removed(store):
    for name in ("b", "a", "c"):
        store.put(f"some/{name}", name.encode() * 3)

    assert [(entry.key, entry.size) for entry in store.list("some/")] == [
        ("some/a", 3),
        ("some/b", 3),
        ("some/c", 3),
    ]
    assert store.get("some/a") == b"aaa"
    assert store.get_range("some/a", "0-1") == (b"aa", 3)
    store.delete("some/a", "some/b", "some/never")
    store.delete("some/c")
    assert not store.exists("some/a")
    assert list(store.list("some/")) == []


def test_what_is_larger_than_its_limit_is_not_read(store):
    store.put("large", bytes(2000))
    limit = Limit(1000, "a small thing", "it is small")

    with (
        store.metered() as meter,
        pytest.raises(ObjectDamaged, match=r"large at .*the limit of a small thing"),
    ):
        store.get("large", limit)

    assert meter.requests == 1
    assert len(store.get("large")) == 2000


def test_a_store_in_a_folder_sees_and_touches_only_that_folder(store):
    inside = ObjectStore(replace(store.access, prefix="team/weather/"))
    store.put("raw/other", b"not ours")
    store.put("team/weather-2/raw/other", b"not ours")
    inside.put("raw/a", b"1")
    inside.put("raw/b/c", b"22")

    assert [entry.key for entry in inside.list("")] == ["raw/a", "raw/b/c"]
    assert list(inside.folders("raw/")) == ["raw/b/"]
    assert (inside.get("raw/a"), inside.exists("raw/other")) == (b"1", False)
    assert inside.get_range("raw/b/c", "0-0") == (b"2", 2)
    assert store.get("team/weather/raw/b/c") == b"22"
    with pytest.raises(FileNotFoundError, match=rf"s3://{store.access.bucket}/team/weather/nothing at http"):
        inside.get("nothing")
    inside.delete("raw/a")
    inside.delete("raw/b/c", "raw/other")
    assert list(inside.list("")) == []
    assert {entry.key for entry in store.list("")} == {"raw/other", "team/weather-2/raw/other"}


def test_what_is_read_is_counted_while_it_is_metered(store):
    store.put("some/a", b"abc")
    with store.metered() as meter:
        store.get("some/a")
        store.get_range("some/a", "0-1")
    store.get("some/a")
    assert (meter.requests, meter.bytes) == (2, 5)


def test_the_bucket_is_made_once(store):
    store.put("kept", b"x")
    store.ensure_bucket()

    assert store.get("kept") == b"x"


def test_a_missing_object_and_a_missing_bucket_are_named(store):
    with pytest.raises(FileNotFoundError, match=r"s3://bucket-\d+/nothing at http"):
        store.get("nothing")
    elsewhere = ObjectStore(replace(store.access, bucket="elsewhere"))
    with pytest.raises(StorageRefused, match=r"s3://elsewhere/x .* no such bucket"):
        elsewhere.put("x", b"")


def test_a_server_that_is_down_is_named(store):
    down = ObjectStore(replace(store.access, endpoint_url=f"http://127.0.0.1:{free_port()}"))

    with pytest.raises(StorageUnavailable, match=r"s3://bucket-\d+/x at http://127\.0\.0\.1:\d+: no answer"):
        down.get("x")


def test_a_server_that_is_overloaded_for_a_while_is_asked_again(store, proxy):
    before_it = ObjectStore(replace(store.access, endpoint_url=proxy.url))
    answers = iter([True, True, False])
    proxy.unavailable = lambda *_: next(answers)
    before_it.put("x", b"x")
    proxy.unavailable = lambda *_: True
    with pytest.raises(StorageUnavailable, match="SlowDown, HTTP 503"):
        before_it.put("x", b"y")
    proxy.unavailable = None

    assert store.get("x") == b"x"


def test_secrets_are_in_no_repr_and_errors_survive_pickling():
    access = S3Access("weather", None, "id", "very-secret", "a-token", "ap-northeast-2")
    assert "secret" not in repr(access).replace("secret_", "")
    assert "token" not in repr(access)

    error = pickle.loads(pickle.dumps(StorageRefused("s3://weather/x: no")))
    assert str(error) == "s3://weather/x: no"


def test_access_comes_from_the_settings(monkeypatch):
    monkeypatch.setenv("WEATHER_BUCKET", "weather")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "me")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    access = S3Access.from_settings(Settings())

    assert (access.bucket, access.access_key_id, access.secret_access_key) == ("weather", "me", "hush")
