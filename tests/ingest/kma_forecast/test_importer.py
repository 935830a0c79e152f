"""Files of the portal's forecast: imported completely, every line accounted for."""

import gzip
import logging
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ingest.kma_forecast.conftest import access, catalog, connect_catalog, proxy, server, store  # noqa: F401
from tests.lake.conftest import new_bucket
from tests.quality import staged  # noqa: F401  imports Great Expectations without its warnings
from tests.sources import files as observed
from weather_mlops.ingest.importer import import_files
from weather_mlops.ingest.kma_forecast import importer
from weather_mlops.kma.forecast.issues import valid_times
from weather_mlops.lake import kma_forecast_gaps, raw
from weather_mlops.lake.catalog import ensure_tables, open_catalog
from weather_mlops.lake.kma_forecasts import ARCHIVE_DELAY
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.settings import project_folder

pytestmark = [pytest.mark.integration]
PORTAL = Path(__file__).resolve().parents[4] / "shared" / "kma" / "guidance" / "portal"
SEOUL, ULSAN = 108, 152
LEADS = range(6, 30)


def csv(*lines: str, cell: str = "60_127", start: str = "20250701") -> str:
    head = f" format: day,hour,forecast,value  location:{cell} Start : {start} "
    return "\r\n".join([head, *lines, ""])


def issue(values, day: int = 1, hour: str = "0200", leads=LEADS) -> list[str]:
    return [f" {day},{hour},+{lead},{value:.6f} " for lead, value in zip(leads, values, strict=False)]


@pytest.fixture
def world(store, catalog):  # noqa: F811  the fixtures
    ensure_tables(catalog)
    return store, catalog


def take_in(world, *paths: Path, station: str = "", now=lambda: datetime(2026, 11, 30, tzinfo=UTC)):
    return import_files(
        paths, store=world[0], catalog=world[1], suites_dir=project_folder("expectations"), clock=now,
        station=station,
    )  # fmt: skip


def table(world, name: str = "kma_forecasts") -> list[dict]:
    rows = world[1].load_table(f"weather.{name}").scan().to_arrow().to_pylist()
    return sorted(rows, key=lambda row: (row["station_id"] or 0, row["issued_at"], row["valid_at"] or 0))


def table_of_gaps(world) -> list[dict]:
    return world[1].load_table("weather.kma_forecast_gaps").scan().to_arrow().to_pylist()


def put(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def adds_up(result) -> bool:
    return result.arrived == result.published + result.equal + result.quarantined + result.unreadable


def test_the_variables_of_a_cell_are_merged_to_rows(world, tmp_path):
    warm = put(tmp_path, "60_127_TMP.csv", csv(*issue([20.0] * 24)))
    humid = put(tmp_path, "서울_습도_202507.csv", csv(*issue([70.0] * 12)))

    result = take_in(world, warm, humid)

    rows = table(world)
    assert (result.files, result.arrived, result.published) == (2, 36, 36)
    assert adds_up(result)
    assert {row["station_id"] for row in rows} == {SEOUL}
    assert [row["relative_humidity_pct"] for row in rows] == [70.0] * 12 + [None] * 12
    assert {row["air_temperature_c"] for row in rows} == {20.0}
    assert {row["received_at"] - row["issued_at"] for row in rows} == {ARCHIVE_DELAY}
    assert {row["source"] for row in rows} == {"portal"}


def test_another_variable_later_completes_the_rows(world, tmp_path):
    take_in(world, put(tmp_path, "60_127_TMP.csv", csv(*issue([20.0] * 24))))
    result = take_in(world, put(tmp_path, "60_127_REH.csv", csv(*issue([70.0] * 24))))

    rows = table(world)
    assert (result.published, result.corrected) == (24, 0)
    assert {(row["air_temperature_c"], row["relative_humidity_pct"]) for row in rows} == {(20.0, 70.0)}


def test_the_same_forecasts_again_change_nothing(world, tmp_path):
    path = put(tmp_path, "60_127_TMP.csv", csv(*issue(range(24))))
    take_in(world, path)
    before, commits = table(world), len(world[1].load_table("weather.kma_forecasts").metadata.snapshots)
    result = take_in(world, path, now=lambda: datetime(2026, 12, 24, tzinfo=UTC))

    assert (result.published, result.equal) == (0, 24)
    assert table(world) == before
    assert len(world[1].load_table("weather.kma_forecasts").metadata.snapshots) == commits
    assert len(list(raw.list_raw(world[0], importer.IMPORTED))) == 1


def test_equal_files_of_two_variables_are_both_in_raw(world, tmp_path):
    dry = csv(*issue([0.0] * 24))
    take_in(world, put(tmp_path, "60_127_SNO.csv", dry), put(tmp_path, "60_127_PCP.csv", dry))

    keys = list(raw.list_raw(world[0], importer.IMPORTED))
    again, _ = importer.replayed(world[0], keys)
    assert len(keys) == 2
    assert {(row["snow_cm"], row["precipitation_mm"]) for row in again.to_pylist()} == {(0.0, 0.0)}


def test_a_corrected_file_replaces_what_it_corrects(world, tmp_path):
    take_in(world, put(tmp_path, "60_127_TMP.csv", csv(*issue([20.0] * 24))))
    result = take_in(world, put(tmp_path, "60_127_TMP_neu.csv", csv(*issue([21.0] + [20.0] * 23))))

    assert (result.published, result.corrected, result.equal) == (1, 1, 23)
    assert [row["air_temperature_c"] for row in table(world)] == [21.0] + [20.0] * 23


def test_files_close_the_gaps_of_their_issues(world, tmp_path):
    issued = datetime(2025, 7, 1, 2, tzinfo=UTC)
    absent = {(SEOUL, issued): "missing", (SEOUL, issued + timedelta(hours=3)): "missing"}
    kma_forecast_gaps.record(world[1], absent=absent, present=(), run="test", now=issued)
    hours = [(valid - issued) // timedelta(hours=1) for valid in valid_times(issued)]
    half = put(tmp_path, "60_127_TMP.csv", csv(*issue([20.0] * len(hours), leads=hours[::2])))
    take_in(world, half)
    assert kma_forecast_gaps.count_open(world[1]) == 2
    take_in(world, put(tmp_path, "60_127_TMP_all.csv", csv(*issue([20.0] * len(hours), leads=hours))))

    closed = {row["issued_at"]: row["closed_at"] is not None for row in table_of_gaps(world)}
    assert closed == {issued: True, issued + timedelta(hours=3): False}


def test_an_import_of_forecasts_has_data_docs(world, tmp_path):
    take_in(world, put(tmp_path, "60_127_TMP.csv", csv(*issue([20.0] * 23 + [85.0]))))
    (page,) = [entry.key for entry in world[0].list("quality/docs/") if "/load_" in entry.key]

    text = world[0].get(page).decode()
    assert "2025-07-01 11:00 to 2025-07-01 11:00 KST" in text
    assert "air_temperature_c" in text


def test_archives_and_encodings_are_read_by_content(world, tmp_path, caplog):
    body = csv(*issue([20.0] * 24))
    packed = tmp_path / "60_127_TMP.csv.gz"
    packed.write_bytes(gzip.compress(body.encode()))
    with zipfile.ZipFile(tmp_path / "portal.zip", "w") as archive:
        archive.writestr("60_127_REH.csv", csv(*issue([70.0] * 24)))
        archive.writestr("60_127_SKY.csv", csv(*issue([3.0] * 24)))
    wide = put(tmp_path, "60_127_WSD.csv", csv(*issue([2.0] * 24)), "utf-16")
    korean = put(tmp_path, "60_127_VEC.csv", csv(*issue([90.0] * 24), " 강수없음 "), "cp949")
    mac = put(tmp_path, "60_127_POP.csv", csv(*issue([30.0] * 24)).replace("\r\n", "\r"))
    with caplog.at_level(logging.INFO, logger="weather_mlops.ingest.kma_forecast.importer"):
        result = take_in(world, packed, tmp_path / "portal.zip", wide, korean, mac)

    (row,) = {tuple(list(row.values())[4:]) for row in table(world)}
    assert (result.files, result.arrived, result.published, result.unreadable) == (6, 145, 144, 1)
    assert adds_up(result)
    assert row[:7] == (20.0, None, None, 70.0, 2.0, 90.0, 3)
    assert "CP949" in caplog.text
    assert "UTF-16" in caplog.text


def test_observations_and_forecasts_go_in_together(world, tmp_path):
    hours = put(tmp_path, "hours.txt", observed.hub(*observed.hub_rows(range(24))))
    forecast = put(tmp_path, "60_127_TMP.csv", csv(*issue([20.0] * 24)))
    result = take_in(world, forecast, hours)

    assert (result.files, result.refused, result.arrived, result.published) == (2, 0, 48, 48)
    assert len(table(world)) == 24


def test_unusable_forecasts_are_refused_in_a_line_each(world, tmp_path, caplog):
    good = put(tmp_path, "60_127_TMP.csv", csv(*issue([20.0] * 24)))
    unusable = {
        "nameless.csv": (csv(*issue([20.0] * 24)), "has no variable"),
        "60_127_REH.csv": (csv("a", "b", *issue([20.0])), "2 of 3 lines can't be read"),
        "1_1_TMP.csv": (csv(*issue([20.0] * 24), cell="1_1"), "no station stands in cell 1_1"),
        "60_127_WSD.csv": (csv(*issue([2.0] * 24), start="20990101"), "which is in the future"),
        "60_127_SKY.csv": (csv(*issue([3.0])).replace("forecast,", "ncst,"), "another product"),
    }
    paths = [put(tmp_path, name, text) for name, (text, _) in unusable.items()]
    result = take_in(world, *paths, good, tmp_path / "absent_TMP.csv")

    refused = [record.getMessage() for record in caplog.records if "refused" in record.getMessage()]
    assert (result.files, result.refused) == (1, 6)
    for name, (_, words) in unusable.items():
        (line,) = [line for line in refused if f"/{name}:" in line]
        assert words in line
        assert "\n" not in line
    assert len(table(world)) == 24


def test_a_station_takes_the_file_of_a_neighbouring_cell(world, tmp_path, caplog):
    near = put(tmp_path, "102_83_T3H.csv", csv(*issue([20.0] * 24), cell="102_83"))
    far = put(tmp_path, "60_127_T3H.csv", csv(*issue([10.0] * 24)))
    result = take_in(world, near, far, station=str(ULSAN))

    assert (result.files, result.refused) == (1, 1)
    assert "import the files of one cell" in caplog.text
    assert {(row["station_id"], row["cell_x"], row["cell_y"]) for row in table(world)} == {(ULSAN, 102, 83)}


def test_impossible_values_go_to_quarantine(world, tmp_path):
    values = [20.0] * 24
    values[3], values[7] = 85.0, -999.9
    path = put(tmp_path, "60_127_TMP.csv", csv(*issue(values), " 99,0200,+6,20.0 "))
    take_in(world, path)
    result = take_in(world, path)

    refused = table(world, "kma_forecast_quarantine")
    assert (result.arrived, result.quarantined, result.unreadable, result.equal) == (25, 1, 1, 23)
    assert adds_up(result)
    assert sorted(row["rule"].partition(";")[0] for row in refused) == [
        "air_temperature_c_physical",
        "unreadable_row",
    ]
    (key,) = {row["raw_key"] for row in refused}
    assert any("line 26: no day of 2025-07" in row["value"] for row in refused)
    assert raw.read_response(world[0], key).body == path.read_bytes()
    assert len(table(world)) == 22


def test_a_stored_file_gives_its_rows_again(world, tmp_path):
    take_in(world, put(tmp_path, "102_83_T3H.csv", csv(*issue(range(24)), cell="102_83")), station="울산")
    (key,) = raw.list_raw(world[0], importer.IMPORTED)

    again, rejected = importer.replayed(world[0], [key])
    assert again.drop_columns(["raw_key"]).to_pylist() == table(world)
    assert rejected.num_rows == 0


LINES = st.lists(
    st.builds(
        lambda day, hour, lead, value: f" {day},{hour},+{lead},{value} ",
        st.integers(1, 2),
        st.sampled_from(["0200", "0500", "0300"]),
        st.integers(1, 4),
        st.sampled_from(["20.0", "21.0", "-999.9", "85.0"]),
    )
    | st.sampled_from(["x", "1,0200,+1", " Start : 20250801 "]),
    min_size=1,
    max_size=12,
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])  # a bucket each
@given(st.lists(st.tuples(st.sampled_from(["TMP", "T3H", "REH"]), LINES), min_size=1, max_size=3))
def test_whatever_the_lines_are_each_is_accounted_for(server, tmp_path_factory, given_files):  # noqa: F811
    folder = tmp_path_factory.mktemp("lines")
    bucket = ObjectStore(new_bucket(server))
    paths = [
        put(folder, f"{index}_{category}.csv", csv(*lines))
        for index, (category, lines) in enumerate(given_files)
    ]
    tables = open_catalog(bucket.access, type="sql", uri=f"sqlite:///{folder}/catalog.db")
    ensure_tables(tables)
    first = take_in((bucket, tables), *paths)
    before = table((bucket, tables))
    again = take_in((bucket, tables), *paths)
    tables.close()

    assert adds_up(first)
    assert adds_up(again)
    assert first.arrived == again.arrived
    assert first.quarantined == again.quarantined
    assert min(first.published, first.equal, again.equal) >= 0
    assert (again.corrected, again.published) == (0, 0)
    assert table((bucket, tables)) == before


@pytest.mark.skipif(not PORTAL.is_dir(), reason=f"NO REAL FORECASTS at {PORTAL}: none is imported")
def test_the_files_of_ulsan_and_seoul_are_accounted_for(world):
    ulsan = take_in(world, *sorted(PORTAL.glob("102_83_*")), station=str(ULSAN))
    seoul = take_in(world, *sorted(PORTAL.glob("60_127_*")))

    # Each month of 2016 stands twice in its files.
    assert (ulsan.files, ulsan.arrived, ulsan.published, ulsan.equal) == (15, 838_427, 572_175, 266_252)
    assert (seoul.files, seoul.arrived, seoul.published, seoul.equal) == (5, 47_925, 47_925, 0)
    assert ulsan.quarantined + ulsan.unreadable + seoul.quarantined + seoul.unreadable == 0
    rows = table(world)
    assert len(rows) == 130_917
    assert max(row["received_at"] - row["issued_at"] for row in rows) == timedelta(minutes=30)
