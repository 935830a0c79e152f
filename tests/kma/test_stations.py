"""The list of stations, as shipped and as refreshed."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from simulator import wire as peer
from weather_mlops import kma
from weather_mlops.errors import FormatChanged
from weather_mlops.kma.refresh import merge, parse_station_info, write
from weather_mlops.kma.stations import load_stations

TODAY = date(2026, 11, 23)


def test_the_97_open_stations_ship_with_the_project():
    stations = {station.id: station for station in load_stations()}

    assert len(stations) == 97
    assert (stations[108].korean, stations[108].english) == ("서울", "Seoul")
    assert all(33 < station.latitude < 39 and 124 < station.longitude < 131 for station in stations.values())
    assert all(station.english.isascii() and station.closed is None for station in stations.values())


def test_a_reply_of_the_api_is_read_in_its_own_encoding():
    reply = peer.station_list(load_stations()).body
    told = parse_station_info(reply, TODAY)

    assert [station.id for station in told] == [station.id for station in load_stations()]
    assert told[0].korean == "속초"
    assert merge(load_stations(), told) == load_stations()


def test_added_moved_and_closed_stations_are_told(caplog):
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


def test_the_list_is_written_as_it_is_read(tmp_path):
    write(load_stations(), tmp_path / "stations.csv")

    shipped = Path(kma.__path__[0]) / "stations.csv"
    assert (tmp_path / "stations.csv").read_bytes() == shipped.read_bytes()
