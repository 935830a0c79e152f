"""The list of stations, as shipped and as refreshed."""

import threading
import unicodedata
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

import weather_mlops
from simulator import wire as peer
from weather_mlops.errors import FormatChanged, Misconfigured
from weather_mlops.kma.refresh import main, merge, parse_station_info, refresh, write
from weather_mlops.stations import Station, load_stations, resolve_station_ids

TODAY = date(2026, 11, 23)


def test_the_97_open_stations_ship_with_the_project():
    stations = {station.id: station for station in load_stations()}

    assert len(stations) == 97
    assert (stations[108].korean, stations[108].english) == ("서울", "Seoul")
    assert all(33 < station.latitude < 39 and 124 < station.longitude < 131 for station in stations.values())
    assert all(station.english.isascii() and station.closed is None for station in stations.values())


def test_a_response_is_read_in_its_own_encoding():
    response = peer.station_list(load_stations()).body
    parsed = parse_station_info(response, TODAY)

    assert [station.id for station in parsed] == [station.id for station in load_stations()]
    assert parsed[0].korean == "속초"
    assert merge(load_stations(), parsed) == load_stations()


def test_added_moved_and_closed_stations_are_logged(caplog):
    caplog.set_level("INFO")
    known = load_stations()
    new = replace(known[0], id=999, korean="새")
    moved = replace(known[1], latitude=known[1].latitude + 0.1)

    merged = merge(known, [new, moved, *known[3:]])

    assert {station.id for station in merged} == {new.id} | {s.id for s in known} - {known[0].id, known[2].id}
    assert "added: 999 새" in caplog.text
    assert f"moved: {moved.id}" in caplog.text
    assert f"closed: {known[2].id}" in caplog.text


def test_a_row_that_is_no_station_is_named():
    with pytest.raises(FormatChanged, match="line 2"):
        parse_station_info(b"#START7777\nabc\n#7777END", TODAY)


def test_a_row_as_the_api_writes_it_is_read():
    row = (
        "     400  126.87600000   37.52200000 01111000     10.50     10.00    0 108 양천                 ----"
        "                 11B10101 1147000000 ---- 서울특별시 양천구 목동"
    )
    (station,) = parse_station_info(f"#START7777\n{row}\n#7777END\n".encode("euc-kr"), TODAY)

    assert station == Station(400, "양천", "", 37.522, 126.876, 10.5, TODAY, None)


def test_a_partial_response_closes_no_stations():
    with pytest.raises(FormatChanged, match="0 of 97 known stations"):
        merge(load_stations(), [])


@pytest.mark.integration
def test_the_command_rewrites_the_list_from_the_api(tmp_path, monkeypatch, station_server):
    monkeypatch.setenv("KMA_API_URL", station_server)
    monkeypatch.setenv("KMA_AUTH_KEY", "a-test-key")

    refresh(tmp_path / "stations.csv")

    shipped = Path(weather_mlops.__path__[0]) / "stations.csv"
    assert (tmp_path / "stations.csv").read_bytes() == shipped.read_bytes()


@pytest.fixture
def station_server():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = peer.station_list(load_stations()).body
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_command_says_in_one_line_what_is_wrong(monkeypatch, caplog):
    monkeypatch.delenv("KMA_AUTH_KEY", raising=False)

    assert main() == 1
    assert "set KMA_AUTH_KEY" in caplog.text


def test_the_list_is_written_as_it_is_read(tmp_path):
    write(load_stations(), tmp_path / "stations.csv")

    shipped = Path(weather_mlops.__path__[0]) / "stations.csv"
    assert (tmp_path / "stations.csv").read_bytes() == shipped.read_bytes()


@pytest.mark.parametrize(
    ("selection", "ids"),
    [
        ("108", (108,)),
        (184, (184,)),
        ("제주", (184,)),
        (["제주", "Seoul"], (108, 184)),
        ("busan,108, 제주", (108, 159, 184)),
        ("['제주', 'Seoul', 159]", (108, 159, 184)),
        ("108 143", (108, 143)),
        ("서울 부산", (108, 159)),
        ("SEOUL", (108,)),
        (" seoul ", (108,)),
        ("서울특별시", (108,)),
        ("김해", (253,)),
        ("gimhae", (253,)),
        ("Seoul City", (108,)),
        ("고창", (172,)),
        ("고창군", (251,)),
        ("완도,진도", (170, 268)),
        (unicodedata.normalize("NFD", "제주"), (184,)),
    ],
)
def test_stations_are_named_as_people_name_them(selection, ids):
    assert resolve_station_ids(selection) == ids


def test_every_station_is_found_by_its_names_and_its_id():
    for station in load_stations():
        for name in (station.id, str(station.id), station.korean, station.english, station.english.upper()):
            assert resolve_station_ids(name) == (station.id,)
    assert resolve_station_ids("all") == tuple(station.id for station in load_stations())


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        ("Soul", "'Soul' is no open station of the KMA (did you mean 서울 Seoul (108)?)"),
        ("pusan", "부산 Busan (159)"),
        ("춘천강", "'춘천강' is no open station of the KMA (did you mean 춘천 Chuncheon (101)"),
        ("9999", "'9999' is no open station of the KMA."),
        (["Seoul", "x"], "'x' is no open station of the KMA."),
        ("", "the list is empty"),
        ([], "the list is empty"),
    ],
)
def test_a_wrong_name_gets_a_suggestion_of_what_was_meant(selection, message):
    with pytest.raises(Misconfigured) as error:
        resolve_station_ids(selection)

    assert message in str(error.value)
    assert len(str(error.value)) < 300
