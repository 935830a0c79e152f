"""What is stored of an issue of the KMA's forecast: one object, byte for byte, that says what is in it."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weather_mlops.errors import FormatChanged, ObjectDamaged
from weather_mlops.kma.client import Response
from weather_mlops.kma.forecast.cells import Cell
from weather_mlops.kma.forecast.endpoints import API_HUB, DATA_GO_KR, DATA_GO_KR_URL, village_request
from weather_mlops.lake.kma_forecast_raw import ReceivedPage, put_issue, read_issue
from weather_mlops.lake.kma_grid_raw import ReceivedGrid, put_grids, read_grids
from weather_mlops.lake.raw import sidecar_of

ISSUE = datetime(2026, 11, 30, 17, tzinfo=UTC)  # 02:00 KST on 1 December
AT = ISSUE + timedelta(minutes=12, seconds=5)
SEOUL = Cell(60, 127)
HUB = "https://apihub.kma.go.kr/api/typ01/url"


def page(body: bytes, provider=API_HUB, cell=SEOUL, fetch: int = 1) -> ReceivedPage:
    url = HUB if provider is API_HUB else DATA_GO_KR_URL
    request = village_request(provider, url, issued_at=ISSUE, cell=cell)
    response = Response("getVilageFcst", request.params, request.shown, 200, AT, body)
    return ReceivedPage(provider, cell, fetch, response)


class Memory:
    """A bucket in memory."""

    def __init__(self):
        self.objects: dict[str, bytes] = {}
        self.puts = 0

    def put(self, key, body, _kind=""):
        self.objects[key] = body
        self.puts += 1

    def exists(self, key):
        return key in self.objects

    def get(self, key, *_):
        if key not in self.objects:
            raise FileNotFoundError(key)
        return self.objects[key]

    def where(self, key):
        return key


def test_the_sidecar_says_what_was_requested_and_where_it_is():
    store = Memory()
    pages = [page(b"one"), page(b"two", DATA_GO_KR, Cell(97, 74), 2)]
    key = put_issue(store, ISSUE, pages, {SEOUL: (108,), Cell(97, 74): (159, 160), Cell(1, 1): (90,)}, 120)

    assert key == ("raw/kma/getVilageFcst/2026/12/01/202612010200_202612010200_2-cells_25b6746d5172.txt.gz")
    requested = {
        "pageNo": "1", "numOfRows": "1000", "dataType": "JSON", "base_date": "20261201", "base_time": "0200",
    }  # fmt: skip
    query = "pageNo=1&numOfRows=1000&dataType=JSON&base_date=20261201&base_time=0200"
    folder = "https://apihub.kma.go.kr/api/typ02/openApi/VilageFcstInfoService_2.0"
    assert json.loads(store.objects[sidecar_of(key)]) == {
        "version": 1,
        "endpoint": "getVilageFcst",
        "issued_at": "2026-11-30T17:00:00+00:00",
        "fetched_at": "2026-11-30T17:12:05+00:00",
        "sha256": "25b6746d5172ed6352966a013d93ac846e1110d5a25e8f183b5931f4688842a1",
        "bytes": 6,
        "rows": 120,
        "stations": {"60_127": [108], "97_74": [159, 160]},
        "parts": [
            {
                "source": "api_hub", "cell": "60_127", "fetch": 1,
                "params": {**requested, "nx": "60", "ny": "127"},
                "url": f"{folder}/getVilageFcst?{query}&nx=60&ny=127", "status": 200,
                "fetched_at": "2026-11-30T17:12:05+00:00", "offset": 0, "bytes": 3,
            },
            {
                "source": "data_go_kr", "cell": "97_74", "fetch": 2,
                "params": {**requested, "nx": "97", "ny": "74"},
                "url": f"{DATA_GO_KR_URL}/getVilageFcst?{query}&nx=97&ny=74", "status": 200,
                "fetched_at": "2026-11-30T17:12:05+00:00", "offset": 3, "bytes": 3,
            },
        ],
    }  # fmt: skip


@given(bodies=st.lists(st.binary(max_size=200), min_size=1, max_size=6))
def test_every_answer_is_read_back_byte_for_byte(bodies):
    store = Memory()
    pages = [page(body, fetch=number) for number, body in enumerate(bodies, start=1)]
    key = put_issue(store, ISSUE, pages, {SEOUL: (108,)}, 0)
    writes = store.puts

    received = read_issue(store, key)
    assert (received.pages, received.stations, received.received_at) == (pages, {SEOUL: (108,)}, AT)
    assert put_issue(store, ISSUE, pages, {SEOUL: (108,)}, 0) == key
    assert store.puts == writes  # the first fetch time stays


def test_damage_is_named():
    store = Memory()
    key = put_issue(store, ISSUE, [page(b"one")], {SEOUL: (108,)}, 0)
    whole = json.loads(store.objects[sidecar_of(key)])

    def sidecar(**changed):
        store.objects[sidecar_of(key)] = json.dumps({**whole, **changed}).encode()

    sidecar(parts=[{**whole["parts"][0], "bytes": 4}])
    with pytest.raises(ObjectDamaged, match="a part is not in the object"):
        read_issue(store, key)
    sidecar(parts=[{**whole["parts"][0], "source": "somebody"}])
    with pytest.raises(ObjectDamaged, match="of no known provider"):
        read_issue(store, key)
    sidecar(parts="none")
    with pytest.raises(ObjectDamaged, match="damaged"):
        read_issue(store, key)
    sidecar(sha256="0" * 64)
    with pytest.raises(FormatChanged, match="SHA-256"):
        read_issue(store, key)


def test_grids_are_read_back_and_a_lost_one_is_named():
    store = Memory()
    responses = [
        Response("nph-dfs_shrt_grd", {"vars": "TMP"}, HUB, 200, AT, body) for body in (b"1.0", b"-99")
    ]
    grids = [
        ReceivedGrid(ISSUE + hour * timedelta(hours=1), present, response)
        for hour, (present, response) in enumerate(zip((1, 0), responses, strict=True), start=1)
    ]
    key = put_grids(store, ISSUE, "TMP", grids)

    assert key.startswith("raw/kma/nph-dfs_shrt_grd/2026/12/01/202612010200_202612010200_TMP_")
    assert list(read_grids(store, key)) == grids
    about = json.loads(store.objects[sidecar_of(key)])
    about["parts"][1]["offset"] += 1
    store.objects[sidecar_of(key)] = json.dumps(about).encode()
    with pytest.raises(ObjectDamaged, match="a part is not in the object"):
        list(read_grids(store, key))
