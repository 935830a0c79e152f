"""Recorded rows are served unchanged."""

import gzip

import pytest

from simulator import clock, wire
from simulator.replay import Recording

ROWS = [
    b"202401010100 108   5  2.2 first\n",
    b"202401010100  90   5  2.2 other station\n",
    b"202401010300 108   5  2.2 third hour\n",
]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "kma_sfctm3_a.txt").write_bytes(wire.observations(ROWS[:1]).body)
    packed = gzip.compress(wire.observations(ROWS[1:]).body)
    (tmp_path / "kma_sfctm3_b.txt.gz").write_bytes(packed)
    return tmp_path


def test_rows_come_by_time_then_station_and_absent_ones_do_not(folder):
    recording = Recording(folder)
    begin, end = clock.parse_tm("202401010000"), clock.parse_tm("202401020000")
    assert recording.rows(begin, end, (), 1e9) == [ROWS[1], ROWS[0], ROWS[2]]
    assert recording.rows(begin, end, (108,), 1e9) == [ROWS[0], ROWS[2]]
    assert recording.rows(begin, end, (159,), 1e9) == []
    assert recording.newest(1e9) == clock.parse_tm("202401010300")


def test_a_folder_without_rows_and_a_broken_line_are_named(tmp_path):
    with pytest.raises(ValueError, match="no rows in"):
        Recording(tmp_path)
    (tmp_path / "kma_sfctm3_x.txt").write_bytes(b"#START7777\nrubbish, not a row\n")
    with pytest.raises(ValueError, match=r"kma_sfctm3_x\.txt:2"):
        Recording(tmp_path)


@pytest.mark.integration
def test_the_real_files_are_served_verbatim(kma, serve):
    recording = Recording(kma / "observed")
    assert recording.count > 70000
    real = gzip.decompress((kma / "observed/kma_sfctm3_136_2019.txt.gz").read_bytes())
    july = [line for line in real.splitlines(keepends=True) if line.startswith(b"201907")]
    with serve(source=recording) as ask:
        _, body = ask("kma_sfctm3", tm1="201907010000", tm2="201907312300", stn="136")
        assert body == wire.observations(july).body
        _, all_stations = ask("kma_sfctm2", tm="201907051200", stn="0")
        assert len(all_stations.splitlines()) == 5 + 3
