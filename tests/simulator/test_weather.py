"""The simulated weather is deterministic, physical and Korean."""

import subprocess
import sys
import time
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

from simulator import clock, wire
from simulator.climate import saturation_hpa
from simulator.simulated import SimulatedWeather
from simulator.weather import Weather
from weather_mlops.variables import VARIABLES

REPOSITORY = Path(__file__).resolve().parents[2]
JANUARY, JULY = ("202401010100", "202402010000"), ("202407010100", "202408010000")


def column(rows, name):
    return np.array([float(row[wire.NAMES.index(name)]) for row in rows])


def test_all_97_stations_report_by_time_then_station(rows):
    response = rows("202403100100", "202403100300")
    keys = [(row[0], int(row[1])) for row in response]
    assert keys == sorted(keys)
    assert len({station for _, station in keys}) == 97


def test_an_hour_is_the_same_in_every_requested_period(stations):
    begin, end = clock.parse_tm("202402100000"), clock.parse_tm("202402130500")
    whole = SimulatedWeather(5, stations).rows(begin, end, (), end + 100)
    hour_by_hour = SimulatedWeather(5, stations)
    parts = [hour_by_hour.rows(hour, hour, (), end + 100) for hour in range(end, begin - 1, -1)]
    assert whole == [line for part in reversed(parts) for line in part]


def test_a_seed_makes_the_same_weather_in_every_process(stations):
    program = (
        "from simulator.simulated import SimulatedWeather as S;"
        "from weather_mlops.stations import load_stations as l;"
        "import sys; sys.stdout.buffer.write(b''.join(S(3, l()).rows(473000, 473001, (), 474000)))"
    )

    command = [sys.executable, "-c", program]
    elsewhere = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True).stdout
    here, other = (
        b"".join(SimulatedWeather(seed, stations).rows(473000, 473001, (), 474000)) for seed in (3, 4)
    )

    assert here == elsewhere
    assert here != other


def test_dew_point_humidity_and_vapour_pressure_agree(rows):
    for period in (JANUARY, JULY):
        response = rows(*period, 100, 108, 184)
        temperature, dew_point = column(response, "TA"), column(response, "TD")
        vapour = saturation_hpa(dew_point)
        assert np.all(dew_point <= temperature)
        assert np.abs(column(response, "PV") - vapour).max() <= 0.051
        assert np.abs(column(response, "HM") - 100 * vapour / saturation_hpa(temperature)).max() <= 0.51


def test_every_value_is_within_the_limits_of_its_variable(rows):
    measured = [variable for variable in VARIABLES if variable.kind in ("decimal", "integer")]
    for month in ("01", "03", "05", "07", "09", "11"):
        by_token = list(zip(*rows(f"2024{month}010100", f"2024{month}030000"), strict=True))
        for variable in measured:
            present = [token for token in by_token[variable.position] if token not in variable.missing]
            values = np.array(present, dtype=float) * variable.scale
            for limits in filter(None, (variable.physical, variable.record)):
                assert np.all((values >= limits.low) & (values <= limits.high)), variable.name


@pytest.mark.parametrize(
    ("month", "station", "normal"),
    [("01", 108, -2.0), ("01", 159, 3.6), ("01", 184, 6.1), ("08", 108, 26.1), ("08", 159, 26.1)],
)
def test_months_are_as_warm_as_in_korea(weather, month, station, normal):
    # A single month may be 3 K off, as in reality; the mean of eight years is not.
    at = weather.places.ids.tolist().index(station)
    means = []
    for year in range(2015, 2023):
        first = clock.day_of(clock.parse_tm(f"{year}{month}010100"))
        means += [weather.air(day).temperature_c[:, at].mean() for day in range(first, first + 31, 6)]
    assert np.mean(means) == pytest.approx(normal, abs=1.5)


def test_it_is_coldest_on_mountains_and_warmest_in_the_afternoon(rows):
    mountain, coast = rows(*JULY, 100), rows(*JULY, 105)
    assert column(coast, "TA").mean() - column(mountain, "TA").mean() > 3
    assert column(coast, "PA").mean() - column(mountain, "PA").mean() > 70
    hour = np.array([int(row[0][8:10]) for row in coast])
    by_hour = [column(coast, "TA")[hour == h].mean() for h in range(24)]
    assert 13 <= int(np.argmax(by_hour)) <= 17
    assert 4 <= int(np.argmin(by_hour)) <= 7


def test_only_an_upwind_neighbour_helps_a_forecast(stations):
    weather = Weather(1, stations)
    first = clock.day_of(clock.parse_tm("202401010100"))
    series = np.concatenate([weather.air(day).temperature_c for day in range(first, first + 30)])
    anomaly = series - np.tile(series.reshape(-1, 24, series.shape[1]).mean(axis=0), (30, 1))
    ids = weather.places.ids.tolist()
    west, here, east = (anomaly[:, ids.index(station)] for station in (119, 114, 106))  # Suwon to Donghae
    lead = 3

    def error(*neighbours) -> float:
        known = [series[6:-lead] for series in (here, *neighbours)]
        known += [series[3 : -lead - 3] for series in (here, *neighbours)]
        known, truth = np.column_stack(known), here[6 + lead :]
        half = len(truth) // 2
        weights, *_ = np.linalg.lstsq(known[:half], truth[:half], rcond=None)
        return float(np.sqrt(np.mean((known[half:] @ weights - truth[half:]) ** 2)))

    alone = error()
    assert error(west) < 0.9 * alone
    assert error(east) > error(west)
    assert error(west) > 0.3  # and the forecast isn't perfect


def test_rain_is_hourly_in_summer_and_three_hourly_in_winter(rows):
    def rainy_hours(*period):
        return {int(row[0][8:10]) for row in rows(*period, 90, 108, 115, 184) if row[15] != "-9.0"}

    assert rainy_hours(*JULY) == set(range(24))
    assert rainy_hours(*JANUARY) == {0, 3, 6, 9, 12, 15, 18, 21}
    assert rainy_hours("202303310100", "202303312300") <= {0, 3, 6, 9, 12, 15, 18, 21}


def test_the_rain_of_the_day_adds_up_until_midnight(rows):
    def station_and_day(row):
        return row[1], clock.day_of(clock.parse_tm(row[0]))  # 00:00 is the last hour of a day

    response = sorted(rows("202407010100", "202407110000"), key=station_and_day)
    days = [list(day) for _, day in groupby(response, station_and_day)]
    rainy = [day for day in days if len(day) == 24 and day[-1][16] != "-9.0"]
    assert len(rainy) > 100
    for day in rainy:
        assert day[-1][0].endswith("0000")
        assert float(day[-1][16]) == pytest.approx(sum(max(float(row[15]), 0) for row in day), abs=0.01)


def test_it_snows_in_the_cold_only(rows):
    winter = rows("202312010100", "202401010000", 95, 100, 115, 216)
    snowing = [row for row in winter if float(row[19]) > 0.5]
    assert snowing
    assert max(float(row[11]) for row in snowing) < 4
    assert all(float(row[19]) < 0 for row in rows(*JULY, 108, 100))


def test_sun_is_missing_at_night_and_strongest_around_noon(rows):
    response = rows(*JULY, 108)
    for row in response:
        hour = int(row[0][8:10])
        if hour in (0, 1, 2, 3, 4, 22, 23):
            assert row[33:35] == ["-9.0", "-9.00"]
        if 8 <= hour <= 18:
            assert "-9" not in row[33]
    assert 3 < column(response, "SI").max() < 4.2


def test_soil_is_measured_where_people_observe(rows):
    seoul, sokcho = (rows("202404011200", "202404011200", station)[0] for station in (108, 90))
    assert "-99.0" not in seoul[37:41]
    assert sokcho[37:41] == ["-99.0"] * 4


def test_a_month_of_all_stations_takes_seconds(stations):
    source = SimulatedWeather(11, stations)
    began = time.thread_time()  # independent of the machine's load
    assert len(source.rows(473000, 473000 + 720, (), 480000)) > 69000
    assert time.thread_time() - began < 10
