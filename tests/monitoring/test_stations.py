"""The stored list of sensors that are off."""

import json
from datetime import UTC, datetime

import pytest

from weather_mlops.monitoring import stations

EARLY, LATE = (datetime(2026, 11, day, tzinfo=UTC).isoformat() for day in (1, 9))
SENSOR = "air_temperature_c@108"


def test_a_sensor_keeps_the_first_time_that_it_was_off(store):
    stations.save_off_sensors(store, {}, {SENSOR: EARLY})
    stations.save_off_sensors(store, stations.load_off_sensors(store), {SENSOR: LATE, "dew_point_c@90": LATE})
    assert stations.load_off_sensors(store) == {SENSOR: EARLY, "dew_point_c@90": LATE}


def test_a_sensor_that_is_well_again_is_forgotten(store):
    stations.save_off_sensors(store, {}, {SENSOR: EARLY})
    stations.save_off_sensors(store, stations.load_off_sensors(store), {})
    assert stations.load_off_sensors(store) == {}


@pytest.mark.parametrize("damaged", [b"{", b"[]", b"3", json.dumps({SENSOR: "soon"}).encode()])
def test_a_damaged_list_is_empty(store, damaged):
    assert stations.load_off_sensors(store) == {}
    store.put(stations.SENSORS_KEY, damaged)
    assert stations.load_off_sensors(store) == {}
