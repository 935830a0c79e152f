"""The forecast's endpoints: getVilageFcst of the API Hub and of data.go.kr, and nph-dfs_shrt_grd.

Also ``/portal/forecasts.zip?from=YYYYMMDD&to=YYYYMMDD&vars=TMP,TMX&stn=108:159``: the issues of these days
(UTC) at these stations, by default at all, as a user would have downloaded them from the portal. It needs no
key.
"""

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator import clock, noise
from simulator.faults import CANNED, WRONG_KEY, Canned
from simulator.forecast import cells, issues, wire
from simulator.forecast.faults import LATE_H, ForecastFault
from simulator.forecast.model import TEMPERATURES, Forecasts

JSON: Final = "application/json;charset=UTF-8"
PLAIN: Final = "text/plain;charset=UTF-8"
XML: Final = "text/xml;charset=UTF-8"
ZIP: Final = "application/zip"
VILLAGE, SHORT_GRID = "getVilageFcst", "nph-dfs_shrt_grd"
DELAY_H: Final = 10 / 60  # from the time of an issue until it is out, at least
JITTER_H: Final = 4 / 60  # and at most this much later
AVAILABLE_H: Final = 50  # getVilageFcst has no older issue
LARGEST_PAGE: Final = 1000
TAKEN_BACK: Final = 12  # items that a shrinking issue loses
_GATEWAY: Final = (
    "<OpenAPI_ServiceResponse>\n\t<cmmMsgHeader>\n\t\t<errMsg>SERVICE ERROR</errMsg>\n"
    "\t\t<returnAuthMsg>{name}</returnAuthMsg>\n\t\t<returnReasonCode>{code}</returnReasonCode>\n"
    "\t</cmmMsgHeader>\n</OpenAPI_ServiceResponse>\n"
)
SERVICE: Final = "1360000"  # the folder of the KMA on data.go.kr
KST_AHEAD_H: Final = 9
PORTAL: Final = "/portal/forecasts.zip"


@dataclass(frozen=True)
class ForecastApi:
    """What the forecast's endpoints answer; knows nothing of sockets.

    Attributes:
        forecasts: of the simulated weather.
        delay_h: hours from the time of an issue until it is out, at least.
        faults: what goes wrong.
    """

    forecasts: Forecasts
    delay_h: float = DELAY_H
    faults: Sequence[ForecastFault] = ()

    def answer(
        self, path: str, params: Mapping[str, str], call: int, now: float, *, admits: Callable[[str], bool]
    ) -> tuple[Canned, Sequence[str]] | None:
        """Answer one call; None where it is for another endpoint.

        Args:
            path: of the URL; what counts is its end, and the folder of data.go.kr.
            params: the query.
            call: number of this call, from 1.
            now: the clock, as an hour with its fraction.
            admits: whether a key is let in.

        Returns:
            The answer, and the names of the faults in it.
        """
        if path == PORTAL:
            return self._portal(params, now), []
        name = path.rpartition("/")[2]
        if name not in {VILLAGE, SHORT_GRID}:
            return None
        village = name == VILLAGE
        endpoint = "grid" if not village else "data_go_kr" if SERVICE in path else "api_hub"
        if not admits(params.get("serviceKey" if endpoint == "data_go_kr" else "authKey", "")):
            return _errors(endpoint)["forecast-wrong-key"], []
        try:
            issue = _issue(params, village=village)
        except ValueError:
            issue = None
        seed = self.forecasts.weather.seed
        struck = [fault.name for fault in self.faults if fault.hits(endpoint, issue, call, seed)]
        for fault in struck:
            if fault in _errors(endpoint):
                return _errors(endpoint)[fault], [fault]
        respond = self._village if village else self._grid
        return respond(params, issue, now, struck), struck

    def _age_h(self, issue: int, now: float, struck: Sequence[str]) -> float:
        """Hours since an issue came out; below zero where it is not out."""
        if not issues.is_issue(issue) or "forecast-missing" in struck:
            return -1
        jitter = JITTER_H * float(noise.uniform(self.forecasts.weather.seed, "forecast/out", issue)[0])
        late = LATE_H if "forecast-late" in struck else 0
        return now - issue - self.delay_h - jitter - late

    def _village(
        self, params: Mapping[str, str], issue: int | None, now: float, struck: Sequence[str]
    ) -> Canned:
        try:
            x, y, number, size = (int(params[name]) for name in ("nx", "ny", "pageNo", "numOfRows"))
        except (KeyError, ValueError):
            issue = None
        if issue is None or not (
            1 <= x <= cells.WIDTH and 1 <= y <= cells.HEIGHT and number > 0 and size > 0
        ):
            return Canned(200, JSON, wire.refusal("10", "INVALID_REQUEST_PARAMETER_ERROR"))
        station = int(self._station_of_cell[wire.cell_index(x, y)])
        if not 0 <= self._age_h(issue, now, struck) < AVAILABLE_H or station == cells.NO_STATION:
            return Canned(200, JSON, wire.refusal("03", "NO_DATA"))
        everything = wire.items(self.forecasts.of(issue), station, x, y)
        if "forecast-partial" in struck:
            everything = everything[: len(everything) // 2]
        if "forecast-shrinking" in struck and number > 1:
            everything = everything[TAKEN_BACK:]
        return Canned(200, JSON, wire.page(everything, number, min(size, LARGEST_PAGE)))

    def _grid(
        self, params: Mapping[str, str], issue: int | None, now: float, struck: Sequence[str]
    ) -> Canned:
        stations = len(self.forecasts.weather.places.ids)
        values = np.full(stations, np.nan)
        category = params.get("vars", "")
        if issue is not None and self._age_h(issue, now, struck) >= 0 and category in wire.CATEGORIES:
            forecast = self.forecasts.of(issue)
            valid = params.get("tmef", "")[:10]
            for index, hour in enumerate(forecast.hours):
                if clock.format_tm(hour)[:10] == valid:
                    values = forecast.numbers[category][index]
        station_of_cell = self._station_of_cell
        if "forecast-partial" in struck:
            station_of_cell = station_of_cell.copy()
            station_of_cell[: len(station_of_cell) // 2] = cells.NO_STATION
        return Canned(200, PLAIN, wire.grid(values.tolist(), station_of_cell))

    def _portal(self, params: Mapping[str, str], now: float) -> Canned:
        try:
            first, last = (clock.parse_tm(params.get(name, "")) + KST_AHEAD_H for name in ("from", "to"))
        except ValueError as error:
            return Canned(400, PLAIN, f"{error}\n".encode())
        categories = params.get("vars", "TMP").split(",")
        if unknown := sorted(set(categories) - {*wire.CATEGORIES}):
            return Canned(400, PLAIN, f"no such variables: {', '.join(unknown)}\n".encode())
        of = self.forecasts.temperatures if TEMPERATURES.issuperset(categories) else self.forecasts.of
        # Only what is written is kept: a year of all variables would take 3 GB.
        chosen = [
            replace(forecast, numbers={name: forecast.numbers[name] for name in categories})
            for hour in range(first, last + clock.HOURS_PER_DAY)
            if self._age_h(hour, now, ()) >= 0 and (forecast := of(hour))
        ]
        places = self.forecasts.weather.places
        chosen_ids = params.get("stn", "").split(":")
        x, y = (
            np.floor(each + 0.5).astype(int) for each in cells.position(places.latitude, places.longitude)
        )
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            for station, cell in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
                if chosen_ids != [""] and str(places.ids[station]) not in chosen_ids:
                    continue
                for category in categories:
                    name = f"{cell[0]}_{cell[1]}_{category}_{params['from']}_{params['to']}.csv"
                    body = wire.portal_csv(chosen, category, station, *cell)
                    # Of no date, unlike a name alone: the same request has the same bytes.
                    file.writestr(zipfile.ZipInfo(name), body, zipfile.ZIP_DEFLATED, compresslevel=1)
        return Canned(200, ZIP, archive.getvalue())

    @cached_property
    def _station_of_cell(self) -> NDArray[np.int64]:
        return cells.station_of_each_cell(self.forecasts.weather.places)


def _issue(params: Mapping[str, str], *, village: bool) -> int:
    """The issue that a request names.

    Raises:
        ValueError: it names none.
    """
    names = ("base_date", "base_time") if village else ("tmfc",)
    return clock.parse_tm("".join(params.get(name, "") for name in names))


@cache
def _errors(endpoint: str) -> Mapping[str, Canned]:
    """The errors of an endpoint, by the fault that makes it answer so."""
    if endpoint == "data_go_kr":
        special = {
            "forecast-wrong-key": _gateway("30", "SERVICE_KEY_IS_NOT_REGISTERED_ERROR"),
            "forecast-unapproved": _gateway("20", "SERVICE_ACCESS_DENIED_ERROR"),
            "forecast-quota": _gateway("22", "LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR"),
        }
    else:
        special = {
            # The grids' old program answers with HTTP 200 whatever it says.
            "forecast-wrong-key": WRONG_KEY if endpoint == "api_hub" else CANNED["wrong-key-200"],
            "forecast-unapproved": CANNED["unapproved"],
            "forecast-quota": CANNED["quota-daily"],
        }
    return {
        **special,
        "forecast-429": Canned(429, PLAIN, b"Too Many Requests\n"),
        "forecast-xml": _gateway("01", "APPLICATION_ERROR"),
        "forecast-empty": Canned(200, JSON, b""),
    }


def _gateway(code: str, name: str) -> Canned:
    return Canned(200, XML, _GATEWAY.format(code=code, name=name).encode())
