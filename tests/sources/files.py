"""Small files of each format, for tests."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from weather_mlops.sources.kma_forecast_csv import ForecastFile

NOW = datetime(2026, 11, 30, tzinfo=UTC)
"""When the files are taken in."""
ROW = (
    "{time} {station}   2  1.7  -9 -9.0   -9 1016.6 1027.5  2   1.2  {ta}  -0.3  98.0   6.0   -9.0   -9.0"
    "   -9.0   -9.0   -9.0   -9.0    2.4 10  0 19                       1   1   13 Sc         0   0   5"
    "   571 -9.0 -9.00 -9  -0.3  -0.1  -0.2   0.0   1.0  -9 -9.0 -9  3  1"
)
HEADER = (
    "# YYMMDDHHMI STN  WD   WS GST  GST  GST     PA     PS PT    PR    TA    TD    HM    PV     RN     RN "
    "    RN     RN     SD     SD     SD WC WP WW CA CA CH CT CT CT CT VS   SS    SI ST    TS    TE"
    "    TE    TE    TE  ST   WH BF IR IX"
)


def hub(*rows: str, header: str = HEADER) -> str:
    """A response of the API Hub."""
    return "\n".join(["#START7777", header, *rows, "#7777END", ""])


def hub_rows(hours: Sequence[int], station: int = 108, ta: str = "-0.1", day: str = "20240102") -> list[str]:
    """Rows of a day, all alike."""
    return [ROW.format(time=f"{day}{hour:02d}00", station=station, ta=ta) for hour in hours]


def portal(*rows: str, header: str = "지점,지점명,일시,기온(°C)") -> str:
    """A CSV of the portal."""
    return "\r\n".join([header, *rows, ""])


def portal_rows(hours: Sequence[int], *cells: str, station: int = 108, day: str = "2024-01-02") -> list[str]:
    """Rows of a day, all alike."""
    return [",".join([str(station), "서울", f"{day} {hour:02d}:00", *cells]) for hour in hours]


def item(hour: int, day: str = "2024-01-02", **fields: str) -> dict[str, str]:
    """An item of getWthrDataList."""
    return {"tm": f"{day} {hour:02d}:00", "rnum": str(hour + 1), "stnId": "108", "stnNm": "서울", **fields}


def as_json(*items: Mapping[str, str]) -> str:
    """A page of getWthrDataList."""
    header = {"resultCode": "00", "resultMsg": "NORMAL_SERVICE"}
    body = {"dataType": "JSON", "items": {"item": list(items)}, "pageNo": 1, "totalCount": len(items)}
    return json.dumps({"response": {"header": header, "body": body}}, ensure_ascii=False)


def as_xml(*items: Mapping[str, str]) -> str:
    """The same in XML."""
    rows = "".join(
        "<item>" + "".join(f"<{name}>{value}</{name}>" for name, value in each.items()) + "</item>"
        for each in items
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<response><header><resultCode>00</resultCode>'
        f"<resultMsg>NORMAL_SERVICE</resultMsg></header><body><items>{rows}</items></body></response>"
    )


def forecast(*lines: str, cell: str = "60_127", start: str = "20250701") -> str:
    """A file of the portal's forecast."""
    head = f" format: day,hour,forecast,value  location:{cell} Start : {start} "
    return "\n".join([head, *lines, ""])


def forecast_values(read: ForecastFile) -> list[tuple[str, str, float]]:
    """Issue, valid time (both UTC, to the hour) and value of each value of a forecast."""
    columns = (read.issued_at.astype(str), read.valid_at.astype(str), read.values)
    return list(zip(*(column.tolist() for column in columns), strict=True))
