"""What is remembered of sensors that are off."""

import json
from datetime import UTC, datetime

import pytest

from weather_mlops.monitoring import stations

EARLY, LATE = (datetime(2026, 11, day, tzinfo=UTC).isoformat() for day in (1, 9))
SENSOR = "air_temperature_c@108"


def test_a_sensor_is_off_since_it_was_first_told(store):
    stations.keep_off(store, {}, {SENSOR: EARLY})
    stations.keep_off(store, stations.load_off(store), {SENSOR: LATE, "dew_point_c@90": LATE})
    assert stations.load_off(store) == {SENSOR: EARLY, "dew_point_c@90": LATE}


def test_a_sensor_that_is_well_again_is_forgotten(store):
    stations.keep_off(store, {}, {SENSOR: EARLY})
    stations.keep_off(store, stations.load_off(store), {})
    assert stations.load_off(store) == {}


@pytest.mark.parametrize("damaged", [b"{", b"[]", b"3", json.dumps({SENSOR: "soon"}).encode()])
def test_a_damaged_memory_is_none(store, damaged):
    assert stations.load_off(store) == {}
    store.put(stations.SENSORS_KEY, damaged)
    assert stations.load_off(store) == {}
