"""A broken sensor reports wrong values from when it breaks, but not earlier or elsewhere."""

import http.client

import pytest

from simulator import clock, wire
from simulator.sensors import SensorFault, Sensors
from weather_mlops.kma import wire as parser

BROKEN_AT = clock.parse_tm("202605100600")
LATER = 1e9


def broken(source, *texts: str) -> Sensors:
    sensors = Sensors(source)
    sensors.switch([SensorFault.parse(text) for text in texts], BROKEN_AT - 0.5)
    return sensors


def air(rows: list[bytes], name: str = "TA") -> dict[tuple[int, int], float]:
    column = wire.NAMES.index(name)
    return {
        (int(tokens[1]), clock.parse_tm(tokens[0].decode())): float(tokens[column])
        for tokens in map(bytes.split, rows)
    }


def around(source, *stations: int) -> list[bytes]:
    return source.rows(BROKEN_AT - 3, BROKEN_AT + 3, stations, LATER)


def test_a_bias_is_added_from_its_start_at_its_station_only(source):
    right, wrong = air(around(source, 108, 159)), air(around(broken(source, "bias:108:2.0"), 108, 159))

    for (station, hour), value in wrong.items():
        off = 2.0 if station == 108 and hour >= BROKEN_AT else 0.0
        assert value == pytest.approx(right[station, hour] + off)


def test_a_biased_row_is_well_formed_and_consistent(source):
    rows = around(broken(source, "bias:108:2.0"), 108)
    parsed = parser.parse(wire.observations(rows).body)

    assert parsed.rejected.num_rows == 0
    assert parsed.rows.num_rows == 7
    assert all(len(row) == len(rows[0]) for row in rows)
    assert all(air(rows)[key] >= dew for key, dew in air(rows, "TD").items())


def test_a_row_that_is_only_reformatted_has_the_same_bytes(source):
    assert around(broken(source, "bias:108:0.0"), 108) == around(source, 108)


def test_a_stuck_sensor_repeats_its_last_value(source):
    right, wrong = air(around(source, 108)), air(around(broken(source, "stuck:108"), 108))

    after = {value for (_, hour), value in wrong.items() if hour >= BROKEN_AT}
    assert after == {right[108, BROKEN_AT - 1]}
    assert [wrong[108, BROKEN_AT - back] for back in (1, 2)] == [
        right[108, BROKEN_AT - back] for back in (1, 2)
    ]


def test_a_silent_station_has_no_rows_and_the_others_have_theirs(source):
    values = air(around(broken(source, "silent:108"), 108, 159))

    assert {station for station, hour in values if hour >= BROKEN_AT} == {159}
    assert {station for station, hour in values if hour < BROKEN_AT} == {108, 159}


def test_rows_of_a_broken_sensor_stay_wrong_after_the_repair(source):
    sensors = broken(source, "bias:108:2.0")
    sensors.switch([], BROKEN_AT + 1.5)
    right, wrong = air(around(source, 108)), air(around(sensors, 108))

    off = [round(wrong[108, BROKEN_AT + hour] - right[108, BROKEN_AT + hour], 1) for hour in range(-1, 4)]
    assert off == [0, 2, 2, 0, 0]


def test_a_fault_can_begin_at_a_named_hour(source):
    sensors = Sensors(source)
    sensors.switch([SensorFault.parse("silent:108:since=202605100800")], LATER)

    assert max(hour for _, hour in air(around(sensors, 108))) == clock.parse_tm("202605100700")


@pytest.mark.parametrize(
    "text", ["bias:108", "stuck", "silent:Seoul", "bias:108:2.0:since=tomorrow", "stuck:108:1"]
)
def test_an_invalid_sensor_fault_is_refused_with_what_is_allowed(text):
    with pytest.raises(ValueError, match="write bias:108"):
        SensorFault.parse(text)


def put(address, body: str, path: str = "/faults") -> tuple[int, str]:
    connection = http.client.HTTPConnection(*address, timeout=60)
    connection.request("PUT", path, body)
    response = connection.getresponse()
    result = response.status, response.read().decode()
    connection.close()
    return result


def test_faults_are_switched_while_it_serves(serve):
    hour = {"tm1": "202607011100", "tm2": "202607011200", "stn": "108"}
    with serve() as ask:
        right = ask("kma_sfctm3", **hour)
        assert put(ask.address, "silent:108:since=202607011200\n500:call=99") == (
            200, "silent:108:since=202607011200 500:call=99\n",
        )  # fmt: skip
        silent = ask("kma_sfctm3", **hour)
        assert put(ask.address, "nonsense")[0] == 400
        assert put(ask.address, "", "/elsewhere")[0] == 404
        assert ask("kma_sfctm3", **hour) == silent
        assert put(ask.address, "500") == (200, "500\n")
        assert ask("kma_sfctm3", **hour)[0] == 500
        assert put(ask.address, "") == (200, "none\n")
        again = ask("kma_sfctm3", **hour)

    assert b"202607011200 108" in right[1]
    assert b"202607011200 108" not in silent[1]
    assert again == silent  # since it was silent at that hour
