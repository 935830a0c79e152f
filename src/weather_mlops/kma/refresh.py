"""Update the shipped list of stations from stn_inf: ``python -m weather_mlops.kma.refresh``."""

import csv
import logging
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from weather_mlops.errors import FormatChanged, WeatherError
from weather_mlops.kma.client import KmaClient, UncountedCalls
from weather_mlops.settings import load_settings
from weather_mlops.stations import Station, load_stations

log = logging.getLogger(__name__)

COLUMNS: Final = ("id", "korean", "english", "latitude", "longitude", "elevation_m", "opened", "closed")
# Degrees: a larger change means that the station was moved, rather than surveyed again.
MOVED_DEGREES: Final = 0.01
# A row of stn_inf: id, longitude, latitude, a code, the elevation, ... and the names after the numbers.
NAMES_FROM: Final = 5


def parse_station_info(body: bytes, today: date) -> tuple[Station, ...]:
    """Parse a response of stn_inf (EUC-KR; the header names STN twice; the last field has spaces).

    Args:
        body: body of the response.
        today: opening day of new stations.

    Raises:
        FormatChanged: a row doesn't begin with id, longitude and latitude, or has no names.
    """
    stations = []
    for station_id, line in enumerate(body.decode("euc-kr", "replace").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            stations.append(_station(line.split(), today))
        except (ValueError, IndexError):
            raise FormatChanged(f"stn_inf, line {station_id}: not a station: {line[:120]!r}") from None
    return tuple(sorted(stations, key=lambda station: station.id))


def _station(tokens: list[str], today: date) -> Station:
    # The names are the first token that isn't a number or code after the office's number, and the next one.
    name = [token.isascii() for token in tokens].index(False, NAMES_FROM)
    english = tokens[name + 1].strip("-")
    return Station(
        int(tokens[0]),
        tokens[name],
        english,
        float(tokens[2]),
        float(tokens[1]),
        float(tokens[4]),
        today,
        None,
    )


def merge(known: Iterable[Station], listed: Iterable[Station]) -> tuple[Station, ...]:
    """Merge the stations that the API lists with the known ones; changes are logged.

    Opening days and names in English stay as known: stn_inf lacks them.

    Raises:
        FormatChanged: most of the known stations are absent: a partial response rather than closed stations.
    """
    before = {station.id: station for station in known}
    listed = tuple(listed)
    still = before.keys() & {station.id for station in listed}
    if len(still) < len(before) / 2:
        raise FormatChanged(
            f"stn_inf lists {len(still)} of {len(before)} known stations: stations.csv stays as it is. "
            "Check the response, and try again later."
        )
    after = {}
    for station in listed:
        old = before.get(station.id)
        if old is None:
            log.info("added: %d %s", station.id, station.korean)
            after[station.id] = station
            continue
        if max(abs(old.latitude - station.latitude), abs(old.longitude - station.longitude)) > MOVED_DEGREES:
            log.info("moved: %d %s", station.id, station.korean)
        after[station.id] = replace(station, english=old.english, opened=old.opened)
    for gone in sorted(before.keys() - after.keys()):
        log.info("closed: %d %s", gone, before[gone].korean)
    return tuple(after[station_id] for station_id in sorted(after))


def write(stations: Iterable[Station], path: Path) -> None:
    """Write the list in the form in which it ships."""
    with path.open("w", encoding="utf-8", newline="") as output:
        writer = csv.writer(output, lineterminator="\n")
        writer.writerow(COLUMNS)
        for station in stations:
            writer.writerow(["" if (value := getattr(station, name)) is None else value for name in COLUMNS])


def main() -> int:
    """Refresh the list; returns 1, and leaves the list as it was, on an error."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        refresh(Path(__file__).parents[1] / "stations.csv")
    except WeatherError as error:
        log.error("%s", error)  # noqa: TRY400  a message for users, not a traceback
        return 1
    return 0


def refresh(path: Path) -> None:
    """Request the list and write it.

    Raises:
        WeatherError: those of the client; FormatChanged.
    """
    settings = load_settings()
    key = settings.kma_auth_key.get_secret_value() if settings.kma_auth_key else ""
    client = KmaClient(settings.kma_api_url, key, budget=UncountedCalls())
    now = datetime.now(UTC)
    stations = merge(load_stations(), parse_station_info(client.station_info(now).body, now.date()))
    write(stations, path)
    log.info("stations: %d", len(stations))


if __name__ == "__main__":
    sys.exit(main())
