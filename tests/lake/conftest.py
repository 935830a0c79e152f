"""A bucket on a real S3 protocol (moto, in memory), and a catalog of its tables."""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Final

import moto.backends
import pyarrow as pa
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.exceptions import JsonRESTError
from moto.glue.models import glue_backends
from moto.glue.responses import GlueResponse
from moto.moto_server.werkzeug_app import MotoRequestHandler
from moto.s3.models import FakeKey, s3_backends
from moto.server import ThreadedMotoServer
from pyiceberg.catalog import Catalog
from pyiceberg.manifest import _manifest_cache

from tests.postgres import Postgres, uri
from tests.s3_proxy import S3Proxy
from weather_mlops.lake import file_io
from weather_mlops.lake.catalog import ensure_tables, open_catalog
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.s3_access import S3Access
from weather_mlops.lake.schemas import FORECASTS_SCHEMA, OBSERVATIONS_SCHEMA

# Hours in the real present: Iceberg stamps snapshots by the clock of the machine.
NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
_numbers = count()
TARGETS = ("air_temperature_c", "wind_speed_ms")
LEADS = (1, 2, 3)


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
    """Port of an S3 server, which also answers as AWS Glue."""
    with pytest.MonkeyPatch.context() as patched:
        # moto looks through its folders for each request, and logs each one: a fifth of its time.
        modules = tuple(moto.backends.list_of_moto_modules())
        patched.setattr(moto.backends, "list_of_moto_modules", lambda: modules)
        patched.setattr(MotoRequestHandler, "log_request", lambda *_: None)
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
    """A bucket and the catalog of its tables as they are now, to return to.

    It reads and writes inside moto, which is in this process: a hundred times as fast as by requests.

    Args:
        store: the bucket, whole.
        database: SQLite file of the catalog, with no connection open to it.
    """

    def __init__(self, store: ObjectStore, database: Path) -> None:
        self.store, self.database = store, database
        self._catalog = database.read_bytes()
        self._backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
        self._bucket = store.access.bucket
        self._objects = {key: stored.value for key, stored in self._present().items()}

    def _present(self) -> dict[str, FakeKey]:
        return dict(self._backend.get_bucket(self._bucket).keys.items())

    def restore(self) -> None:
        """Undo what was written, removed and committed since."""
        present = self._present()
        for key in present.keys() - self._objects.keys():
            self._backend.delete_object(self._bucket, key)
        for key, body in self._objects.items():
            if key not in present or present[key].value != body:
                self._backend.put_object(self._bucket, key, body)
        self.database.write_bytes(self._catalog)
        # Files that were read while they were damaged, or before.
        file_io._cache = file_io._Cache(file_io.CACHE)
        _manifest_cache.clear()


Fill = Callable[[Catalog, ObjectStore], object]
"""Fills a catalog's tables and their bucket."""


class Prepared:
    """A bucket of tables that were filled once; each test begins with them as they were then.

    Args:
        server: port of the S3 server.
        database: where the catalog's SQLite file is to be.
        fill: fills the tables and the bucket.
    """

    def __init__(self, server: int, database: Path, fill: Fill) -> None:
        self.access = new_bucket(server)
        self.properties = {"type": "sql", "uri": f"sqlite:///{database}"}
        catalog = open_catalog(self.access, **self.properties)
        store = ObjectStore(self.access)
        fill(catalog, store)
        catalog.close()
        self._saved = Saved(store, database)

    def restore(self) -> "Prepared":
        """As it was filled."""
        self._saved.restore()
        return self


@pytest.fixture(scope="module")
def prepared_tables(server, tmp_path_factory) -> Callable[[Fill], Prepared]:
    """Tables of a test file by the function that fills them, which is called once."""
    return cache(lambda fill: Prepared(server, tmp_path_factory.mktemp("tables") / "catalog.db", fill))


def empty_tables(catalog: Catalog, _store: ObjectStore) -> None:
    """A fill: all tables, without rows."""
    ensure_tables(catalog)


_PREPARED: Final = pytest.StashKey[Prepared]()


def fill_of(request: pytest.FixtureRequest) -> Fill | None:
    """The function that fills the tables before a test, by its mark ``prepared``."""
    mark = request.node.get_closest_marker("prepared")
    return mark.kwargs["tables"] if mark else None


def catalog_kind(request: pytest.FixtureRequest) -> str:
    """Of the catalog of a test."""
    callspec = getattr(request.node, "callspec", None)
    return callspec.params.get("connect_catalog", "sqlite") if callspec else "sqlite"


def prepared_for(request: pytest.FixtureRequest) -> Prepared | None:
    """What the test's mark ``prepared`` asks for, where its catalog is in SQLite."""
    fill = fill_of(request)
    if fill is None or catalog_kind(request) != "sqlite":
        return None
    if _PREPARED not in request.node.stash:
        request.node.stash[_PREPARED] = request.getfixturevalue("prepared_tables")(fill).restore()
    return request.node.stash[_PREPARED]


@pytest.fixture
def access(request, server) -> S3Access:
    """A bucket of this test's own, or that of its prepared tables."""
    tables = prepared_for(request)
    return tables.access if tables else new_bucket(server)


@pytest.fixture
def store(access) -> ObjectStore:
    return ObjectStore(access)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Where kinds of catalogs differ (making, finding, committing, dropping), each of them is tried."""
    if "connect_catalog" in metafunc.fixturenames and metafunc.definition.get_closest_marker("every_catalog"):
        metafunc.parametrize("connect_catalog", ["sqlite", "postgres", "glue"], indirect=True)


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
            requested = self.parameters
            table = self.glue_backend.get_table(requested["DatabaseName"], requested["TableInput"]["Name"])
            if requested["VersionId"] != table.as_dict()["VersionId"]:
                raise JsonRESTError("ConcurrentModificationException", "somebody else came first")
            return real(self)

    monkeypatch.setattr(GlueResponse, "update_table", update_table)
    for account in glue_backends.values():  # one for all tests of this server: what others left goes first
        account.reset()
    return f"http://127.0.0.1:{server}"


@pytest.fixture
def connect_catalog(request, access, tmp_path) -> Iterator[Callable[..., Catalog]]:
    """Opens the test's catalog, as another process would."""
    opened: list[Catalog] = []
    prepared = prepared_for(request)
    properties = {
        "sqlite": lambda: (
            prepared.properties if prepared else {"type": "sql", "uri": f"sqlite:///{tmp_path}/catalog.db"}
        ),
        "postgres": lambda: {"type": "sql", "uri": uri(request.getfixturevalue("postgres").new())},
        "glue": lambda: {"type": "glue", "glue.endpoint": request.getfixturevalue("glue")},
    }
    chosen = properties[catalog_kind(request)]()

    def opener(by: S3Access = access) -> Catalog:
        opened.append(open_catalog(by, **chosen))
        return opened[-1]

    if (fill := fill_of(request)) and not prepared:
        fill(opener(), ObjectStore(access))
    yield opener
    for catalog in opened:
        catalog.close()


@pytest.fixture
def catalog(connect_catalog) -> Catalog:
    return connect_catalog()


def lose(catalog) -> None:
    """As if the catalog's database had been deleted."""
    for identifier in catalog.list_tables("weather"):
        catalog.drop_table(identifier)
    catalog.drop_namespace("weather")


def start_over(catalog, monkeypatch) -> None:
    """As versions did that made tables without a look at the bucket."""
    with monkeypatch.context() as patched:
        patched.setattr("weather_mlops.lake.catalog.refuse_unregistered", lambda *_: None)
        ensure_tables(catalog)


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
