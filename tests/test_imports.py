"""Saved replies of others: taken in whole, every row accounted for."""

import gzip
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from tests.history.conftest import *  # noqa: F403  the fixtures of a load
from tests.history.conftest import NOW, some
from weather_mlops.imports import import_files
from weather_mlops.lake import raw

pytestmark = [pytest.mark.integration]
OBSERVED = Path(__file__).resolve().parents[2] / "shared" / "kma" / "observed"
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
    """Replies of the API, one of them gzipped; the table knows nothing of them."""
    with loader.api() as url:
        replies = list(loader.client(url).period(LOAD.begin, LOAD.end, LOAD.stations))
        later = list(loader.client(url).period(LOAD.end, LOAD.end, LOAD.stations))
    plain, packed = tmp_path / "a.txt", tmp_path / "b.txt.gz"
    plain.write_bytes(replies[0].body)
    packed.write_bytes(gzip.compress(later[0].body))
    return [plain, packed]


def test_files_are_taken_in_with_every_row_accounted_for(loader, saved):
    told = take_in(loader, *saved)

    assert told.files == 2
    assert told.arrived == told.published + told.equal + told.quarantined + told.unreadable
    assert told.published == len(loader.observations())
    assert told.equal == 2  # the last hour is in both files
    assert len(list(raw.list_all(loader.store, raw.IMPORTED))) == 2


def test_the_same_files_again_change_nothing(loader, saved):
    first = take_in(loader, *saved)
    again = take_in(loader, *saved)

    assert (again.published, again.equal) == (0, first.arrived)
    assert len(list(raw.list_all(loader.store, raw.IMPORTED))) == 2


def test_a_later_file_corrects_an_earlier_one_as_a_rebuilding_finds(loader, saved, tmp_path):
    text = saved[1]
    body = gzip.decompress(text.read_bytes())
    rows = [line for line in body.splitlines(keepends=True) if not line.startswith(b"#")]
    corrected = tmp_path / "c.txt"
    tokens = rows[0].split()
    tokens[3] = b"12.3"
    corrected.write_bytes(body.replace(rows[0], b" ".join(tokens) + b"\n"))
    take_in(loader, *saved, corrected)
    told = loader.rebuild()

    (row,) = [row for row in loader.observations() if row["wind_speed_ms"] == 12.3]
    assert row["observed_at"] == LOAD.end
    assert told.differences == []


def test_a_load_after_an_import_asks_only_for_what_the_files_lack(loader, saved):
    take_in(loader, saved[0])
    loader.calls.clear()
    told = loader.load(some("2024-01-30", "2024-02-03", LOAD.stations))

    assert told["inserted"] <= 24 * 2
    assert len(loader.calls) <= 3


def test_a_file_that_is_no_reply_is_refused_by_name_and_the_others_go_in(loader, saved, tmp_path, caplog):
    half = tmp_path / "half.txt"
    half.write_bytes(saved[0].read_bytes()[:2000])
    told = take_in(loader, half, saved[0], tmp_path / "absent.txt")

    assert (told.files, told.refused) == (1, 2)
    assert "half.txt" in caplog.text
    assert "end marker" in caplog.text
    assert told.published > 0


@pytest.mark.skipif(
    not OBSERVED.is_dir(), reason=f"NO REAL OBSERVATIONS at {OBSERVED}: the import is not tried on them"
)
def test_every_row_of_three_real_years_is_accounted_for_and_rebuilt(loader):
    files = sorted(OBSERVED.glob("*.txt.gz"))
    rows = Counter(
        line.startswith(b"#") for path in files for line in gzip.decompress(path.read_bytes()).splitlines()
    )[False]
    told = take_in(loader, *files)

    assert told.arrived == rows
    assert told.published + told.equal + told.quarantined + told.unreadable == rows
    assert len(loader.observations()) == told.published > 0.999 * rows


def test_the_command_says_what_it_needs(tmp_path):
    command = [sys.executable, "-m", "weather_mlops", "import", str(tmp_path / "nothing*.gz")]
    result = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "WEATHER_BUCKET": "weather"},
    )

    assert result.returncode == 1
    assert "no such file" in result.stderr
