"""Years of observations from a local server into the table, compared with the plainest way to get them.

Usage: .venv/bin/python benchmarks/history.py [YEARS ...]

For each number of years (2 and 20): 97 stations, every hour, as if all of them had been open, by two workers
in two processes, through fetch, audit and publishing, into the embedded S3 server: seconds, rows/s by stage,
and the peak memory of all of our processes together (proportional set size; without the servers). Then the
same responses by the plainest way that a user would pick, in one process: requests, pandas.read_csv,
DataFrame.to_parquet through s3fs, month by month, without an audit (plain_history.py, in its own environment
with the newest packages). Then two reads: one station, all years, three columns; and all stations, one month:
from the table, and by DuckDB from the plain way's Parquet, partitioned by year and month.

The server makes up one month of weather and repeats it for every other month: it costs little itself.
"""

import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

import psutil

from embedded.components import BUCKET, SIMULATOR_KEY, Ports, System
from embedded.processes import port_answers
from embedded.services import Service, Supervisor
from simulator import clock
from simulator.server import Api, Server
from simulator.simulated import SimulatedWeather
from tests.s3_proxy import S3Proxy, free_port
from weather_mlops.ingest.history import plan
from weather_mlops.ingest.history.fetch import Fetch
from weather_mlops.ingest.history.plan import Load
from weather_mlops.ingest.history.publish import publish_load
from weather_mlops.ingest.history.validate import validate_worker
from weather_mlops.kma import wire
from weather_mlops.kma.client import KmaClient, UncountedCalls
from weather_mlops.lake.catalog import ensure_tables, open_catalog
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.query import connect
from weather_mlops.lake.s3_access import S3Access
from weather_mlops.settings import load_settings
from weather_mlops.stations import load_stations

WORKERS = 2
# As in Airflow, tasks are forks of a process that has already imported what they need.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    ["great_expectations", "boto3", "pyiceberg.catalog.sql", "weather_mlops.ingest.history.fetch"]
)
FIRST_YEAR = 2001
plan._OPENED.clear()  # noqa: SLF001  as if all of today's stations had been open in all these years
STATIONS = [station.id for station in load_stations()]
AIM_SECONDS, AIM_MB, AIM_RATIO = 600, 2000, 2
ALL_ROWS = 97 * 24 * 365.25 * 20


class OneMonth:
    """A source of the simulator's server: the same 31 days, again and again."""

    def __init__(self) -> None:
        weather = SimulatedWeather(0, load_stations())
        self._begin = clock.parse_tm("202401010000")
        now = self._begin + 24 * 365.0
        self._hours = [
            [row[12:] for row in weather.rows(self._begin + n, self._begin + n, (), now)] for n in range(744)
        ]

    def rows(self, begin: int, end: int, stations: Collection[int], now: float) -> list[bytes]:
        """Rows of hours, by time, then station."""
        requested = {f"{station:>4}".encode() for station in stations}
        return [
            stamp + row
            for hour in range(begin, min(end, int(now)) + 1)
            for stamp in (clock.format_tm(hour).encode(),)
            for row in self._hours[(hour - self._begin) % 744]
            if not requested or row.split(None, 1)[0].rjust(4) in requested
        ]

    def newest(self, now: float) -> int:
        """The newest hour."""
        return int(now)


def serve(port: int) -> None:
    """Serve the API on a port until the process is stopped."""
    api = Api(OneMonth(), load_stations(), lambda: datetime.now(UTC), SIMULATOR_KEY, [])
    with Server(("127.0.0.1", port), api) as server:
        server.serve_forever()


def lake() -> tuple[S3Access, Any]:
    """The bucket and the catalog of the environment variables."""
    access = S3Access.from_settings(load_settings())
    # PyIceberg read the environment when it was imported.
    return access, open_catalog(access, type="sql", uri=os.environ["PYICEBERG_CATALOG__WEATHER__URI"])


def adopt(environment: dict[str, str]) -> None:
    """Set environment variables."""
    os.environ.update(environment)


def fetch(load: dict[str, Any], worker: int, url: str) -> dict[str, Any]:
    """Fetch as one worker; its counts, and the seconds that parsing took."""
    access, catalog = lake()
    seconds = 0.0
    parse = wire.parse

    def timed(body: bytes) -> wire.Parsed:
        nonlocal seconds
        begun = time.perf_counter()
        parsed = parse(body)
        seconds += time.perf_counter() - begun
        return parsed

    wire.parse = timed  # type: ignore[assignment]
    client = KmaClient(url, SIMULATOR_KEY, budget=UncountedCalls())
    work = Fetch(
        Load.from_dict(load),
        worker,
        client=client,
        store=ObjectStore(access),
        catalog=catalog,
        run="bench",
        final=True,
    )
    return {**work.work(), "parse_s": seconds}


def validate(load: dict[str, Any], worker: int, _: str) -> dict[str, Any]:
    """Audit as one worker."""
    return validate_worker(
        Load.from_dict(load),
        worker,
        store=ObjectStore(lake()[0]),
        run="bench",
        suites_dir=PROJECT / "expectations",
        min_fit_share=0.9,
        clock=lambda: datetime.now(UTC),
    )


def publish(load: dict[str, Any], _worker: int, _: str) -> dict[str, Any]:
    """Publish the whole load."""
    access, catalog = lake()
    return publish_load(
        Load.from_dict(load),
        store=ObjectStore(access),
        catalog=catalog,
        run="bench",
        clock=lambda: datetime.now(UTC),
    )


def metered(
    work: Callable[..., dict[str, Any]], load: dict[str, Any], worker: int, url: str
) -> tuple[dict[str, Any], float]:
    """The result of a worker, and its seconds of CPU: where other programs run, wall time says less."""
    before = time.process_time()
    return work(load, worker, url), time.process_time() - before


@contextmanager
def memory() -> Iterator[Callable[[], float]]:
    """Peak memory of all child processes together, without the servers: MB."""
    peak, done = 0.0, threading.Event()
    servers = {child.pid for child in psutil.Process().children(recursive=True)}

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.2):
            total = 0
            for process in psutil.Process().children(recursive=True):
                try:
                    if process.pid not in servers:
                        total += process.memory_full_info().pss
                except psutil.Error:  # it ended just now
                    continue
            peak = max(peak, total / 1e6)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield lambda: peak
    finally:
        done.set()
        thread.join()


def timed_stage(
    work: Callable[..., dict[str, Any]], load: Load, workers: int, url: str
) -> tuple[float, float, list]:
    """Run a stage; seconds, peak MB, and the result and CPU of each worker."""
    begun = time.monotonic()
    with memory() as peak:
        # A process for each task, as in Airflow.
        environment = (dict(os.environ),)
        with ProcessPoolExecutor(workers, CONTEXT, adopt, environment) as pool:
            shared = ([work] * workers, [load.as_dict()] * workers, range(workers), [url] * workers)
            results = list(pool.map(metered, *shared))
        return time.monotonic() - begun, peak(), results


def ours(years: int, url: str) -> tuple[float, int, float]:
    """Load, and print each stage; seconds, rows and seconds of CPU."""
    load = Load.of(
        date(FIRST_YEAR, 1, 1),
        date(FIRST_YEAR + years - 1, 12, 31),
        STATIONS,
        datetime.now(UTC),
        parallelism=WORKERS,
    )
    with ProcessPoolExecutor(1, CONTEXT) as pool:
        pool.submit(os.getpid).result()  # the imports, which Airflow's scheduler has done long before
    seconds, results = {}, {}
    most = all_cpu = 0.0
    for work, workers in ((fetch, WORKERS), (validate, WORKERS), (publish, 1)):
        seconds[work.__name__], peak, metered_results = timed_stage(work, load, workers, url)
        results[work.__name__] = [result for result, _ in metered_results]
        cpu, most = sum(cpu for _, cpu in metered_results), max(most, peak)
        all_cpu += cpu
        print(
            f"  {work.__name__}: {seconds[work.__name__]:.1f} s, {cpu:.1f} s of CPU of {workers} workers, "
            f"{peak:,.0f} MB",
            flush=True,
        )
    rows = results["publish"][0]["inserted"]
    parsing = sum(worker["parse_s"] for worker in results["fetch"]) / WORKERS
    whole = sum(seconds.values())
    all_rows = ALL_ROWS / rows * whole
    print(
        f"{years} years: {rows:,} rows in {whole:.0f} s = {rows / whole:,.0f} rows/s; by stage: "
        f"fetch and keep {rows / (seconds['fetch'] - parsing):,.0f}, parse {rows / parsing:,.0f}, "
        f"audit {rows / seconds['validate']:,.0f}, write {rows / seconds['publish']:,.0f} rows/s; "
        f"memory {most:,.0f} MB ({most / AIM_MB:.2f} of {AIM_MB}); "
        f"at this speed 17 M rows take {all_rows:.0f} s ({all_rows / AIM_SECONDS:.2f} of {AIM_SECONDS})",
        flush=True,
    )
    return whole, rows, all_cpu


def plain(*arguments: str) -> dict[str, Any]:
    """Run plain_history.py in its own environment; its result, and the peak MB."""
    packages = [
        word for name in ("pandas", "pyarrow", "s3fs", "requests", "duckdb") for word in ("--with", name)
    ]
    script = str(PROJECT / "benchmarks" / "plain_history.py")
    uv = str(Path(sys.executable).parent / "uv")
    own = {name: value for name, value in os.environ.items() if name != "ARROW_DEFAULT_MEMORY_POOL"}
    with memory() as peak:
        completed = subprocess.run(
            [uv, "run", "--no-project", "--quiet", *packages, "python", script, *arguments],
            env={**own, "PLAIN_KEY": SIMULATOR_KEY}, check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        result: dict[str, Any] = json.loads(completed.stdout.splitlines()[-1])
        return {**result, "mb": peak()}


def reads(years: int, proxy: S3Proxy) -> None:
    """Compare two reads of the table with those of the plain files, in ms and bytes."""
    last = FIRST_YEAR + years - 1
    direct = os.environ["AWS_ENDPOINT_URL"]
    for name, sql, plain_sql in (
        (
            "one station, all years, 3 columns",
            "select observed_at, air_temperature_c, wind_speed_ms from observations where station_id = 108",
            "select tm, ta, ws from SOURCE where stn = 108",
        ),
        (
            "all stations, one month",
            (
                f"select * from observations where observed_at >= '{last}-07-01 00:00:00+00' "
                f"and observed_at < '{last}-08-01 00:00:00+00'"
            ),
            f"select * from SOURCE where year = {last} and month = 7",
        ),
    ):
        measured = {}
        for way, endpoint in (("ms", direct), ("bytes", proxy.url)):
            os.environ["AWS_ENDPOINT_URL"] = endpoint
            before = proxy.sent
            own = read(sql)
            between = proxy.sent
            theirs = plain("read", BUCKET, plain_sql)
            measured[way] = (own, theirs, (between - before) / 3, (proxy.sent - between) / 3)
        (own, theirs, _, _), (_, _, own_bytes, their_bytes) = measured["ms"], measured["bytes"]
        print(
            f"{name}: {own['rows']:,} rows, {own['ms']:.0f} ms, {own_bytes / 1e6:.1f} MB; plain Parquet "
            f"{theirs['rows']:,} rows, {theirs['ms']:.0f} ms, {their_bytes / 1e6:.1f} MB: ratio "
            f"{own['ms'] / theirs['ms']:.2f} in time, {own_bytes / their_bytes:.2f} in bytes",
            flush=True,
        )
    os.environ["AWS_ENDPOINT_URL"] = direct


def read(sql: str) -> dict[str, Any]:
    """One read of the table, three times: the fastest one's ms."""
    times = []
    for _ in range(3):
        access, catalog = lake()
        begun = time.perf_counter()
        rows = len(connect(catalog, access).sql(sql).fetchall())
        times.append(1000 * (time.perf_counter() - begun))
    return {"rows": rows, "ms": min(times)}


def main(years: list[int]) -> None:
    """Load in both ways, and print."""
    for number in years:
        with tempfile.TemporaryDirectory() as folder:
            ports = Ports(**{name: free_port() for name in Ports.__slots__})
            proxy = S3Proxy(ports.s3)
            system = System(Path(folder), ports)
            supervisor = Supervisor(Path(folder), PROJECT)
            server = Service(
                "api",
                [sys.executable, __file__, "serve", str(ports.kma)],
                dict(os.environ),
                lambda _, ports=ports: port_answers(ports.kma),
                (ports.kma,),
            )
            url = f"http://127.0.0.1:{ports.kma}/api/typ01/url"
            try:
                for service in (system.storage(), server):
                    supervisor.start(service)
                    supervisor.wait(service)
                os.environ.update(system.data_environment())
                access, catalog = lake()
                ObjectStore(access).ensure_bucket()
                ensure_tables(catalog)
                whole, rows, cpu_s = ours(number, url)
                theirs = plain("load", url, BUCKET, str(FIRST_YEAR), str(number))
                ratio = (whole / rows) / (theirs["seconds"] / theirs["rows"])
                print(
                    f"the plain way: {theirs['rows']:,} rows in {theirs['seconds']:.0f} s = "
                    f"{theirs['rows'] / theirs['seconds']:,.0f} rows/s, {theirs['cpu_s']:.0f} s of CPU, "
                    f"{theirs['mb']:,.0f} MB; "
                    f"ratio {ratio:.2f}, aim {AIM_RATIO}; of CPU {cpu_s / theirs['cpu_s']:.2f}",
                    flush=True,
                )
                reads(number, proxy)
            finally:
                supervisor.stop()
                proxy.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(int(sys.argv[2]))
    else:
        main([int(word) for word in sys.argv[1:]] or [2, 20])
