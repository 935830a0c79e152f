"""A bucket on a real S3 protocol (moto, in memory), and a catalog of its tables."""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pyarrow as pa
import pytest
from moto.core.exceptions import JsonRESTError
from moto.glue.models import glue_backends
from moto.glue.responses import GlueResponse
from moto.server import ThreadedMotoServer

from tests.postgres import Postgres, uri
from tests.s3_proxy import S3Proxy
from weather_mlops.lake.catalog import open_catalog
from weather_mlops.lake.schemas import FORECASTS_SCHEMA, OBSERVATIONS_SCHEMA
from weather_mlops.lake.store import ObjectStore, S3Access

# Hours in the real present: Iceberg stamps snapshots by the clock of the machine.
NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
_numbers = count()
TARGETS = ("air_temperature_c", "wind_speed_ms")
LEADS = (1, 2, 3)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "server" in getattr(item, "fixturenames", ()) and item.path.parent.name == "lake":
            item.add_marker(pytest.mark.integration)


def hours(number: int, last: datetime = NOW) -> list[datetime]:
    return [last - timedelta(hours=back) for back in reversed(range(number))]


def observations(
    stations: Sequence[int], times: Sequence[datetime], *, seed: int = 0, raw_key: str = "raw/a"
) -> pa.Table:
    """One row per station and time, its values made from the key and the seed."""
    keys = [(station, time) for time in times for station in stations]

    columns = list(OBSERVATIONS_SCHEMA)[2:-1]

    def row(station: int, time: datetime) -> dict[str, object]:
        source = random.Random(f"{seed} {station} {time.isoformat()}")
        values = {column.name: _value(column.type, time, source) for column in columns}
        return {"station_id": station, "observed_at": time, **values, "raw_key": raw_key}

    return pa.Table.from_pylist([row(*key) for key in keys], schema=OBSERVATIONS_SCHEMA)


def _value(kind: pa.DataType, time: datetime, source: random.Random) -> object:
    if source.random() < 0.2:
        return None
    if pa.types.is_timestamp(kind):
        return time - timedelta(minutes=source.randrange(60))
    if pa.types.is_string(kind):
        return source.choice(["05", "0510", "Sc"])
    if pa.types.is_integer(kind):
        return source.randrange(100)
    return round(source.uniform(-20, 30), 1)


def forecasts(
    issued: Sequence[datetime],
    stations: Sequence[int] = (90, 95),
    targets: Sequence[str] = TARGETS,
    leads: Sequence[int] = LEADS,
    *,
    shift: float = 0,
    version: str = "v1",
) -> pa.Table:
    """One row per identity, its values made from it."""
    rows = [
        {
            "issued_at": time,
            "station_id": station,
            "target": target,
            "valid_at": time + timedelta(hours=lead),
            "lead_hours": lead,
            "p10": station + shift - lead,
            "p50": station + shift,
            "p90": station + shift + lead,
            "model_version": version,
        }
        for time in issued
        for station in stations
        for target in targets
        for lead in leads
    ]
    return pa.Table.from_pylist(rows, schema=FORECASTS_SCHEMA)


def everything(table: pa.Table) -> list[dict]:
    """Rows of a table by their key, without what tells where they came from."""
    rows = table.drop_columns(["raw_key"]).to_pylist()
    return sorted(rows, key=lambda row: (row["station_id"], row["observed_at"]))


@pytest.fixture(scope="session")
def server() -> Iterator[int]:
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    yield running.get_host_and_port()[1]
    running.stop()


@pytest.fixture(scope="session")
def proxy(server) -> Iterator[S3Proxy]:
    running = S3Proxy(server)
    yield running
    running.close()


def new_bucket(server: int) -> S3Access:
    access = S3Access(
        bucket=f"bucket-{next(_numbers)}",
        endpoint_url=f"http://127.0.0.1:{server}",
        access_key_id="somebody",
        secret_access_key="Geheimnis",
    )
    ObjectStore(access).ensure_bucket()
    return access


class Saved:
    """A bucket and the catalog of its tables, as they were."""

    def __init__(self, store: ObjectStore, database: Path):
        self.store, self.database = store, database
        self._catalog = database.read_bytes()
        self._objects = {entry.key: store.get(entry.key) for entry in store.list("")}

    def restore(self) -> None:
        now = {entry.key for entry in self.store.list("")}
        if added := now - self._objects.keys():
            self.store.delete(*added)
        for key, body in self._objects.items():
            if key not in now or self.store.get(key) != body:
                self.store.put(key, body)
        self.database.write_bytes(self._catalog)


@pytest.fixture
def access(server) -> S3Access:
    """A bucket of this test's own."""
    return new_bucket(server)


@pytest.fixture
def store(access) -> ObjectStore:
    return ObjectStore(access)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Where kinds of catalogs differ (making, finding, committing, dropping), each of them is tried."""
    if "open_anew" in metafunc.fixturenames and metafunc.definition.get_closest_marker("every_catalog"):
        metafunc.parametrize("open_anew", ["sqlite", "postgres", "glue"], indirect=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    running = Postgres()
    yield running
    running.close()


@pytest.fixture
def glue(server, monkeypatch) -> str:
    """AWS Glue, by moto, empty; it refuses an update that another one came before, as moto alone does not."""
    real, lock = GlueResponse.update_table, threading.Lock()

    def update_table(self):
        with lock:
            asked = self.parameters
            table = self.glue_backend.get_table(asked["DatabaseName"], asked["TableInput"]["Name"])
            if asked["VersionId"] != table.as_dict()["VersionId"]:
                raise JsonRESTError("ConcurrentModificationException", "somebody else came first")
            return real(self)

    monkeypatch.setattr(GlueResponse, "update_table", update_table)
    for account in glue_backends.values():  # one for all tests of this server: what others left goes first
        account.reset()
    return f"http://127.0.0.1:{server}"


@pytest.fixture
def open_anew(request, access, tmp_path) -> Iterator[Callable]:
    """Opens the test's catalog, as another process would."""
    kind, opened = getattr(request, "param", "sqlite"), []
    places = {
        "sqlite": lambda: {"type": "sql", "uri": f"sqlite:///{tmp_path}/catalog.db"},
        "postgres": lambda: {"type": "sql", "uri": uri(request.getfixturevalue("postgres").new())},
        "glue": lambda: {"type": "glue", "glue.endpoint": request.getfixturevalue("glue")},
    }
    place = places[kind]()

    def opener(by: S3Access = access):
        opened.append(open_catalog(by, **place))
        return opened[-1]

    yield opener
    for catalog in opened:
        catalog.close()


@pytest.fixture
def catalog(open_anew):
    return open_anew()


class Killed(BaseException):
    """As SIGKILL would: nothing catches it."""


@pytest.fixture
def killer(monkeypatch):
    """Kills at the n-th write to S3, before it is made."""

    class Killer:
        at: int | None = None
        seen = 0

        def hit(self) -> None:
            self.seen += 1
            if self.at is not None and self.seen >= self.at:
                raise Killed

    killer = Killer()
    for name in ("put", "delete"):
        real = getattr(ObjectStore, name)

        def guarded(self, *args, real=real, **kwargs):
            killer.hit()
            return real(self, *args, **kwargs)

        monkeypatch.setattr(ObjectStore, name, guarded)
    return killer
