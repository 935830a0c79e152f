"""The table of observed variables: wire column, canonical name, unit, missing marker, limits.

Parser, table schemas, expectations, features and reports use it. Canonical names include their unit.
Limits are of two kinds:

- ``physical``: outside is impossible. For a variable marked ``essential`` such a row is quarantined;
  for another one it is stored and counted, so that a bad soil thermometer doesn't cost the air temperature.
- ``record``: the Korean climate records; outside is possible, but suspicious.
"""

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["decimal", "integer", "text", "clock"]


@dataclass(frozen=True, slots=True)
class PhysicalRange:
    """A closed range in the canonical unit, with its source."""

    low: float
    high: float
    source: str


@dataclass(frozen=True, slots=True)
class Variable:
    """One observed variable.

    Attributes:
        name: canonical column name, ending in its unit where it has one.
        kma: name in KMA's documentation of the wire format.
        position: zero-based token position in a row of the wire format.
        kind: ``decimal`` (float64), ``integer`` (int32), ``text`` or ``clock`` (HHMM, KST).
        unit: canonical unit, for display.
        missing: tokens that mean "not observed" on the wire, next to ``sentinel_bands``; by default
            those of the kind.
        scale: canonical value = wire value × scale.
        english: label.
        korean: label.
        essential: whether a row with a physically impossible value is quarantined.
        physical: physical limits.
        record: Korean climate records.
        note: a remark for users of the column.
    """

    name: str
    kma: str
    position: int
    kind: Kind
    unit: str
    english: str
    korean: str
    missing: tuple[str, ...] = ()
    scale: float = 1
    essential: bool = False
    physical: PhysicalRange | None = None
    record: PhysicalRange | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if not self.missing:
            object.__setattr__(self, "missing", MISSING[self.kind])

    @property
    def sentinel_bands(self) -> tuple[tuple[float, float], ...]:
        """Ranges of numbers that mean "not observed", whoever wrote them: above the first, up to the second.

        They hold for the wire's unit as for the canonical one.
        """
        signed = self.physical is not None and self.physical.low < 0
        return SENTINEL_BANDS if signed else UNSIGNED_SENTINEL_BANDS

    @property
    def documentation(self) -> str:
        """What the column means, with its unit, for table schemas."""
        unit = f" [{self.unit}]" if self.unit else ""
        return f"{self.english}{unit}; KMA {self.kma}{'; ' + self.note if self.note else ''}"


MISSING: Final[dict[Kind, tuple[str, ...]]] = {
    "decimal": ("-9", "-9.0", "-9.00"),
    "integer": ("-9",),
    "text": ("-", "-9"),
    "clock": ("-9",),
}
# -9.0 °C is a real temperature (39 of 39 cases in the records fit their neighbours); only -99 is a marker.
TEMPERATURE_MISSING: Final = ("-99", "-99.0")
# Other endpoints of the KMA write -99, -99.7, -99.9, -999 or -999.0 where nothing was observed, and files
# that went through other programs have these multiplied by a unit (-990 m, -900 m). None of them can be
# observed: no variable here reaches -90. (Above the first number, up to the second.)
SENTINEL_BANDS: Final = ((-100.0, -99.0), (-1000.0, -990.0), (-10_000.0, -9_900.0))
# What can't be negative has no value of -90, -900 or so either.
UNSIGNED_SENTINEL_BANDS: Final = ((-100.0, -90.0), (-1000.0, -900.0), (-10_000.0, -9_000.0))

KMA_RECORDS: Final = "KMA climatological records"
TOKENS_PER_ROW: Final = 46
TIME_POSITION: Final = 0
STATION_POSITION: Final = 1


VARIABLES: Final[tuple[Variable, ...]] = (
    Variable(
        "wind_direction_deg",
        "WD",
        2,
        "integer",
        "°",
        "Wind direction, from true north",
        "풍향",
        scale=10,
        essential=True,
        physical=PhysicalRange(0, 360, "compass"),
        note="0 = calm, 360 = north; the wire has tens of degrees",
    ),
    Variable(
        "wind_speed_ms",
        "WS",
        3,
        "decimal",
        "m/s",
        "Wind speed, 10-minute mean",
        "풍속",
        essential=True,
        physical=PhysicalRange(0, 75, "no surface wind in Korea came near"),
        record=PhysicalRange(0, 51.8, f"{KMA_RECORDS}: Gosan, 2003-09-12"),
    ),
    Variable(
        "gust_direction_deg",
        "GST_WD",
        4,
        "integer",
        "°",
        "Gust direction, from true north",
        "돌풍향",
        scale=10,
        physical=PhysicalRange(0, 360, "compass"),
        note="the wire has tens of degrees",
    ),
    Variable(
        "gust_speed_ms",
        "GST_WS",
        5,
        "decimal",
        "m/s",
        "Gust speed",
        "돌풍속",
        physical=PhysicalRange(0, 110, "world record of a surface gust outside tornadoes: 113 m/s"),
        record=PhysicalRange(0, 63.7, f"{KMA_RECORDS}: Sokcho, 2006-10-23"),
    ),
    Variable(
        "gust_at",
        "GST_TM",
        6,
        "clock",
        "",
        "Time of the gust (UTC)",
        "돌풍 시각",
        note="the wire has HHMM in KST; the latest such time not after the observation",
    ),
    Variable(
        "station_pressure_hpa",
        "PA",
        7,
        "decimal",
        "hPa",
        "Pressure at the station",
        "현지기압",
        essential=True,
        physical=PhysicalRange(800, 1090, "sea-level extremes, at up to 1,000 m"),
    ),
    Variable(
        "sea_level_pressure_hpa",
        "PS",
        8,
        "decimal",
        "hPa",
        "Pressure reduced to sea level",
        "해면기압",
        essential=True,
        physical=PhysicalRange(870, 1085, "world records: typhoon Tip 1979, Mongolia 2001"),
        record=PhysicalRange(950, 1048, "lowest: typhoon Sarah 1959, 951.5 hPa at Busan"),
    ),
    Variable(
        "pressure_tendency_code",
        "PT",
        9,
        "integer",
        "",
        "Pressure tendency, WMO code 0200",
        "기압변화경향",
        physical=PhysicalRange(0, 8, "WMO code table 0200"),
    ),
    Variable(
        "pressure_change_hpa",
        "PR",
        10,
        "decimal",
        "hPa",
        "Pressure change over 3 hours",
        "기압변화량",
        physical=PhysicalRange(-60, 60, "deepest typhoon passages are below 40 hPa in 3 h"),
        note="-9.0 is always taken for missing: it can't be distinguished from a fall of 9 hPa",
    ),
    Variable(
        "air_temperature_c",
        "TA",
        11,
        "decimal",
        "°C",
        "Air temperature",
        "기온",
        missing=TEMPERATURE_MISSING,
        essential=True,
        physical=PhysicalRange(-50, 50, "10 K beyond the Korean records"),
        record=PhysicalRange(-32.6, 41.0, f"{KMA_RECORDS}: Yangpyeong 1981-01-05, Hongcheon 2018-08-01"),
        note="-9.0 is a real temperature",
    ),
    Variable(
        "dew_point_c",
        "TD",
        12,
        "decimal",
        "°C",
        "Dew point",
        "이슬점온도",
        missing=TEMPERATURE_MISSING,
        essential=True,
        physical=PhysicalRange(-70, 35, "highest dew point ever measured: 35 °C, Dhahran 2003"),
        note="-9.0 is a real temperature",
    ),
    Variable(
        "relative_humidity_pct",
        "HM",
        13,
        "decimal",
        "%",
        "Relative humidity",
        "상대습도",
        essential=True,
        physical=PhysicalRange(0, 100, "definition"),
    ),
    Variable(
        "vapour_pressure_hpa",
        "PV",
        14,
        "decimal",
        "hPa",
        "Vapour pressure",
        "수증기압",
        essential=True,
        physical=PhysicalRange(0, 60, "saturation at 36 °C"),
    ),
    Variable(
        "precipitation_mm",
        "RN",
        15,
        "decimal",
        "mm",
        "Precipitation over precipitation_period_h",
        "강수량",
        essential=True,
        physical=PhysicalRange(0, 400, "world record of one hour: 401 mm, Shangdi 1975"),
        record=PhysicalRange(0, 145, f"{KMA_RECORDS}: 145 mm in an hour, Suncheon 1998-07-31"),
        note="null = no rain or not measured: the wire does not tell which",
    ),
    Variable(
        "precipitation_day_mm",
        "RN_DAY",
        16,
        "decimal",
        "mm",
        "Precipitation of the KST day so far",
        "일강수량",
        physical=PhysicalRange(0, 1900, "world record of one day: 1,825 mm, La Réunion 1966"),
        record=PhysicalRange(0, 870.5, f"{KMA_RECORDS}: Gangneung 2002-08-31"),
        note="the row of 00:00 KST belongs to the day that ends",
    ),
    Variable(
        "precipitation_day_telegram_mm",
        "RN_JUN",
        17,
        "decimal",
        "mm",
        "Precipitation of the KST day so far, from the telegram",
        "일강수량(전문)",
        physical=PhysicalRange(0, 1900, "world record of one day: 1,825 mm, La Réunion 1966"),
    ),
    Variable(
        "precipitation_intensity_mmh",
        "RN_INT",
        18,
        "decimal",
        "mm/h",
        "Precipitation intensity",
        "강수강도",
        physical=PhysicalRange(0, 2500, "world record of one minute: 38 mm"),
        note="few stations observe it",
    ),
    Variable(
        "snow_3h_cm",
        "SD_HR3",
        19,
        "decimal",
        "cm",
        "Fresh snow of 3 hours",
        "3시간 신적설",
        physical=PhysicalRange(0, 100, "heaviest snowfalls are below 30 cm/h"),
    ),
    Variable(
        "snow_day_cm",
        "SD_DAY",
        20,
        "decimal",
        "cm",
        "Fresh snow of the KST day so far",
        "일 신적설",
        physical=PhysicalRange(0, 250, "world record of one day: 256 cm, Capracotta 2015"),
        record=PhysicalRange(0, 150.9, f"{KMA_RECORDS}: Ulleungdo 1955-01-20"),
    ),
    Variable(
        "snow_depth_cm",
        "SD_TOT",
        21,
        "decimal",
        "cm",
        "Snow depth",
        "적설",
        physical=PhysicalRange(0, 500, "twice the Korean record"),
        record=PhysicalRange(0, 293.6, f"{KMA_RECORDS}: Ulleungdo 1962-01-31"),
    ),
    Variable(
        "present_weather_code",
        "WC",
        22,
        "integer",
        "",
        "Present weather, WMO code 4677",
        "현재일기",
        physical=PhysicalRange(0, 99, "WMO code table 4677"),
    ),
    Variable(
        "past_weather_code",
        "WP",
        23,
        "integer",
        "",
        "Past weather, WMO code 4561",
        "과거일기",
        physical=PhysicalRange(0, 99, "WMO code table 4561, two digits"),
    ),
    Variable(
        "present_weather_text",
        "WW",
        24,
        "text",
        "",
        "Present weather, KMA's own codes, two digits each",
        "국내식 일기코드",
    ),
    Variable(
        "cloud_total_tenths",
        "CA_TOT",
        25,
        "integer",
        "tenths",
        "Total cloud amount",
        "전운량",
        physical=PhysicalRange(0, 10, "definition"),
    ),
    Variable(
        "cloud_mid_low_tenths",
        "CA_MID",
        26,
        "integer",
        "tenths",
        "Amount of mid and low cloud",
        "중하층운량",
        physical=PhysicalRange(0, 10, "definition"),
    ),
    Variable(
        "cloud_base_m",
        "CH_MIN",
        27,
        "integer",
        "m",
        "Height of the lowest cloud",
        "최저운고",
        scale=100,
        physical=PhysicalRange(0, 20000, "above the tropopause"),
        note="the wire has hundreds of metres",
    ),
    Variable("cloud_type_text", "CT", 28, "text", "", "Cloud types, two letters each", "운형"),
    Variable(
        "cloud_high_code",
        "CT_TOP",
        29,
        "integer",
        "",
        "High cloud, WMO code 0509",
        "상층운형",
        physical=PhysicalRange(0, 9, "WMO code table 0509"),
    ),
    Variable(
        "cloud_mid_code",
        "CT_MID",
        30,
        "integer",
        "",
        "Mid cloud, WMO code 0515",
        "중층운형",
        physical=PhysicalRange(0, 9, "WMO code table 0515"),
    ),
    Variable(
        "cloud_low_code",
        "CT_LOW",
        31,
        "integer",
        "",
        "Low cloud, WMO code 0513",
        "하층운형",
        physical=PhysicalRange(0, 9, "WMO code table 0513"),
    ),
    Variable(
        "visibility_m",
        "VS",
        32,
        "integer",
        "m",
        "Visibility",
        "시정",
        scale=10,
        physical=PhysicalRange(0, 100000, "limit of the reporting code"),
        note="the wire has tens of metres",
    ),
    Variable(
        "sunshine_h",
        "SS",
        33,
        "decimal",
        "h",
        "Sunshine of the hour",
        "일조",
        physical=PhysicalRange(0, 1, "definition"),
    ),
    Variable(
        "solar_radiation_mjm2",
        "SI",
        34,
        "decimal",
        "MJ/m²",
        "Global solar radiation of the hour",
        "일사",
        physical=PhysicalRange(0, 4.9, "solar constant, 1,361 W/m²"),
    ),
    Variable(
        "ground_state_code",
        "ST_GD",
        35,
        "integer",
        "",
        "State of the ground",
        "지면상태",
        physical=PhysicalRange(0, 19, "WMO code tables 0901 and 0975"),
    ),
    Variable(
        "ground_temperature_c",
        "TS",
        36,
        "decimal",
        "°C",
        "Temperature of the ground surface",
        "지면온도",
        missing=TEMPERATURE_MISSING,
        physical=PhysicalRange(-50, 80, "bare ground in the sun stays below 80 °C"),
        note="-9.0 is taken for a real temperature",
    ),
    Variable(
        "soil_temperature_5cm_c",
        "TE_005",
        37,
        "decimal",
        "°C",
        "Soil temperature at 5 cm",
        "5cm 지중온도",
        missing=TEMPERATURE_MISSING,
        physical=PhysicalRange(-40, 60, "damped ground surface"),
    ),
    Variable(
        "soil_temperature_10cm_c",
        "TE_01",
        38,
        "decimal",
        "°C",
        "Soil temperature at 10 cm",
        "10cm 지중온도",
        missing=TEMPERATURE_MISSING,
        physical=PhysicalRange(-40, 60, "damped ground surface"),
    ),
    Variable(
        "soil_temperature_20cm_c",
        "TE_02",
        39,
        "decimal",
        "°C",
        "Soil temperature at 20 cm",
        "20cm 지중온도",
        missing=TEMPERATURE_MISSING,
        physical=PhysicalRange(-40, 60, "damped ground surface"),
    ),
    Variable(
        "soil_temperature_30cm_c",
        "TE_03",
        40,
        "decimal",
        "°C",
        "Soil temperature at 30 cm",
        "30cm 지중온도",
        missing=TEMPERATURE_MISSING,
        physical=PhysicalRange(-40, 60, "damped ground surface"),
    ),
    Variable(
        "sea_state_code",
        "ST_SEA",
        41,
        "integer",
        "",
        "State of the sea, WMO code 3700",
        "해면상태",
        physical=PhysicalRange(0, 9, "WMO code table 3700"),
    ),
    Variable(
        "wave_height_m",
        "WH",
        42,
        "decimal",
        "m",
        "Wave height",
        "파고",
        physical=PhysicalRange(0, 30, "highest wave measured"),
    ),
    Variable(
        "beaufort_max",
        "BF",
        43,
        "integer",
        "Beaufort",
        "Highest Beaufort force",
        "최대풍력",
        physical=PhysicalRange(0, 12, "definition"),
    ),
    Variable(
        "rain_data_code",
        "IR",
        44,
        "integer",
        "",
        "Presence of rain data, WMO code 1819",
        "강수자료유무",
        physical=PhysicalRange(0, 9, "WMO code table 1819"),
    ),
    Variable(
        "station_type_code",
        "IX",
        45,
        "integer",
        "",
        "Station operation, WMO code 1860",
        "유인관측/무인관측",
        physical=PhysicalRange(0, 9, "WMO code table 1860"),
    ),
)

BY_NAME: Final = {variable.name: variable for variable in VARIABLES}
