"""Refused rows with and without an hour, in any order, stop neither import, rebuilding nor monitoring."""

from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.ingest.conftest import *  # noqa: F403  the fixtures of a load
from tests.ingest.conftest import NOW, Loader
from tests.lake.conftest import new_bucket
from tests.sources.files import ROW, hub
from weather_mlops.ingest.importer import import_files
from weather_mlops.kma.endpoints import kst
from weather_mlops.lake.catalog import open_catalog
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.monitoring import data_quality

pytestmark = [pytest.mark.integration]
DATED, FAR_AWAY, UNDATED = "impossible", "impossible, in another month", "unreadable"
AGES = {DATED: timedelta(hours=3), FAR_AWAY: timedelta(days=45)}
kinds = st.frozensets(st.sampled_from([DATED, FAR_AWAY, UNDATED]))
_names = count()


def text(number: int, refused: frozenset[str]) -> str:
    """A good row, and some that are refused; no two files have a row in common."""

    def row(station: int, ta: str, age: timedelta = timedelta(hours=3)) -> str:
        return ROW.format(time=kst((NOW - age).replace(minute=0)), station=station, ta=ta)

    stations = (90, 95, 98, 99)[number % 4]
    rows = [row(108, f"{number}.0", timedelta(hours=4 + number))]
    rows += [row(stations, "99.0", AGES[kind]) for kind in sorted(refused - {UNDATED})]
    return hub(*rows, *([f"garbled {number}"] if UNDATED in refused else []))


@settings(max_examples=2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(kinds, min_size=1, max_size=3))
@example([frozenset({DATED, UNDATED})])
@example([frozenset({UNDATED}), frozenset({FAR_AWAY}), frozenset({UNDATED, DATED})])
def test_refused_rows_in_any_order_are_counted_rebuilt_and_shown(server, tmp_path, batches):
    folder = tmp_path / str(next(_names))
    folder.mkdir()
    access = new_bucket(server)
    catalog = open_catalog(access, type="sql", uri=f"sqlite:///{folder}/catalog.db")
    loader = Loader(ObjectStore(access), catalog)
    moments = (NOW + timedelta(seconds=second) for second in count())
    for number, refused in enumerate(batches):
        file = folder / f"{number}.txt"
        file.write_text(text(number, refused))
        result = import_files(
            [file],
            store=loader.store,
            catalog=catalog,
            suites_dir=loader.suites_dir,
            clock=lambda: next(moments),
        )
        assert (result.published, result.quarantined + result.unreadable) == (1, len(refused))

    every = [kind for refused in batches for kind in refused]
    assert loader.table("quarantine").num_rows == len(every)
    section = data_quality.measure(
        catalog, loader.store, data_quality.DataQualityLimits(), NOW + timedelta(minutes=1)
    )
    assert {gap.what for gap in section.missing} <= {"windows"}  # one row of three hours ago
    month = section.figures["windows"]["30d"]
    assert month["quarantined"] == len([kind for kind in every if kind != FAR_AWAY])
    assert loader.rebuild().differences == []
    catalog.close()
