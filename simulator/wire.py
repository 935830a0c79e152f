"""The wire format of KMA's surface observations, written byte for byte as the API Hub writes it.

Checked against 70,993 real rows: formatting their values gives the same bytes. Lines end in a line feed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

START: Final = b"#START7777\n"
END: Final = b"#7777END\n"
ENCODING: Final = "euc-kr"  # of everything but JSON

# Columns and their format. WW and CT are padded on the right, all others on the left.
COLUMNS: Final = (
    ("TM", "%s"),
    ("STN", "%3d"),
    ("WD", "%3d"),
    ("WS", "%4.1f"),
    ("GST_WD", "%3d"),
    ("GST_WS", "%4.1f"),
    ("GST_TM", "%4d"),
    ("PA", "%6.1f"),
    ("PS", "%6.1f"),
    ("PT", "%2d"),
    ("PR", "%5.1f"),
    ("TA", "%5.1f"),
    ("TD", "%5.1f"),
    ("HM", "%5.1f"),
    ("PV", "%5.1f"),
    ("RN", "%6.1f"),
    ("RN_DAY", "%6.1f"),
    ("RN_JUN", "%6.1f"),
    ("RN_INT", "%6.1f"),
    ("SD_HR3", "%6.1f"),
    ("SD_DAY", "%6.1f"),
    ("SD_TOT", "%6.1f"),
    ("WC", "%2d"),
    ("WP", "%2d"),
    ("WW", "%-22s"),
    ("CA_TOT", "%3d"),
    ("CA_MID", "%3d"),
    ("CH_MIN", "%4d"),
    ("CT", "%-8s"),
    ("CT_TOP", "%3d"),
    ("CT_MID", "%3d"),
    ("CT_LOW", "%3d"),
    ("VS", "%5d"),
    ("SS", "%4.1f"),
    ("SI", "%5.2f"),
    ("ST_GD", "%2d"),
    ("TS", "%5.1f"),
    ("TE_005", "%5.1f"),
    ("TE_01", "%5.1f"),
    ("TE_02", "%5.1f"),
    ("TE_03", "%5.1f"),
    ("ST_SEA", "%3d"),
    ("WH", "%4.1f"),
    ("BF", "%2d"),
    ("IR", "%2d"),
    ("IX", "%2d"),
)
NAMES: Final = tuple(name for name, _ in COLUMNS)
_ROW: Final = " ".join(form for _, form in COLUMNS) + "\n"

_RULER: Final = "#" + "".join(str(column % 10) for column in range(2, 255)) + "\n"
_HEADER: Final = (
    _RULER + "# YYMMDDHHMI STN  WD   WS GST  GST  GST     PA     PS PT    PR    TA    TD    HM    PV"
    "     RN     RN     RN     RN     SD     SD     SD WC WP WW                      CA  CA   CH CT"
    "        CT  CT  CT    VS   SS    SI ST    TS    TE    TE    TE    TE  ST   WH BF IR IX\n"
    "#        KST  ID  16  m/s  WD   WS   TM    hPa    hPa  -   hPa     C     C     %   hPa"
    "     mm    DAY    JUN    INT    HR3    DAY    TOT -- -- ---------------------- TOT MID  MIN --------"
    " TOP MID LOW                  GD     C     5    10    20    30 SEA    m --  -  -\n"
).encode()

_MEANINGS: Final = (
    *("관측시각 (KST)", "국내 지점번호", "풍향 (16방위)", "풍속 (m/s)", "돌풍향 (16방위)", "돌풍속 (m/s)"),
    *("돌풍속이 관측된 시각 (시분)", "현지기압 (hPa)", "해면기압 (hPa)", "기압변화경향 (Code 0200)"),
    *("기압변화량 (hPa)", "기온 (C)", "이슬점온도 (C)", "상대습도 (%)", "수증기압 (hPa)"),
    "강수량 (mm) : 여름철에는 1시간강수량, 겨울철에는 3시간강수량",
    "일강수량 (mm) : 해당시간까지 관측된 양(통계표)",
    "일강수량 (mm) : 해당시간까지 관측된 양을 전문으로 입력한 값(전문)",
    "강수강도 (mm/h) : 관측하는 곳이 별로 없음",
    "3시간 신적설 (cm) : 3시간 동안 내린 신적설의 높이",
    "일 신적설 (cm) : 00시00분부터 위 관측시간까지 내린 신적설의 높이",
    "적설 (cm) : 치우지 않고 그냥 계속 쌓이도록 놔눈 경우의 적설의 높이",
    "GTS 현재일기 (Code 4677)",
    "GTS 과거일기 (Code 4561) .. 3(황사),4(안개),5(가랑비),6(비),7(눈),8(소나기),9(뇌전)",
    "국내식 일기코드 (문자열 22개) : 2자리씩 11개까지 기록 가능 (코드는 기상자원과 문의)",
    *("전운량 (1/10)", "중하층운량 (1/10)", "최저운고 (100m)"),
    "운형 (문자열 8개) : 2자리 코드로 4개까지 기록 가능",
    *("GTS 상층운형 (Code 0509)", "GTS 중층운형 (Code 0515)", "GTS 하층운형 (Code 0513)"),
    *("시정 (10m)", "일조 (hr)", "일사 (MJ/m2)", "지면상태 코드 (코드는 기상자원과 문의)", "지면온도 (C)"),
    *("5cm 지중온도 (C)", "10cm 지중온도 (C)", "20cm 지중온도 (C)", "30cm 지중온도 (C)"),
    *("해면상태 코드 (코드는 기상자원과 문의)", "파고 (m) : 해안관측소에서 목측한 값"),
    "Beaufart 최대풍력(GTS코드)",
    "강수자료 유무 (Code 1819) .. 1(Sec1에 포함), 2(Sec3에 포함), 3(무강수), 4(결측)",
    (
        "유인관측/무인관측 및 일기 포함여부 (code 1860) .. 1,2,3(유인) 4,5,6(무인)"
        " / 1,4(포함), 2,5(생략), 3,6(결측)"
    ),
)
_HELP: Final = "".join(
    f"# {number:2d}. {name:<6} : {meaning}\n"
    for number, (name, meaning) in enumerate(zip(NAMES, _MEANINGS, strict=True), start=1)
).encode(ENCODING)

_STATION_HEADER: Final = (
    b"# STN           LON           LAT STN_SP          HT     HT_PA     HT_TA     HT_WD     HT_RN STN"
    b" STN_KO               STN_EN               FCT_ID   LAW_ID    BASIN LAW_ADDR\n"
    b"#  ID         (deg)         (deg)               (m)       (m)       (m)       (m)       (m)  ID\n"
)


class Listed(Protocol):
    """A station, as far as the station list describes it."""

    @property
    def id(self) -> int: ...  # noqa: D102
    @property
    def korean(self) -> str: ...  # noqa: D102
    @property
    def english(self) -> str: ...  # noqa: D102
    @property
    def latitude(self) -> float: ...  # noqa: D102
    @property
    def longitude(self) -> float: ...  # noqa: D102
    @property
    def elevation_m(self) -> float: ...  # noqa: D102


@dataclass(frozen=True)
class Page:
    """The parts of a response's text, so that faults can change its rows."""

    head: bytes
    rows: Sequence[bytes]
    end: bytes = END

    @property
    def body(self) -> bytes:
        """The whole text."""
        return b"".join([self.head, *self.rows, self.end])


def row(values: Sequence[object]) -> bytes:
    """Format a line from the values of all 46 columns, in order; TM and the texts as str."""
    return (_ROW % tuple(values)).encode()


def observations(rows: Iterable[bytes], *, explained: bool = False) -> Page:
    """Return a response of kma_sfctm2 or kma_sfctm3; ``explained`` adds the text of help=1."""
    return Page(START + (_HELP if explained else b"") + _HEADER, list(rows))


def station_list(stations: Iterable[Listed]) -> Page:
    """Return a response of stn_inf with inf=SFC, in EUC-KR.

    Fields that the simulator doesn't know have typical values: instrument heights, and ``----`` for forecast
    region, district and basin; the office is the station itself, and the address only has its name.
    """
    return Page(START + _STATION_HEADER, [_station_row(station) for station in stations])


def _station_row(station: Listed) -> bytes:
    height = station.elevation_m
    numbers = "%5d %13.8f %13.8f %-8s %9.2f %9.2f %9.2f %9.2f %9.2f %3d" % (  # noqa: UP031 - C's widths
        *(station.id, station.longitude, station.latitude, "11110000"),
        *(height, height + 1.2, 1.5, 10.0, 0.5, station.id),
    )
    names = [name.encode(ENCODING).ljust(20) for name in (station.korean, station.english.replace(" ", "_"))]
    codes = b"----     ----       ----"
    address = f"대한민국 {station.korean}".encode(ENCODING)
    return b" ".join([numbers.encode(), *names, codes, address]) + b"\n"
