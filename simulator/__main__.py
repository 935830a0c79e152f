"""``python -m simulator``: the command line, start and stop."""

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Final

from simulator import faults, sensors
from simulator.faults import Fault
from simulator.forecast.api import ForecastApi
from simulator.forecast.faults import USAGE, ForecastFault
from simulator.forecast.model import Forecasts
from simulator.replay import Recording
from simulator.sensors import SensorFault
from simulator.server import Api, Server
from simulator.simulated import SimulatedWeather, Source
from weather_mlops.stations import Station, load_stations

KST: Final = timezone(timedelta(hours=9), "KST")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM.

    Returns:
        Exit status: 0 after a requested stop, 1 if it couldn't start.
    """
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    stations = load_stations()
    try:
        source, what = _source(options, stations)
        forecasts = ForecastApi(Forecasts(source.weather)) if isinstance(source, SimulatedWeather) else None
        api = Api(source, stations, _clock(options.now), options.key, seed=options.seed, forecasts=forecasts)
        server = Server((options.host, options.port), api)
        server.switch(options.fault)
    except (OSError, OverflowError, ValueError) as error:  # of a port above 65535
        sys.stderr.write(f"error: the KMA simulator can't start at {options.host}:{options.port}: {error}\n")
        return 1
    with server:
        _stop_at_signals(server)
        sys.stdout.write(f"KMA simulator listening on {server.url} seed={options.seed} - {what}\n")
        sys.stdout.flush()
        server.serve_forever(poll_interval=0.1)
    return 0


def _source(options: argparse.Namespace, stations: Sequence[Station]) -> tuple[Source, str]:
    if options.replay is None:
        simulated = SimulatedWeather(options.seed, stations, publish_delay_s=options.publish_delay)
        return simulated, "simulated weather"
    recording = Recording(options.replay)
    return recording, f"replay of {options.replay}: rows={recording.count}"


def _clock(fixed: datetime | None) -> Callable[[], datetime]:
    return (lambda: datetime.now(UTC)) if fixed is None else (lambda: fixed)


def _stop_at_signals(server: Server) -> None:
    # shutdown() waits for the serving loop, which runs in the thread that gets the signal.
    def stop(*_: object) -> None:
        threading.Thread(target=server.stop).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=KST)


def _fault(text: str) -> Fault | SensorFault | ForecastFault:
    try:
        return faults.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulator", description="A stand-in for the KMA API Hub, with simulated weather."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9100, help="0 = any free one (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="another seed, another weather")
    parser.add_argument("--key", help="the one key to accept (default: any that isn't empty)")
    parser.add_argument(
        "--publish-delay",
        type=float,
        default=5,
        metavar="SECONDS",
        help="from the hour to its publication (default: %(default)s)",
    )
    parser.add_argument(
        "--replay", type=Path, metavar="DIR", help="serve the recorded responses of this folder instead"
    )
    parser.add_argument(
        "--fault",
        type=_fault,
        action="append",
        default=[],
        metavar="NAME[:rate=0.3|:call=5[-8]]",
        help=f"may be repeated; hits every call by default. Names: {', '.join(faults.NAMES)}. "
        f"A sensor: {sensors.USAGE}. The forecast: {USAGE}. While it runs: curl -X PUT -d NAME http://HOST:PORT/faults",
    )
    parser.add_argument("--now", type=_instant, metavar="ISO", help="stop the clock at this instant (KST)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
