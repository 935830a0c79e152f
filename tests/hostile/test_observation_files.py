"""Whatever claims to be observations: one of our errors, at once, in bounded memory."""

import contextlib
import time
import tracemalloc

import pytest

from tests.hostile.observation_files import gzip_bomb
from tests.hostile.registry import SECONDS, Kind, entries
from tests.sources.files import NOW
from weather_mlops import limits
from weather_mlops.browsing import documents
from weather_mlops.errors import FileRefused, FormatChanged, WeatherError
from weather_mlops.kma import api_errors, endpoints, wire
from weather_mlops.sources.reading import replayed, sources
from weather_mlops.sources.recognition import FORMATS

FILES = entries(Kind.FILE)
CONTENTS = [entry for entry in FILES if not entry.puts_itself]


def stored(body: bytes) -> None:
    """A kept raw response, replayed as each format that it may say it has."""
    unpacked = limits.gunzip_at_most(body, limits.RAW_RESPONSE)
    for name in (None, *FORMATS):
        with_errors_of_ours(replayed, unpacked, {"params": {"format": name}})


def answered(body: bytes) -> None:
    """A body that the KMA sent, with each status."""
    for status in (200, 403, 500):
        with_errors_of_ours(endpoints.classify, "url", status, body)
    api_errors.kind_of(200, api_errors.read(body))


def with_errors_of_ours(read, *arguments):
    with contextlib.suppress(WeatherError):
        read(*arguments)


@pytest.mark.parametrize("entry", FILES, ids=str)
def test_an_import_refuses_it_with_a_reason(tmp_path, entry):
    path = entry.put(tmp_path / "hostile")
    outcomes, named = [], []

    begun = time.process_time()
    for name, source in sources(path):
        named.append(name)
        try:
            outcomes.append(source if isinstance(source, FileRefused) else source.parsed(NOW))
        except FileRefused as refused:
            outcomes.append(refused)
    taken = time.process_time() - begun

    refused = [each for each in outcomes if isinstance(each, FileRefused)]
    assert len(refused) == (len(outcomes) if entry.expected else 0)
    assert outcomes
    assert taken < SECONDS
    assert all(name.isprintable() for name in named)
    assert all(len(str(each)) < 1000 for each in refused)


@pytest.mark.parametrize(
    "way", [wire.parse, answered, stored, documents.response], ids=lambda way: way.__name__
)
@pytest.mark.parametrize("entry", CONTENTS, ids=str)
def test_whoever_else_reads_it_says_so(entry, way):
    body = entry.content()

    begun = time.process_time()
    with_errors_of_ours(way, body)

    assert time.process_time() - begun < SECONDS


@pytest.mark.parametrize("size_mib", [600, 6000])
def test_memory_does_not_grow_with_what_a_gzip_unpacks_to(size_mib):
    bomb = gzip_bomb(size_mib << 20)

    tracemalloc.start()
    try:
        with pytest.raises(FormatChanged, match="over 32 MiB"):
            documents.response(bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 1.5 * limits.RAW_PAGE.size
