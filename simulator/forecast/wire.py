"""Answers of the forecast's endpoints, and files of the portal, byte for byte as the KMA writes them."""

import json
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator import clock
from simulator.forecast.cells import NO_STATION, WIDTH
from simulator.forecast.model import Forecast

# The order in which an hour's values stand.
HOURLY: Final = ("TMP", "UUU", "VVV", "VEC", "WSD", "SKY", "PTY", "POP", "WAV", "PCP", "REH", "SNO")
DAILY: Final = ("TMN", "TMX")
CATEGORIES: Final = (*HOURLY, *DAILY)
_TENTHS: Final = ("UUU", "VVV", "WSD", "TMN", "TMX")
NO_VALUE: Final = b"-99.00"
PER_LINE: Final = 20
_DRIZZLE_MM, _HEAVY_MM, _HEAVIEST_MM = 1, 30, 50
_DUST_CM, _DEEP_CM = 0.5, 5
# The portal's files have no hours nearer than this, and count days from it.
_PORTAL_FROM: Final = 6
_KST_AHEAD: Final = 9

Item = dict[str, str | int]


def items(forecast: Forecast, station: int, x: int, y: int) -> list[Item]:
    """All items of an issue at a cell.

    Args:
        forecast: the issue.
        station: index of the station that speaks for the cell.
        x: of the cell.
        y: of the cell.
    """
    base = clock.format_tm(forecast.issue)
    result: list[Item] = []
    for index, hour in enumerate(forecast.hours):
        stamp = clock.format_tm(hour)
        for category in CATEGORIES:
            number = float(forecast.numbers[category][index, station])
            if not np.isnan(number):
                result.append(
                    {
                        "baseDate": base[:8],
                        "baseTime": base[8:],
                        "category": category,
                        "fcstDate": stamp[:8],
                        "fcstTime": stamp[8:],
                        "fcstValue": text(category, number),
                        "nx": x,
                        "ny": y,
                    }
                )
    return result


def text(category: str, number: float) -> str:
    """A value as an item has it."""
    if category == "PCP":
        return _rain(number)
    if category == "SNO":
        return _snow(number)
    return f"{number:.1f}" if category in _TENTHS else f"{number:.0f}"


def _rain(mm: float) -> str:
    if mm <= 0:
        return "강수없음"
    if mm < _DRIZZLE_MM:
        return "1mm 미만"
    if mm < _HEAVY_MM:
        return f"{mm:.1f}mm"
    return "30.0~50.0mm" if mm < _HEAVIEST_MM else "50.0mm 이상"


def _snow(cm: float) -> str:
    if cm <= 0:
        return "적설없음"
    if cm < _DUST_CM:
        return "0.5cm 미만"
    return f"{cm:.1f}cm" if cm < _DEEP_CM else "5.0cm 이상"


def page(everything: Sequence[Item], number: int, size: int, total: int | None = None) -> bytes:
    """One page of items, with the count of all of them."""
    body = {
        "dataType": "JSON",
        "items": {"item": list(everything[(number - 1) * size : number * size])},
        "pageNo": number,
        "numOfRows": size,
        "totalCount": len(everything) if total is None else total,
    }
    return _compact({"header": {"resultCode": "00", "resultMsg": "NORMAL_SERVICE"}, "body": body})


def refusal(code: str, message: str) -> bytes:
    """An error of the service itself."""
    return _compact({"header": {"resultCode": code, "resultMsg": message}})


def _compact(response: object) -> bytes:
    return json.dumps({"response": response}, ensure_ascii=False, separators=(",", ":")).encode()


def grid(values: Sequence[float], station_of_cell: NDArray[np.int64]) -> bytes:
    """All cells, 20 a line.

    Args:
        values: of each station; NaN for none.
        station_of_cell: index of each cell's station.
    """
    texts = [*(NO_VALUE if np.isnan(value) else b"%.2f" % value for value in values), NO_VALUE]
    assert NO_STATION == -1  # noqa: S101  the last text
    cells = [texts[station] for station in station_of_cell.tolist()]
    lines = (cells[start : start + PER_LINE] for start in range(0, len(cells), PER_LINE))
    return b",\n".join(map(b",".join, lines)) + b"\n"


def portal_csv(forecasts: Sequence[Forecast], category: str, station: int, x: int, y: int) -> bytes:
    """A file of the portal: one variable at one cell, days and hours of the issues in UTC.

    Args:
        forecasts: the issues, in order.
        category: TMP, REH, WSD, VEC, SKY, POP, PTY, PCP, SNO, TMX or TMN.
        station: index of the station that speaks for the cell.
        x: of the cell.
        y: of the cell.
    """
    lines: list[str] = []
    day_before = ""
    for forecast in forecasts:
        stamp = clock.format_tm(forecast.issue - _KST_AHEAD)
        if stamp[:8] != day_before:
            columns = f" format: day,hour,forecast,value  location:{x}_{y}" if not lines else ""
            lines.append(f"{columns} Start : {stamp[:8]} ")
            day_before = stamp[:8]
        values = forecast.numbers[category][:, station].tolist()
        present = [
            (hour - forecast.issue, value)
            for hour, value in zip(forecast.hours, values, strict=True)
            if not np.isnan(value)
        ]
        if category in DAILY:
            present = [(_PORTAL_FROM + day, value) for day, (_, value) in enumerate(present)]
        lines += [
            f" {int(stamp[6:8])},{stamp[8:]},+{lead},{value:.6f} "
            for lead, value in present
            if lead >= _PORTAL_FROM
        ]
    return "\n".join(lines).encode() + b"\n"


def cell_index(x: int, y: int) -> int:
    """Where a cell stands in a grid."""
    return (y - 1) * WIDTH + x - 1
