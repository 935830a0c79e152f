"""Names and units of the variables in each source.

Sources are the portal's CSV (data.kma.go.kr, Korean or English header) and the responses of data.go.kr's
``AsosHourlyInfoService/getWthrDataList``. The API Hub's own format is described by position in
``weather_mlops.variables``. A unit in a header overrides the default; an unknown unit is refused.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from weather_mlops.errors import FileRefused
from weather_mlops.sources.quoting import quoted
from weather_mlops.variables import BY_NAME


@dataclass(frozen=True, slots=True)
class SourceField:
    """A variable in the two sources.

    Attributes:
        name: canonical name, of ``weather_mlops.variables``.
        service: name in the responses of getWthrDataList.
        portal: Korean labels in the portal's header, without unit and spaces.
        english: English labels, in lower case, without unit and spaces.
        scale: canonical value = value × scale, where the source names no unit.
        missing: numbers that stand for "not observed" in both sources.
    """

    name: str
    service: str
    portal: tuple[str, ...]
    english: tuple[str, ...]
    scale: float = 1
    missing: tuple[float, ...] = ()


FIELDS: Final[tuple[SourceField, ...]] = (
    SourceField("air_temperature_c", "ta", ("기온",), ("temperature", "airtemperature")),
    SourceField("precipitation_mm", "rn", ("강수량",), ("precipitation", "rainfall")),
    SourceField("wind_speed_ms", "ws", ("풍속",), ("windspeed",)),
    # Degrees, one of 16 directions: 20, 50, ..., 360; 0 = calm, 99 = variable. The wire has tens of degrees.
    SourceField("wind_direction_deg", "wd", ("풍향",), ("winddirection",), missing=(99,)),
    SourceField("relative_humidity_pct", "hm", ("습도", "상대습도"), ("humidity", "relativehumidity")),
    SourceField("vapour_pressure_hpa", "pv", ("증기압", "수증기압"), ("vaporpressure", "vapourpressure")),
    SourceField("dew_point_c", "td", ("이슬점온도",), ("dewpoint", "dewpointtemperature")),
    SourceField(
        "station_pressure_hpa", "pa", ("현지기압",), ("localpressure", "localairpressure", "stationpressure")
    ),
    SourceField("sea_level_pressure_hpa", "ps", ("해면기압",), ("sealevelpressure", "sea-levelpressure")),
    SourceField("sunshine_h", "ss", ("일조", "일조시간"), ("sunshine", "sunshineduration")),
    SourceField("solar_radiation_mjm2", "icsr", ("일사", "일사량"), ("solarradiation",)),
    SourceField("snow_depth_cm", "dsnw", ("적설",), ("snowdepth",)),
    SourceField("snow_3h_cm", "hr3Fhsc", ("3시간신적설",), ("3hrsnowfall", "3hfreshsnow")),
    SourceField("cloud_total_tenths", "dc10Tca", ("전운량",), ("totalcloudcover", "totalcloudamount")),
    SourceField(
        "cloud_mid_low_tenths", "dc10LmcsCa", ("중하층운량",), ("mid-lowcloudcover", "midlowcloudamount")
    ),
    SourceField("cloud_type_text", "clfmAbbrCd", ("운형",), ("cloudtype", "cloudform")),
    SourceField("cloud_base_m", "lcsCh", ("최저운고",), ("lowestcloudheight", "cloudbase"), scale=100),
    SourceField("visibility_m", "vs", ("시정",), ("visibility",), scale=10),
    SourceField("ground_state_code", "gndSttCd", ("지면상태",), ("groundstate", "groundsurfacestate")),
    SourceField("present_weather_text", "dmstMtphNo", ("현상번호",), ("phenomenonnumber",)),
    SourceField("ground_temperature_c", "ts", ("지면온도",), ("groundtemperature",)),
    SourceField("soil_temperature_5cm_c", "m005Te", ("5cm지중온도",), ("5cmsoiltemperature",)),
    SourceField("soil_temperature_10cm_c", "m01Te", ("10cm지중온도",), ("10cmsoiltemperature",)),
    SourceField("soil_temperature_20cm_c", "m02Te", ("20cm지중온도",), ("20cmsoiltemperature",)),
    SourceField("soil_temperature_30cm_c", "m03Te", ("30cm지중온도",), ("30cmsoiltemperature",)),
)
BY_SERVICE: Final = {field.service: field for field in FIELDS}
BY_LABEL: Final = {label: field for field in FIELDS for label in (*field.portal, *field.english)}

STATION: Final = frozenset({"지점", "지점번호", "station", "stationid", "stationno.", "point", "stn"})
TIME: Final = frozenset({"일시", "datetime", "date/time", "time", "date"})
STATION_NAME: Final = frozenset({"지점명", "stationname", "pointname", "name"})
FLAG: Final = re.compile(r"(?P<label>.+?)(qc플래그|qcflag|qcflg)")
# Quality flags of the KMA: blank or 0 = passed, 1 = error, 9 = missing. The latter two make a value null.
REFUSING_FLAGS: Final = ("1", "9")

# By canonical unit: units in headers, and the factor to the canonical one.
_UNITS: Final[Mapping[str, Mapping[str, float]]] = {
    "°C": dict.fromkeys(("°c", "℃", "c", "˚c", "ºc", "도"), 1),
    "mm": {"mm": 1, "㎜": 1},
    "m/s": {"m/s": 1, "㎧": 1, "m/sec": 1},
    "°": dict.fromkeys(("16방위", "deg", "°", "degree", "degrees", "도"), 1),
    "%": {"%": 1, "％": 1},
    "hPa": {"hpa": 1, "㍱": 1, "mb": 1},
    "h": {"hr": 1, "h": 1, "hour": 1, "시간": 1},
    "MJ/m²": dict.fromkeys(("mj/m2", "mj/m^2", "mj/m²", "mj/㎡"), 1),
    "cm": {"cm": 1, "㎝": 1},
    "tenths": dict.fromkeys(("10분위", "1/10", "tenths", "할"), 1),
    "m": {"m": 1, "10m": 10, "100m": 100, "km": 1000},
}
_HEADER: Final = re.compile(r"(?P<before>[^()]*)(\((?P<unit>[^()]*)\))?(?P<after>.*)")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a header.

    Attributes:
        field: the variable.
        scale: canonical value = value × scale.
        is_flag: whether it has the quality flags of the variable instead of its values.
    """

    field: SourceField
    scale: float
    is_flag: bool = False


def label_of(header: str) -> tuple[str, str]:
    """Label and unit of a header cell, both in lower case and without spaces: ``("기온", "°c")``."""
    # macOS decomposes Korean syllables.
    match = _HEADER.fullmatch("".join(unicodedata.normalize("NFC", header).lower().split()))
    if match is None:
        return header, ""
    return match["before"] + match["after"], match["unit"] or ""


def column(header: str) -> Column | None:
    """The column of a header cell; None if it is no variable.

    Raises:
        FileRefused: the variable is in an unknown unit.
    """
    label, unit = label_of(header)
    if (flag := FLAG.fullmatch(label)) and flag["label"] in BY_LABEL:
        return Column(BY_LABEL[flag["label"]], 1, is_flag=True)
    if (field := BY_LABEL.get(label)) is None:
        return None
    return Column(field, _scale(field, unit, header))


def labels(headers: Iterable[str]) -> list[str]:
    """Labels of header cells, without their units."""
    return [label_of(header)[0] for header in headers]


def _scale(field: SourceField, unit: str, header: str) -> float:
    variable = BY_NAME[field.name]
    if not unit or not variable.unit:  # a code's "unit" names its code table
        return field.scale
    known = _UNITS[variable.unit]
    if unit not in known:
        raise FileRefused(
            f"column {quoted(header)!r} is in a unit that isn't known ({', '.join(known)} are): "
            "export it from the portal again, or leave the column out"
        )
    return known[unit]
