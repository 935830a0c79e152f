from datetime import timedelta

import pytest

from weather_mlops.errors import Permanent, SnapshotExpired
from weather_mlops.lake import maintenance, tags
from weather_mlops.lake.catalog import existing_snapshot
from weather_mlops.lake.maintenance import maintain
from weather_mlops.lake.publish import publish
from weather_mlops.lake.schemas import OBSERVATIONS
from weather_mlops.lake.tags import tag, untag

from .conftest import NOW, hours, observations

LATER = NOW + timedelta(days=3)  # when all that is written now has passed the retention and the safety age


@pytest.fixture(autouse=True)
def _soon_due(monkeypatch):
    monkeypatch.setattr(maintenance, "SNAPSHOTS_DUE", 1)


def table_of(catalog):
    return catalog.load_table("weather.observations")


def publish_one(catalog, seed: int = 0) -> int:
    """A commit; the snapshot that it makes."""
    return publish(catalog, observations([90, 95], hours(3), seed=seed), run=f"run-{seed}").snapshot_id


def expire(catalog) -> int:
    return maintain(catalog, LATER, (OBSERVATIONS,))["expired"]


def test_a_snapshot_expires_once_it_is_untagged(catalog):
    pinned = publish_one(catalog)
    tag(catalog, OBSERVATIONS, pinned, "v1")
    publish_one(catalog, seed=1)
    expire(catalog)
    untag(catalog, OBSERVATIONS, "v1")

    assert expire(catalog) == 1
    assert table_of(catalog).snapshot_by_id(pinned) is None


def test_tagging_and_untagging_twice_changes_nothing(catalog):
    pinned = publish_one(catalog)
    tag(catalog, OBSERVATIONS, pinned, "v1")
    tagged = table_of(catalog).metadata
    tag(catalog, OBSERVATIONS, pinned, "v1")
    assert table_of(catalog).metadata == tagged

    untag(catalog, OBSERVATIONS, "v1")
    untagged = table_of(catalog).metadata
    untag(catalog, OBSERVATIONS, "v1")
    assert table_of(catalog).metadata == untagged
    assert "v1" not in untagged.refs


def test_a_snapshot_that_has_expired_is_named_with_its_table(catalog):
    gone = publish_one(catalog)
    publish_one(catalog, seed=1)
    expire(catalog)

    with pytest.raises(
        SnapshotExpired, match=rf"weather\.observations: there is no snapshot {gone}"
    ) as refused:
        tag(catalog, OBSERVATIONS, gone, "v1")
    assert isinstance(refused.value, Permanent)


def test_a_tag_does_not_move_to_another_snapshot(catalog):
    pinned = publish_one(catalog)
    tag(catalog, OBSERVATIONS, pinned, "v1")
    other = publish_one(catalog, seed=1)

    with pytest.raises(ValueError, match=rf"'v1' is a tag of snapshot {pinned}, not a tag of {other}"):
        tag(catalog, OBSERVATIONS, other, "v1")


def test_the_main_branch_is_no_tag_and_can_not_be_untagged(catalog):
    current = publish_one(catalog)
    with pytest.raises(ValueError, match=r"'main' is a branch"):
        tag(catalog, OBSERVATIONS, current, "main")
    untag(catalog, OBSERVATIONS, "main")

    assert table_of(catalog).current_snapshot().snapshot_id == current


def test_a_commit_in_between_is_kept_and_the_tag_is_made(catalog, monkeypatch):
    pinned = publish_one(catalog)
    newer = []

    def meanwhile(table, snapshot_id: int):
        newer.append(publish_one(catalog, seed=1))
        return existing_snapshot(table, snapshot_id)

    monkeypatch.setattr(tags, "existing_snapshot", meanwhile)
    tag(catalog, OBSERVATIONS, pinned, "v1")
    refs = table_of(catalog).metadata.refs

    assert {name: ref.snapshot_id for name, ref in refs.items()} == {"main": newer[-1], "v1": pinned}
