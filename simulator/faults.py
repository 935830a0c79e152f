"""Faults that are injected on purpose, at a rate or in certain calls.

Three kinds: a canned response instead of data; rows damaged inside a good response (observations only, the
station list stays intact); and faults of the connection, which the server produces. Sensors that fail are in
sensors.py.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from simulator import sensors, wire
from simulator.forecast import faults as forecast_faults


@dataclass(frozen=True)
class Canned:
    """A response with fixed content."""

    status: int
    content_type: str
    body: bytes


JSON: Final = "application/json;charset=UTF-8"
PLAIN: Final = "text/plain;charset=UTF-8"
XML: Final = "text/xml;charset=UTF-8"
HTML: Final = "text/html;charset=UTF-8"
# Layout and text are those of the API Hub.
WRONG_KEY_BODY: Final = (
    '{\n  "result" : {\n    "status" : 401,\n    "message" : "유효한 인증키가 아닙니다."\n  }\n}\n'
).encode()
_UNAPPROVED: Final = '{"result":{"status":403,"message":"활용신청이 필요한 API 입니다."}}\n'
_QUOTA: Final = '{"result":{"status":403,"message":"API 호출 한도를 초과했습니다."}}\n'
_DAILY_QUOTA: Final = '{"result":{"status":403,"message":"일일 최대 호출 건수 제한에 도달하였습니다."}}\n'
_CAPACITY: Final = '{"result":{"status":403,"message":"일일 API 사용 용량을 모두 소진하였습니다."}}\n'
# The gateway of data.go.kr reports errors in XML, whatever format was requested, with HTTP 200.
_GATEWAY: Final = (
    "<OpenAPI_ServiceResponse><cmmMsgHeader><errMsg>SERVICE ERROR</errMsg>"
    "<returnAuthMsg>{name}</returnAuthMsg><returnReasonCode>{code}</returnReasonCode>"
    "</cmmMsgHeader></OpenAPI_ServiceResponse>\n"
)
_MAINTENANCE: Final = """<!DOCTYPE html>
<html lang="ko"><head><meta charset="UTF-8"><title>시스템 점검 안내</title></head>
<body><h1>시스템 점검 안내</h1><p>서비스 점검으로 이용이 일시 중단됩니다.</p></body></html>
"""


def _gateway(code: int, name: str) -> Canned:
    return Canned(200, XML, _GATEWAY.format(code=code, name=name).encode())


WRONG_KEY: Final = Canned(401, JSON, WRONG_KEY_BODY)
CANNED: Final = {
    "500": Canned(500, HTML, b"<html><body><h1>500 Internal Server Error</h1></body></html>\n"),
    "maintenance": Canned(200, HTML, _MAINTENANCE.encode()),
    "wrong-key": WRONG_KEY,
    "wrong-key-200": Canned(200, JSON, WRONG_KEY_BODY),
    "unapproved": Canned(403, JSON, _UNAPPROVED.encode()),
    "quota": Canned(403, JSON, _QUOTA.encode()),
    "quota-daily": Canned(403, JSON, _DAILY_QUOTA.encode()),
    "quota-capacity": Canned(429, JSON, _CAPACITY.encode()),
    "quota-text": Canned(403, PLAIN, "일일 최대 호출 건수 제한\n".encode()),
    "gateway-quota": _gateway(22, "LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR"),
    "gateway-key": _gateway(30, "SERVICE_KEY_IS_NOT_REGISTERED_ERROR"),
    "gateway-busy": _gateway(1, "APPLICATION_ERROR"),
}
# timeout: never answers. hang: half of the response, then nothing. cut-off: half of it, then a clean close,
# so that only the missing end marker shows it.
CONNECTION: Final = ("timeout", "hang", "cut-off")

_PA: Final = wire.NAMES.index("PA")
_TA: Final = wire.NAMES.index("TA")
_PT: Final = wire.NAMES.index("PT")
_IMPOSSIBLE_CODE: Final = b"99"  # the tendency of the pressure is a code from 0 to 8
_STATION: Final = slice(12, 16)
_SOME: Final = 0.05  # share of the rows that come twice
_GARBAGE_LINES: Final = 3


def _some(rows: Sequence[bytes], dice: random.Random) -> set[int]:
    """Return the indices of a few rows, at least one."""
    return set(dice.sample(range(len(rows)), max(1, round(_SOME * len(rows)))))


def _doubled(rows: Sequence[bytes], dice: random.Random) -> list[bytes]:
    chosen = _some(rows, dice)
    return [line for at, row in enumerate(rows) for line in ([row, row] if at in chosen else [row])]


def _conflicting(rows: Sequence[bytes], dice: random.Random) -> list[bytes]:
    chosen = _some(rows, dice)
    return [line for at, row in enumerate(rows) for line in ([row, _warmer(row)] if at in chosen else [row])]


def _warmer(row: bytes) -> bytes:
    """Return the row with an air temperature two degrees higher."""
    tokens = row.split()
    return _joined([*tokens[:_TA], b"%.1f" % (float(tokens[_TA]) + 2), *tokens[_TA + 1 :]])


def _joined(tokens: Sequence[bytes]) -> bytes:
    return b" ".join(tokens) + b"\n"


def _dropped(rows: Sequence[bytes], _: random.Random) -> list[bytes]:
    """Remove the column PA: 45 tokens remain."""
    return [_joined([*(tokens := row.split())[:_PA], *tokens[_PA + 1 :]]) for row in rows]


def _moved(rows: Sequence[bytes], _: random.Random) -> list[bytes]:
    """Move PA to the end: still 46 tokens, but nearly all in the wrong column."""
    return [_joined([*(tokens := row.split())[:_PA], *tokens[_PA + 1 :], tokens[_PA]]) for row in rows]


def _inserted(rows: Sequence[bytes], _: random.Random) -> list[bytes]:
    """Insert an unknown column before PA: 47 tokens."""
    return [_joined([*(tokens := row.split())[:_PA], b"0.0", *tokens[_PA:]]) for row in rows]


def _miscoded(rows: Sequence[bytes], _: random.Random) -> list[bytes]:
    """Put an impossible code into PT of every station: the rows are published, and their validity drops."""
    return [_joined([*(tokens := row.split())[:_PT], _IMPOSSIBLE_CODE, *tokens[_PT + 1 :]]) for row in rows]


def _littered(rows: Sequence[bytes], dice: random.Random) -> list[bytes]:
    littered = list(rows)
    for _ in range(_GARBAGE_LINES):
        rubbish = dice.randbytes(dice.randint(20, 120)).translate(None, b"\n\r#")
        littered.insert(dice.randint(0, len(littered)), rubbish + b"\n")
    return littered


def _without_one(rows: Sequence[bytes], dice: random.Random) -> list[bytes]:
    stations = sorted({row[_STATION] for row in rows})
    absent = stations[dice.randrange(len(stations))]
    return [row for row in rows if row[_STATION] != absent]


SPOILERS: Final[dict[str, Callable[[Sequence[bytes], random.Random], list[bytes]]]] = {
    "empty": lambda _rows, _dice: [],
    "shifted-columns": _dropped,
    "moved-columns": _moved,
    "inserted-columns": _inserted,
    "impossible-codes": _miscoded,
    "garbage": _littered,
    "duplicated-rows": _doubled,
    "conflicting-rows": _conflicting,
    "station-missing": _without_one,
}
NAMES: Final = (*CANNED, *CONNECTION, *SPOILERS)
# The same station is absent in each call; all other faults differ from call to call.
_EVERY_CALL_ALIKE: Final = ("station-missing",)


@dataclass(frozen=True)
class Fault:
    """One ``--fault``.

    Attributes:
        name: one of ``NAMES``.
        rate: share of the calls that it hits, 0 to 1.
        first: number of the first call that it can hit; calls of all endpoints are counted, from 1.
        last: number of the last call that it can hit; None = no end.
    """

    name: str
    rate: float = 1
    first: int = 1
    last: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Fault":
        """Parse NAME, NAME:rate=0.3, NAME:call=5, NAME:call=5-8 or NAME:call=5-.

        Raises:
            ValueError: it is none of these; the message says what is allowed.
        """
        name, _, option = text.partition(":")
        kind, _, value = option.partition("=")
        if name not in NAMES:
            raise ValueError(f"unknown fault {name!r}: choose from {', '.join((*NAMES, *sensors.KINDS))}")
        try:
            if not option:
                return cls(name)
            if kind == "rate" and 0 <= float(value) <= 1:
                return cls(name, rate=float(value))
            if kind == "call":
                first, dash, last = value.partition("-")
                return cls(name, first=int(first), last=int(last or first) if last or not dash else None)
        except ValueError:
            pass
        raise ValueError(f"can't read {text!r}: write {name}:rate=0.3, {name}:call=5 or {name}:call=5-8")

    def hits(self, call: int, seed: int) -> bool:
        """Whether this fault hits a call; the same seed gives the same calls."""
        if call < self.first or (self.last is not None and call > self.last):
            return False
        return self.rate >= 1 or dice(seed, self.name, call).random() < self.rate


def dice(seed: int, name: str, call: int) -> random.Random:
    """Return the random numbers of one fault in one call."""
    return random.Random(f"{seed}/{name}/{call}")


def spoil(page: wire.Page, names: Sequence[str], call: int, seed: int) -> wire.Page:
    """Return a response with its rows damaged by each named fault that damages rows."""
    rows = page.rows
    for name in names:
        if name in SPOILERS and rows:
            alike = name in _EVERY_CALL_ALIKE
            rows = SPOILERS[name](rows, dice(seed, f"{name}/rows", 0 if alike else call))
    return replace(page, rows=rows)


def parse(text: str) -> Fault | sensors.SensorFault | forecast_faults.ForecastFault:
    """Parse a fault of a call, of a sensor or of the forecast.

    Raises:
        ValueError: it is neither; the message says what is allowed.
    """
    if text.partition(":")[0] in sensors.KINDS:
        return sensors.SensorFault.parse(text)
    if text.startswith("forecast-"):
        return forecast_faults.ForecastFault.parse(text)
    return Fault.parse(text)
