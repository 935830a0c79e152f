"""The portal's files that the simulator hands out for a first run are read without a line left over."""

import zipfile
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

import numpy as np
import pytest

from embedded import archive
from simulator import clock
from simulator.forecast import wire
from tests.simulator.conftest import NOW
from tests.simulator.forecast_calls import get
from weather_mlops.sources import kma_forecast_csv
from weather_mlops.sources.reading import ForecastSource, sources

pytestmark = pytest.mark.integration

LOAD = {"from": "2026-04-02", "to": "2026-06-30", "stations": "108,159,184"}  # 90 days
CELLS = {108: "60_127", 159: "97_74", 184: "53_38"}
ISSUES = 90 * 8
KST_AHEAD = 9


def utc(hour: int) -> np.datetime64:
    return np.datetime64(hour - KST_AHEAD, "h")


@pytest.fixture(scope="module")
def downloaded(tmp_path_factory, kma_forecasts):
    """A first run's download, as it makes it."""
    path = tmp_path_factory.mktemp("portal") / "forecasts.zip"
    archive.download(urlsplit(kma_forecasts.url).port, LOAD, path)
    return path


@pytest.fixture(scope="module")
def files(downloaded):
    """The forecasts in it, by cell and variable."""
    read = [file for _, file in kma_forecast_csv.read(downloaded)]
    return {(str(file.cell), file.category): file for file in read}


@pytest.fixture(scope="module")
def download(kma_forecasts, tmp_path_factory):
    """Reads the files of another download."""

    def downloaded(**params: str) -> list[kma_forecast_csv.ForecastFile]:
        path = tmp_path_factory.mktemp("portal") / "forecasts.zip"
        path.write_bytes(get(f"{kma_forecasts.url}/portal/forecasts.zip?{urlencode(params, safe=':,')}").body)
        return [file for _, file in kma_forecast_csv.read(path)]

    return downloaded


def test_a_first_run_gets_a_file_of_each_station_and_variable(files, downloaded):
    assert set(files) == {(cell, name) for cell in CELLS.values() for name in ("TMP", "TMX", "TMN")}
    assert all(isinstance(source, ForecastSource) for _, source in sources(downloaded))
    for _, source in sources(downloaded):
        assert source.parsed(NOW).newest_issue == datetime(2026, 6, 30, 23, tzinfo=UTC)


def test_every_line_of_a_first_run_has_a_value(files):
    for file in files.values():
        assert (file.missing, file.duplicates, len(file.unreadable)) == (0, 0, 0)
        assert file.lines == len(file.values) > 3 * ISSUES * 0.99
        assert len(np.unique(file.issued_at)) == ISSUES


@pytest.mark.parametrize("first", ["2026040211", "2026042911", "2026063011"])
def test_a_first_run_reads_the_values_that_were_forecast(files, forecasts, first):
    ids = forecasts.weather.places.ids.tolist()
    begin = clock.parse_tm(first)
    days = [forecasts.temperatures(issue) for issue in range(begin, begin + 24, 3)]
    for (cell, category), file in files.items():
        station = ids.index(next(each for each, own in CELLS.items() if own == cell))
        expected = [
            (utc(forecast.issue), utc(hour), value)
            for forecast in days
            for hour, value in zip(
                forecast.hours, forecast.numbers[category][:, station].tolist(), strict=True
            )
            # The portal's files of hourly values have no nearer hours.
            if not np.isnan(value) and (category != "TMP" or hour - forecast.issue >= 6)
        ]
        present = (file.issued_at >= utc(begin)) & (file.issued_at < utc(begin + 24))
        columns = (file.issued_at, file.valid_at, file.values)
        assert list(zip(*(column[present] for column in columns), strict=True)) == expected


def test_a_file_is_written_as_the_portal_writes_it(forecasts):
    issues = [forecasts.of(clock.parse_tm(issue)) for issue in ("2026070105", "2026070108", "2026070111")]
    lines = wire.portal_csv(issues, "TMX", 0, 60, 127).decode().split("\n")
    values = [forecast.numbers["TMX"][:, 0] for forecast in issues]
    numbers = [value[~np.isnan(value)] for value in values]

    assert [len(each) for each in numbers] == [4, 4, 4]
    written = [[f"+{6 + day},{value:.6f} " for day, value in enumerate(each)] for each in numbers]
    assert lines == [
        " format: day,hour,forecast,value  location:60_127 Start : 20260630 ",
        *(f" 30,2000,{row}" for row in written[0]),
        *(f" 30,2300,{row}" for row in written[1]),
        " Start : 20260701 ",
        *(f" 1,0200,{row}" for row in written[2]),
        "",
    ]


def test_other_variables_are_read_as_well(download):
    names = "REH,WSD,VEC,SKY,POP,PTY,PCP,SNO"
    read = download(**{"from": "20260629", "to": "20260629", "vars": names, "stn": "108:159"})

    assert len(read) == 2 * 8
    for file in read:
        assert (file.duplicates, file.missing, len(file.unreadable)) == (0, 0, 0)
        assert file.lines == len(file.values) > 8 * 60
    assert kma_forecast_csv.rows(read, NOW).num_rows == sum(len(file.values) for file in read) / 8


def test_all_stations_are_in_an_archive_that_names_none(download, stations):
    read = download(**{"from": "20260629", "to": "20260629", "vars": "TMN"})

    assert set(kma_forecast_csv.rows(read, NOW)["station_id"].to_pylist()) == {each.id for each in stations}


def test_an_archive_has_no_issue_that_is_not_out(download):
    (file,) = download(**{"from": "20260701", "to": "20260702", "stn": "108"})

    assert file.newest_issue == datetime(2026, 7, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("from=20260701", b"not a time"),
        ("from=1&to=20260701", b"not a time"),
        ("from=20260701&to=20260701&vars=TMP,T3H", b"no such variables: T3H"),
    ],
)
def test_a_mistyped_request_of_an_archive_says_what_is_wrong(kma_forecasts, query, words):
    answer = get(f"{kma_forecasts.url}/portal/forecasts.zip?{query}")

    assert answer.status == 400
    assert words in answer.body


def test_an_archive_names_its_files_by_cell_and_variable(downloaded, files):
    with zipfile.ZipFile(downloaded) as names:
        assert f"{CELLS[108]}_TMX_20260402_20260630.csv" in names.namelist()
        assert len(names.namelist()) == len(files)
