"""Files of observations: imported completely, every row accounted for."""

import gzip
import logging
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.ingest.conftest import *  # noqa: F403  the fixtures of a load
from tests.ingest.conftest import NOW, Loader, opened, some
from tests.lake.conftest import Saved, new_bucket, observations
from tests.sources import files
from weather_mlops.__main__ import _paths, main
from weather_mlops.ingest.importer import Imported, import_files
from weather_mlops.kma.client import Response
from weather_mlops.lake import raw
from weather_mlops.lake.health import newest_hour
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.publish import publish

pytestmark = [pytest.mark.integration]
OBSERVED = Path(__file__).resolve().parents[3] / "shared" / "kma" / "observed"
LOG = logging.getLogger("weather_mlops.ingest.importer")
LOAD = some("2024-01-30", "2024-02-02", (108, 143))


def take_in(loader, *files):
    moments = (NOW + timedelta(seconds=second) for second in count(len(list(loader.store.list("raw/")))))
    return import_files(
        files,
        store=loader.store,
        catalog=loader.catalog,
        suites_dir=loader.suites_dir,
        clock=lambda: next(moments),
    )


@pytest.fixture
def saved(loader, tmp_path) -> list[Path]:
    """Responses of the API, one of them gzipped; their rows are not in the table."""
    with loader.api() as url:
        responses = list(loader.client(url).period(LOAD.begin, LOAD.end, LOAD.stations))
        later = list(loader.client(url).period(LOAD.end, LOAD.end, LOAD.stations))
    plain, packed = tmp_path / "a.txt", tmp_path / "b.txt.gz"
    plain.write_bytes(responses[0].body)
    packed.write_bytes(gzip.compress(later[0].body))
    return [plain, packed]


def test_files_are_taken_in_with_every_row_accounted_for(loader, saved):
    result = take_in(loader, *saved)

    assert result.files == 2
    assert result.arrived == result.published + result.equal + result.quarantined + result.unreadable
    assert result.published == len(loader.observations())
    assert result.equal == 2  # the last hour is in both files
    assert len(list(raw.list_all(loader.store, raw.IMPORTED))) == 2


def test_the_same_files_again_change_nothing(loader, saved):
    first = take_in(loader, *saved)
    again = take_in(loader, *saved)

    assert (again.published, again.equal) == (0, first.arrived)
    assert len(list(raw.list_all(loader.store, raw.IMPORTED))) == 2


def test_a_later_file_corrects_an_earlier_one(loader, saved, tmp_path):
    text = saved[1]
    body = gzip.decompress(text.read_bytes())
    rows = [line for line in body.splitlines(keepends=True) if not line.startswith(b"#")]
    corrected = tmp_path / "c.txt"
    tokens = rows[0].split()
    tokens[3] = b"12.3"
    corrected.write_bytes(body.replace(rows[0], b" ".join(tokens) + b"\n"))
    take_in(loader, *saved, corrected)
    result = loader.rebuild()

    (row,) = [row for row in loader.observations() if row["wind_speed_ms"] == 12.3]
    assert row["observed_at"] == LOAD.end
    assert result.differences == []


def test_a_load_after_an_import_asks_for_what_the_files_lack(loader, saved):
    take_in(loader, saved[0])
    loader.calls.clear()
    result = loader.load(some("2024-01-30", "2024-02-03", LOAD.stations))

    assert result["inserted"] <= 24 * 2
    assert len(loader.calls) <= 3


def test_a_damaged_file_is_refused_by_name_and_the_others_go_in(loader, saved, tmp_path, caplog):
    half = tmp_path / "half.txt"
    half.write_bytes(saved[0].read_bytes()[:2000])
    result = take_in(loader, half, saved[0], tmp_path / "absent.txt")

    assert (result.files, result.refused) == (1, 2)
    assert "half.txt" in caplog.text
    assert "end marker" in caplog.text
    assert result.published > 0


@pytest.fixture(scope="module")
def brought(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """What people bring: of each kind one. Nobody changes these files."""
    folder = tmp_path_factory.mktemp("brought")
    day = files.hub(*files.hub_rows(range(24))).encode()
    bodies = {
        "page.html": b"<!DOCTYPE html><html><body>maintenance</body></html>",
        "portal.csv": files.portal(*files.portal_rows(range(12), "0.5")).encode("cp949"),
        "list.json": files.as_json(
            *[files.item(hour, ta="0.7", ws="1.7") for hour in range(12, 24)]
        ).encode(),
        "damaged.txt.gz": gzip.compress(day)[:40] + b"\xff" * 99,
        "utf16.txt": day.decode().encode("utf-16"),
    }
    for name, body in bodies.items():
        (folder / name).write_bytes(body)
    with zipfile.ZipFile(folder / "months.zip", "w") as archive:
        archive.writestr("next.txt", files.hub(*files.hub_rows(range(24), day="20240103")))
    return [*(folder / name for name in bodies), folder / "months.zip"]


class TakenIn(NamedTuple):
    """An import of what people bring: its bucket and catalog, its counts, and its lines in the log."""

    saved: Saved
    imported: Imported
    lines: list[str]


@pytest.fixture(scope="module")
def taken_in(server: int, brought: list[Path], tmp_path_factory: pytest.TempPathFactory) -> TakenIn:
    access, database = new_bucket(server), tmp_path_factory.mktemp("taken-in") / "catalog.db"
    lines = Lines()
    with opened(ObjectStore(access), database) as loader:
        LOG.addHandler(lines)
        LOG.setLevel(logging.INFO)
        imported = take_in(loader, *brought)
        LOG.removeHandler(lines)
    return TakenIn(Saved(loader.store, database), imported, lines.messages)


class Lines(logging.Handler):
    """The messages of a logger."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@pytest.fixture
def after_import(taken_in: TakenIn) -> Iterator[Loader]:
    """The tables after that import, as if nobody had touched them since."""
    taken_in.saved.restore()
    with opened(taken_in.saved.store, taken_in.saved.database) as loader:
        yield loader


def test_each_file_gives_a_line_and_the_last_line_adds_up(after_import, taken_in, brought):
    imported, lines = taken_in.imported, taken_in.lines

    assert len(lines) == len(brought)
    for name, words in {
        "portal.csv": "the portal's hourly CSV, CP949, rows=12 unreadable=0",
        "list.json": "getWthrDataList, UTF-8, rows=12 unreadable=0",
        "utf16.txt": "kma_sfctm2/3, UTF-16, rows=24 unreadable=0",
        "months.zip:next.txt": "kma_sfctm2/3, ASCII, rows=24 unreadable=0",
        "page.html": "an HTML page",
        "damaged.txt.gz": "a damaged gzip",
    }.items():
        (line,) = [each for each in lines if f"/{name}: {words}" in each]
        assert ("import: refused: " in line) == (not line.endswith("unreadable=0"))
    assert (imported.files, imported.refused, imported.arrived) == (4, 2, 72)
    assert imported.arrived == (
        imported.published + imported.equal + imported.quarantined + imported.unreadable
    )
    assert (imported.published, imported.corrected) == (72, 24)
    assert len(list(raw.list_all(after_import.store, raw.IMPORTED))) == 4
    assert after_import.table("quarantine").num_rows == 0


def test_what_passed_quality_control_corrects_its_own_columns(after_import):
    rows = [row for row in after_import.observations() if row["observed_at"].day == 2]
    temperatures = Counter(row["air_temperature_c"] for row in after_import.observations())

    assert temperatures == {0.5: 12, 0.7: 12, -0.1: 24}
    assert {row["sea_level_pressure_hpa"] for row in rows} == {1027.5}
    assert after_import.rebuild().differences == []


def test_the_same_files_in_another_order_change_nothing(after_import, taken_in, brought):
    rows = after_import.observations()
    again = take_in(after_import, *reversed(brought))

    arrived = taken_in.imported.arrived
    assert (again.arrived, again.published, again.equal) == (arrived, 0, arrived)
    assert after_import.observations() == rows
    assert after_import.rebuild().differences == []


def test_an_import_stopped_after_raw_is_done_by_the_next_one(loader, brought, monkeypatch):
    take_in(loader, brought[4])
    with monkeypatch.context() as stopped:
        stopped.setattr("weather_mlops.ingest.importer.publish_audited", interrupt)
        with pytest.raises(KeyboardInterrupt):
            take_in(loader, brought[1])
    result = take_in(loader, brought[1])

    assert (result.published, result.corrected) == (12, 12)
    assert loader.rebuild().differences == []


def interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_an_older_file_fills_gaps_and_replaces_nothing_newer(loader, brought):
    take_in(loader, brought[4])
    take_in(loader, brought[1])
    loader.catalog.load_table("weather.observations").delete("air_temperature_c < 0")
    result = take_in(loader, brought[4])

    assert (result.published, result.corrected, result.equal) == (12, 0, 12)
    assert Counter(row["air_temperature_c"] for row in loader.observations()) == {0.5: 12, -0.1: 12}


def test_raw_keeps_what_was_brought_and_where_it_is_from(after_import, brought):
    store = after_import.store
    responses = [raw.read_response(store, each.key) for each in raw.list_all(store, raw.IMPORTED)]

    assert {(each.about["params"]["format"], each.about["params"]["encoding"]) for each in responses} == {
        ("kma_sfctm", "UTF-16"), ("kma_sfctm", "ASCII"), ("portal_csv", "CP949"), ("asos_hourly", "UTF-8"),
    }  # fmt: skip
    assert brought[1].read_bytes() in {each.body for each in responses}


def test_a_portal_file_is_published_and_comes_again_from_raw(loader, tmp_path):
    header = "지점,지점명,일시,기온(°C),강수량(mm)"
    (tmp_path / "a.csv").write_bytes(
        files.portal(*files.portal_rows(range(5), "-9.0", ""), header=header).encode("cp949")
    )
    result = take_in(loader, tmp_path / "a.csv")
    again = take_in(loader, tmp_path / "a.csv")

    assert (result.published, again.equal) == (5, 5)
    assert {row["air_temperature_c"] for row in loader.observations()} == {-9.0}
    loader.catalog.load_table("weather.observations").delete()
    assert len(loader.rebuild(apply=True).differences) == 5
    assert {row["air_temperature_c"] for row in loader.observations()} == {-9.0}


def test_a_later_file_with_other_columns_adds_them(loader, tmp_path):
    (tmp_path / "a.csv").write_text(files.portal(*files.portal_rows(range(5), "0.5")))
    wind = files.portal(*files.portal_rows(range(5), "3.1"), header="지점,지점명,일시,풍속(m/s)")
    (tmp_path / "b.csv").write_text(wind)
    take_in(loader, tmp_path / "a.csv")
    result = take_in(loader, tmp_path / "b.csv", tmp_path / "a.csv")

    assert (result.published, result.corrected, result.equal) == (5, 5, 5)
    assert {(row["air_temperature_c"], row["wind_speed_ms"]) for row in loader.observations()} == {(0.5, 3.1)}
    assert loader.rebuild().differences == []


def test_nothing_of_a_refused_file_is_kept_anywhere(loader, tmp_path):
    daily = "20240102 108 1.7 1464 290 4.0 " + "0.5 " * 50
    (tmp_path / "daily.txt").write_text(files.hub(*[daily] * 3, header="#"))
    before = {entry.key for entry in loader.store.list("")}
    result = take_in(loader, tmp_path / "daily.txt")

    assert str(result) == (
        "imported: files=0 refused=1 arrived=0 published=0 corrected=0 equal=0 quarantined=0 unreadable=0"
    )
    assert {entry.key for entry in loader.store.list("")} == before


@pytest.mark.skipif(
    not OBSERVED.is_dir(), reason=f"NO REAL OBSERVATIONS at {OBSERVED}: the import is not tried on them"
)
def test_every_row_of_three_real_years_is_accounted_for(loader):
    files = sorted(OBSERVED.glob("*.txt.gz"))
    rows = Counter(
        line.startswith(b"#") for path in files for line in gzip.decompress(path.read_bytes()).splitlines()
    )[False]
    result = take_in(loader, *files)

    assert result.arrived == rows
    assert result.published + result.equal + result.quarantined + result.unreadable == rows
    assert len(loader.observations()) == result.published > 0.999 * rows


def test_the_command_says_what_it_needs(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("WEATHER_BUCKET", "weather")

    assert main(["import", str(tmp_path / "nothing*.gz")]) == 1
    assert "no such file" in capsys.readouterr().err


def test_the_command_prints_lines_and_exits_with_1_if_it_refused(loader, brought, tmp_path):
    access = loader.store.access
    environment = {
        "PATH": "/usr/bin:/bin",
        "WEATHER_BUCKET": access.bucket,
        "AWS_ENDPOINT_URL": access.endpoint_url,
        "AWS_ACCESS_KEY_ID": access.access_key_id,
        "AWS_SECRET_ACCESS_KEY": access.secret_access_key,
        "PYICEBERG_CATALOG__WEATHER__TYPE": "sql",
        "PYICEBERG_CATALOG__WEATHER__URI": f"sqlite:///{tmp_path}/command.db",
    }
    command = [sys.executable, "-m", "weather_mlops", "import", "--", *map(str, brought)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)

    assert result.returncode == 1
    assert result.stdout == (
        "imported: files=4 refused=2 arrived=72 published=72 corrected=24 equal=0 quarantined=0 "
        "unreadable=0\n"
    )
    assert len(result.stderr.splitlines()) == len(brought)


def test_a_name_in_brackets_is_a_file_not_a_pattern(tmp_path):
    (tmp_path / "OBS_ASOS_TIM[1].csv").touch()
    (tmp_path / "a.txt").touch()
    patterns = [str(tmp_path / name) for name in ("OBS_ASOS_TIM[1].csv", "*.txt", "absent.txt")]

    assert [path.name for path in _paths(patterns)] == ["OBS_ASOS_TIM[1].csv", "a.txt", "absent.txt"]


def test_an_empty_response_has_no_rows_and_hinders_no_rebuild(loader, tmp_path):
    (tmp_path / "empty.txt").write_text(files.hub())
    (tmp_path / "day.txt").write_text(files.hub(*files.hub_rows(range(3))))
    result = take_in(loader, tmp_path / "empty.txt", tmp_path / "day.txt")

    assert (result.files, result.refused, result.published) == (2, 0, 3)
    assert loader.rebuild().differences == []


def test_a_damaged_file_of_a_damaged_name_is_taken_in_by_rows(loader, tmp_path, caplog):
    caplog.set_level(logging.INFO, "weather_mlops.ingest.importer")
    rows = files.portal_rows(range(6), "0.5", "Sc")
    text = files.portal(*rows, header="지점,지점명,일시,기온(°C),운형").replace("서울", '"서울', 1)
    body = text.encode("cp949").replace(b"0.5,Sc\r\n", b"0.5,\xff\xfe\r\n", 2)
    damaged = Path(f"{tmp_path}/\udcb0\udcfc\n.csv")
    damaged.write_bytes(body + b"108,\xbc\xad\xbf")
    result = take_in(loader, damaged)

    assert (result.files, result.arrived, result.published, result.unreadable) == (1, 7, 4, 3)
    assert "/\\xb0\\xfc\\n.csv: the portal's hourly CSV, damaged CP949, rows=4 unreadable=3" in caplog.text
    assert loader.rebuild().differences == []


def test_impossible_hours_are_set_aside_with_the_reason(loader, tmp_path):
    good = files.portal_rows(range(3), "0.5")
    never = [
        *files.portal_rows([0], "0.5", day="2099-01-01"),
        *files.portal_rows([0], "0.5", day="1899-01-01"),
    ]
    (tmp_path / "a.csv").write_text(files.portal(*good, *never))
    result = take_in(loader, tmp_path / "a.csv")
    again = take_in(loader, tmp_path / "a.csv")

    assert (result.published, result.unreadable, again.published, again.equal) == (3, 2, 0, 3)
    assert sorted(loader.table("quarantine")["value"].to_pylist()) == [
        "not a time: '1899-01-01 00:00': 108,서울,1899-01-01 00:00,0.5",
        "the hour was still to come when it was received: station 108, 2098-12-31 15:00 UTC",
    ]
    (stored,) = raw.list_all(loader.store, raw.IMPORTED)
    assert stored.end.year == 2024
    assert loader.rebuild().differences == []


@pytest.mark.parametrize("kind", ["hub", "portal", "json"])
def test_a_file_of_hours_to_come_is_refused_in_a_sentence(loader, tmp_path, caplog, kind):
    text = {
        "hub": lambda: files.hub(*files.hub_rows(range(3), day="20990101")),
        "portal": lambda: files.portal(*files.portal_rows(range(3), "0.5", day="2099-01-01")),
        "json": lambda: files.as_json(*[files.item(hour, day="2099-01-01", ta="0.5") for hour in range(3)]),
    }[kind]()
    (tmp_path / "a").write_text(text)
    result = take_in(loader, tmp_path / "a")

    assert (result.files, result.refused, result.arrived) == (0, 1, 0)
    assert "3 of 3 rows can't be read" in caplog.text
    assert "the hour was still to come" in caplog.text


def test_a_rebuild_looks_only_at_the_months_that_raw_has(loader, tmp_path):
    rows = [
        row for day in ("1950-01-02", "2024-01-02") for row in files.portal_rows(range(2), "0.5", day=day)
    ]
    (tmp_path / "a.csv").write_text(files.portal(*rows))
    take_in(loader, tmp_path / "a.csv")
    # As an earlier version took in a file with a row of 2099: raw is never removed.
    rows = [*files.portal_rows([2], "0.5"), *files.portal_rows([0], "0.5", day="2099-01-01")]
    body = files.portal(*rows).encode()
    params = {"format": "portal_csv", "tm1": "202401020200", "tm2": "209901010000", "stn": "108"}
    raw.put_response(loader.store, Response(raw.IMPORTED, params, "file:b.csv", 0, NOW, body), 2)
    publish(loader.catalog, observations([108], [datetime(2098, 12, 31, 15, tzinfo=UTC)]), run="earlier")
    result = loader.rebuild(apply=True)

    assert result.months == 3
    assert sorted(row["observed_at"].year for row in loader.observations()) == [1950, 1950, 2024, 2024, 2024]
    assert newest_hour(loader.catalog) == datetime(2024, 1, 1, 17, tzinfo=UTC)
