"""Versions stay as they are, the pointer moves in one write, and who moved it is on record."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from tests.model.sealed import NOTES, unchecked
from weather_mlops.documents.decision import Decision
from weather_mlops.errors import ModelUnusable
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.model.registry import Registry

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
FILES = {"lead_01.ubj": b"trees", "evaluation.json": b"{}"}


@pytest.fixture
def registry(store) -> Registry:
    return Registry(store, "air_temperature")


def finalize_versions(registry: Registry, *names: str) -> None:
    for name in names:
        registry.finalize(name, {**FILES, "lead_01.ubj": name.encode()}, NOTES)


def deploy(registry: Registry, *names: str) -> None:
    for name in names:
        standing = registry.champion()
        days = len(registry.decisions())
        registry.promote(
            Decision(
                "deployed",
                name,
                standing.version if standing else None,
                BEGIN + timedelta(days=days),
                f"run {days}",
                "every gate passed",
            )
        )


def rewrite_schema(registry: Registry, version: str, schema: int | None) -> None:
    """Give a manifest another schema version; None = no such key, as before it existed."""
    key = registry.key(version, "manifest.json")
    manifest = json.loads(registry.store.get(key))
    assert manifest.pop("schema") == 1
    registry.store.put(key, json.dumps(manifest | ({} if schema is None else {"schema": schema})).encode())


def champion(registry: Registry) -> str | None:
    standing = registry.champion()
    return standing.version if standing else None


def history(registry: Registry) -> list[tuple[str, str]]:
    lines = registry.store.get(f"{registry.prefix}history.jsonl").decode().splitlines()
    return [(line["kind"], line["version"]) for line in map(json.loads, lines)]


def test_a_version_comes_back_as_it_was_written(registry):
    finalize_versions(registry, "v1")
    version = registry.load("v1")
    assert version.files == {**FILES, "lead_01.ubj": b"v1"}
    assert version.manifest["recipe"] == "abc"


def test_what_a_stopped_task_left_is_no_version(registry):
    registry.write("v1", FILES)
    assert not registry.finalized("v1")
    with pytest.raises(ModelUnusable, match="there is no such version"):
        registry.load("v1")


def test_a_finalized_version_can_not_be_changed(registry):
    finalize_versions(registry, "v1")
    with pytest.raises(ModelUnusable, match="finalized"):
        registry.write("v1", {"lead_01.ubj": b"others"})
    with pytest.raises(ModelUnusable, match="finalized"):
        finalize_versions(registry, "v1")


def test_a_damaged_file_is_never_used(registry):
    finalize_versions(registry, "v1")
    registry.store.put(registry.key("v1", "lead_01.ubj"), b"v2")
    with pytest.raises(ModelUnusable, match=r"lead_01\.ubj.*damaged.*make rollback TARGET=air_temperature"):
        registry.load("v1")


def test_a_missing_file_is_named(registry):
    finalize_versions(registry, "v1")
    registry.store.delete(registry.key("v1", "lead_01.ubj"))
    with pytest.raises(ModelUnusable, match=r"lead_01\.ubj.*gone"):
        registry.load("v1")


@pytest.mark.parametrize("content", [b"{", b"[]", b"{}", b'{"files": 3}'])
def test_a_damaged_manifest_is_refused(registry, content):
    finalize_versions(registry, "v1")
    registry.store.put(registry.key("v1", "manifest.json"), content)
    with pytest.raises(ModelUnusable, match="damaged"):
        registry.load("v1")


@pytest.mark.parametrize("schema", [None, 1])
def test_manifests_of_this_and_older_code_are_read(registry, schema):
    finalize_versions(registry, "v1")
    rewrite_schema(registry, "v1", schema)
    assert registry.manifest("v1")["recipe"] == "abc"


@pytest.mark.parametrize("schema", [0, 2])
def test_a_manifest_of_an_unknown_schema_is_refused(registry, schema):
    finalize_versions(registry, "v1")
    rewrite_schema(registry, "v1", schema)
    with pytest.raises(ModelUnusable, match=f"schema {schema} was written by another version"):
        registry.load("v1")


@pytest.mark.parametrize("name", ["../other", "", "a/b", "-x", ".."])
def test_a_version_s_name_can_not_lead_elsewhere(registry, name):
    with pytest.raises(ModelUnusable, match="no version"):
        registry.load(name)


def test_there_is_no_champion_at_first(registry):
    assert registry.champion() is None


def test_promotion_moves_the_pointer_and_is_on_record(registry):
    deploy(registry, "v1", "v2")
    assert champion(registry) == "v2"
    assert registry.champion().previous == "v1"
    assert history(registry) == [("deployed", "v1"), ("deployed", "v2")]


def test_a_promotion_made_again_is_on_record_once(registry):
    decision = Decision("deployed", "v1", None, BEGIN, "run", "gates")
    registry.promote(decision)
    registry.promote(decision)
    assert history(registry) == [("deployed", "v1")]


def test_a_refusal_is_on_record_and_moves_nothing(registry):
    deploy(registry, "v1")
    registry.record(Decision("refused", "v2", "v1", BEGIN + timedelta(days=1), "run", "coverage: 50 %"))
    assert champion(registry) == "v1"
    assert history(registry) == [("deployed", "v1"), ("refused", "v2")]


def test_rollback_goes_back_one_deployment_at_a_time(registry):
    finalize_versions(registry, "v1", "v2", "v3")
    deploy(registry, "v1", "v2", "v3")
    for day, expected in ((10, "v2"), (11, "v1")):
        registry.rollback(
            None, at=BEGIN + timedelta(days=day), by="kim", reason="worse since Monday", check=unchecked
        )
        assert champion(registry) == expected
    assert history(registry)[-2:] == [("rolled back", "v2"), ("rolled back", "v1")]
    with pytest.raises(ModelUnusable, match="nothing to roll back to"):
        registry.rollback(None, at=BEGIN, by="kim", reason="", check=unchecked)
    assert registry.champion().by == "kim"


def test_rollback_to_a_version_by_name(registry):
    finalize_versions(registry, "v1", "v2", "v3")
    deploy(registry, "v1", "v2", "v3")
    registry.rollback("v1", at=BEGIN + timedelta(days=9), by="kim", reason="", check=unchecked)
    assert champion(registry) == "v1"
    with pytest.raises(ModelUnusable, match="v1 is the champion"):
        registry.rollback("v1", at=BEGIN + timedelta(days=9), by="kim", reason="", check=unchecked)


def test_nothing_damaged_or_unknown_is_put_back(registry):
    finalize_versions(registry, "v1", "v2")
    deploy(registry, "v1", "v2")
    registry.store.put(registry.key("v1", "lead_01.ubj"), b"broken")
    for version in (None, "v1", "v9"):
        with pytest.raises(ModelUnusable):
            registry.rollback(version, at=BEGIN, by="kim", reason="", check=unchecked)
    assert champion(registry) == "v2"


def test_rollback_replaces_a_damaged_pointer(registry):
    finalize_versions(registry, "v1", "v2")
    deploy(registry, "v1", "v2")
    registry.store.put(f"{registry.prefix}champion.json", b'{"version": ')
    with pytest.raises(ModelUnusable, match="make rollback TARGET=air_temperature"):
        registry.champion()
    registry.rollback(None, at=BEGIN + timedelta(days=9), by="kim", reason="pointer broken", check=unchecked)
    assert champion(registry) == "v2"


class Stopping(ObjectStore):
    """A store whose process is stopped before its nth write."""

    left = 0

    def put(self, key, body, content_type="application/octet-stream"):
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        super().put(key, body, content_type)


@pytest.mark.parametrize("writes", range(4))
def test_a_stopped_promotion_is_whole_once_repeated(registry, access, writes):
    deploy(registry, "v1")
    decision = Decision("deployed", "v2", "v1", BEGIN + timedelta(days=1), "run", "gates")
    stopping = Stopping(access)
    stopping.left = writes
    with suppress(KeyboardInterrupt):
        Registry(stopping, registry.target).promote(decision)
    assert (stopping.left < 0) == (writes < 3)
    assert champion(registry) == ("v2" if writes else "v1")
    registry.promote(decision)
    assert champion(registry) == "v2"
    assert history(registry) == [("deployed", "v1"), ("deployed", "v2")]


def test_the_next_promotion_records_a_pointer_without_record(registry):
    deploy(registry, "v1")
    lost = Decision("deployed", "v2", "v1", BEGIN + timedelta(days=1), "run", "gates")
    registry.store.put(f"{registry.prefix}champion.json", json.dumps(lost.as_dict()).encode())
    registry.promote(Decision("deployed", "v3", "v2", BEGIN + timedelta(days=2), "run", "gates"))
    assert history(registry) == [("deployed", "v1"), ("deployed", "v2"), ("deployed", "v3")]
