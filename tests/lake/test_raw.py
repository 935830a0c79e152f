import gzip
import json
from datetime import UTC, date, datetime, timedelta

import pytest

from weather_mlops.errors import FormatChanged
from weather_mlops.kma.client import Response
from weather_mlops.lake import raw

MIDNIGHT = datetime(2023, 12, 31, 15, tzinfo=UTC)  # in Korea
BODY = b"#START7777\n...\n#7777END\n"


def response(body=BODY, *, params=None, minute=0) -> Response:
    return Response(
        endpoint="kma_sfctm3",
        params=params or {"tm1": "202401010000", "tm2": "202401010200", "stn": "108", "help": "0"},
        url="https://apihub.kma.go.kr/api/typ01/url/kma_sfctm3.php?tm1=202401010000",
        status=200,
        fetched_at=datetime(2024, 1, 1, 3, minute, tzinfo=UTC),
        body=body,
    )


def test_a_response_is_stored_as_received_with_a_sidecar(store):
    key = raw.put_response(store, response(), 3)

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
    assert raw.read_response(store, key).body == BODY


def test_an_equal_response_keeps_its_first_fetch_time(store):
    first = raw.put_response(store, response(), 3)
    again = raw.put_response(store, response(minute=30), 3)
    other = raw.put_response(store, response(b"#START7777\ncorrected\n#7777END\n", minute=40), 3)

    assert again == first != other
    assert raw.read_response(store, first).about["fetched_at"] == "2024-01-01T03:00:00+00:00"
    assert list(raw.list_raw(store, "kma_sfctm3")) == sorted([first, other])


def test_a_response_without_sidecar_is_completed_by_a_refetch(store):
    key = raw.put_response(store, response(), 3)
    store.delete(raw.sidecar_of(key))
    assert list(raw.list_raw(store, "kma_sfctm3", date(2024, 1, 1))) == []

    raw.put_response(store, response(), 3)
    assert list(raw.list_raw(store, "kma_sfctm3", date(2024, 1, 1))) == [key]


def test_a_damaged_object_is_named(store):
    key = raw.put_response(store, response(), 3)
    for damaged in (gzip.compress(b"other"), b"no gzip", store.get(key)[:-5]):
        store.put(key, damaged)
        with pytest.raises(FormatChanged, match="202401010000_202401010200_108"):
            raw.read_response(store, key)


def test_the_key_of_the_api_is_never_kept(store):
    key = raw.put_response(store, response(params={"tm": "202401010000", "authKey": "hush"}), 3)

    assert b"hush" not in store.get(raw.sidecar_of(key))


@pytest.mark.parametrize(
    ("stations", "label"),
    [("0", "all"), ("", "all"), ("108", "108"), ("90:95:98", "90-95-98"), ("90:95:98:99", "4-stations-")],
)
def test_keys_tell_their_stations(store, stations, label):
    key = raw.put_response(store, response(params={"tm": "202401010000", "stn": stations}), 3)

    assert f"/202401010000_202401010000_{label}" in key


@pytest.mark.parametrize(
    "sidecar", [b"", b"[]", b"{}", b"[" * 100_000, b'{"fetched_at": 1}', b'{"fetched_at": "x"}']
)
def test_a_damaged_sidecar_is_named(store, sidecar):
    key = raw.put_response(store, response(), 3)
    store.put(raw.sidecar_of(key), sidecar)

    with pytest.raises(FormatChanged, match=r"202401010000_202401010200_108_.*\.json.*damaged"):
        raw.read_response(store, key)


def test_an_object_in_raw_that_is_no_response_is_named(store):
    store.put("raw/kma/kma_sfctm3/2024/01/01/notes.json", b"{}")
    store.put("raw/kma/kma_sfctm3/2024/01/01/notes.txt.gz", b"")

    with pytest.raises(FormatChanged, match=r"notes\.txt\.gz.*Move it away"):
        list(raw.list_all(store, "kma_sfctm3"))


FOUR = (90, 95, 98, 99)
KEYS = {
    # by the API: the requested stations are all, up to three, or more, which the sidecar names
    "kma_sfctm3/2024/01/01/202401010000_202401010200_all_a1390b0d233a": (0, 2, None),
    "kma_sfctm3/2024/01/01/202401010000_202401010000_108_a1390b0d233a": (0, 0, (108,)),
    "kma_sfctm3/2024/01/01/202401010000_202401010200_90-95-98_a1390b0d233a": (0, 2, (90, 95, 98)),
    "kma_sfctm3/2024/01/01/202401010000_202401010200_4-stations-0a1b2c_a1390b0d233a": (
        0,
        2,
        (90, 95, 98, 99),
    ),
    # files that people had: by the hours and stations of their rows, or without any
    "imported/2024/01/01/202401010000_202401010200_108_a1390b0d233a": (0, 2, (108,)),
    "imported/2024/01/01/202401010000_202401010200_4-stations-0a1b2c_a1390b0d233a": (0, 2, FOUR),
    "imported/2024/01/01/202401010305Z_202401010305Z_all_a1390b0d233a": None,
}


@pytest.mark.parametrize("name", KEYS)
def test_every_form_of_a_key_that_was_ever_written_is_read(store, name):
    endpoint = name.partition("/")[0]
    about = {"fetched_at": "2024-01-01T03:00:00+00:00", "params": {"stn": "90:95:98:99"}}
    store.put(f"raw/kma/{name}.json", json.dumps(about).encode())
    store.put(f"raw/kma/{name}.txt.gz", b"")
    listed = [(stored.begin, stored.end, stored.stations) for stored in raw.list_all(store, endpoint)]
    day = [stored.key for stored in raw.list_about(store, endpoint, MIDNIGHT, MIDNIGHT + timedelta(hours=30))]

    if KEYS[name] is None:  # about no hour
        assert (listed, day) == ([], [])
    else:
        first, last, stations = KEYS[name]
        hours = [MIDNIGHT + timedelta(hours=hour) for hour in (first, last)]
        assert listed == [(*hours, stations)]
        assert day == [f"raw/kma/{name}.txt.gz"]


def test_times_of_arrival_skip_objects_that_are_no_response(store):
    raw.put_response(store, response(), 3)
    store.put("raw/kma/kma_sfctm3/2024/01/01/notes.json", b"{}")

    (listed,) = raw.received(store, "kma_sfctm3", date(2024, 1, 1))
    assert listed[0] == MIDNIGHT + timedelta(hours=2)
