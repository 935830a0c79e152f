import gzip
import json
from datetime import UTC, date, datetime

import pytest

from weather_mlops.errors import FormatChanged
from weather_mlops.kma.client import Reply
from weather_mlops.lake import raw

BODY = b"#START7777\n...\n#7777END\n"


def reply(body=BODY, *, params=None, minute=0) -> Reply:
    return Reply(
        endpoint="kma_sfctm3",
        params=params or {"tm1": "202401010000", "tm2": "202401010200", "stn": "108", "help": "0"},
        url="https://apihub.kma.go.kr/api/typ01/url/kma_sfctm3.php?tm1=202401010000",
        status=200,
        fetched_at=datetime(2024, 1, 1, 3, minute, tzinfo=UTC),
        body=body,
    )


def test_a_reply_is_kept_as_received_with_its_story_beside_it(store):
    key = raw.put_reply(store, reply(), 3)

    assert key == "raw/kma/kma_sfctm3/2024/01/01/202401010000_202401010200_108_a1390b0d233a.txt.gz"
    assert gzip.decompress(store.get(key)) == BODY
    assert json.loads(store.get(raw.sidecar_of(key))) == {
        "endpoint": "kma_sfctm3",
        "params": {"tm1": "202401010000", "tm2": "202401010200", "stn": "108", "help": "0"},
        "url": "https://apihub.kma.go.kr/api/typ01/url/kma_sfctm3.php?tm1=202401010000",
        "fetched_at": "2024-01-01T03:00:00+00:00",
        "status": 200,
        "sha256": "a1390b0d233a4eccbe7a15831760c73ed2150e9210572744ce283a1861e86fed",
        "bytes": len(BODY),
        "rows": 3,
    }
    assert raw.read_reply(store, key).body == BODY


def test_the_same_reply_again_keeps_its_first_fetch_time_and_a_different_one_is_another_object(store):
    first = raw.put_reply(store, reply(), 3)
    again = raw.put_reply(store, reply(minute=30), 3)
    other = raw.put_reply(store, reply(b"#START7777\ncorrected\n#7777END\n", minute=40), 3)

    assert again == first != other
    assert raw.read_reply(store, first).about["fetched_at"] == "2024-01-01T03:00:00+00:00"
    assert list(raw.list_raw(store, "kma_sfctm3")) == sorted([first, other])


def test_a_reply_whose_sidecar_was_never_written_is_not_listed_and_is_made_whole_by_the_next_fetch(store):
    key = raw.put_reply(store, reply(), 3)
    store.delete(raw.sidecar_of(key))
    assert list(raw.list_raw(store, "kma_sfctm3", date(2024, 1, 1))) == []

    raw.put_reply(store, reply(), 3)
    assert list(raw.list_raw(store, "kma_sfctm3", date(2024, 1, 1))) == [key]


def test_a_damaged_object_is_named(store):
    key = raw.put_reply(store, reply(), 3)
    for damaged in (gzip.compress(b"other"), b"no gzip", store.get(key)[:-5]):
        store.put(key, damaged)
        with pytest.raises(FormatChanged, match="202401010000_202401010200_108"):
            raw.read_reply(store, key)


def test_the_key_of_the_api_is_never_kept(store):
    key = raw.put_reply(store, reply(params={"tm": "202401010000", "authKey": "hush"}), 3)

    assert b"hush" not in store.get(raw.sidecar_of(key))


@pytest.mark.parametrize(
    ("stations", "label"),
    [("0", "all"), ("", "all"), ("108", "108"), ("90:95:98", "90-95-98"), ("90:95:98:99", "4-stations-")],
)
def test_keys_tell_their_stations(store, stations, label):
    key = raw.put_reply(store, reply(params={"tm": "202401010000", "stn": stations}), 3)

    assert f"/202401010000_202401010000_{label}" in key
