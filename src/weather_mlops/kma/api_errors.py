"""Parse and classify error responses of the KMA API Hub and of data.go.kr's gateway; without I/O.

The API Hub answers errors as JSON, as a sentence of plain text or as an HTML page; the gateway as XML
(``OpenAPI_ServiceResponse``) or JSON with a ``resultCode``, both with HTTP 200. The gateway's code
identifies the error; without one its text has to: HTTP 403 means a used-up quota or a missing approval.
"""

import codecs
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final

from weather_mlops.errors import (
    EndpointNotApproved,
    FormatChanged,
    KeyRefused,
    KmaUnavailable,
    Misconfigured,
    NothingYet,
    QuotaExhausted,
    WeatherError,
)
from weather_mlops.kma import error_words

LONGEST_MESSAGE: Final = 200
# A longer response is no error message, and not worth searching.
LONGEST_ERROR: Final = 100_000

# data.go.kr, guide of the open API's errors: code and name. A response has either or both.
GATEWAY_ERRORS: Final[tuple[tuple[str, str, type[WeatherError]], ...]] = (
    ("01", "APPLICATION_ERROR", KmaUnavailable),
    ("02", "DB_ERROR", KmaUnavailable),
    ("03", "NODATA_ERROR", NothingYet),
    ("04", "HTTP_ERROR", KmaUnavailable),
    ("05", "SERVICETIME_OUT", KmaUnavailable),
    ("10", "INVALID_REQUEST_PARAMETER_ERROR", Misconfigured),
    ("11", "NO_MANDATORY_REQUEST_PARAMETERS_ERROR", Misconfigured),
    ("12", "NO_OPENAPI_SERVICE_ERROR", Misconfigured),
    ("20", "SERVICE_ACCESS_DENIED_ERROR", EndpointNotApproved),
    ("21", "TEMPORARILY_DISABLE_THE_SERVICEKEY_ERROR", KeyRefused),
    ("22", "LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR", QuotaExhausted),
    ("23", "LIMITED_NUMBER_OF_SERVICE_REQUESTS_PER_SECOND_EXCEEDS_ERROR", KmaUnavailable),
    ("30", "SERVICE_KEY_IS_NOT_REGISTERED_ERROR", KeyRefused),
    ("31", "DEADLINE_HAS_EXPIRED_ERROR", KeyRefused),
    ("32", "UNREGISTERED_IP_ERROR", KeyRefused),
    ("33", "UNSIGNED_CALL_ERROR", KeyRefused),
)
_BY_NAME: Final = sorted(GATEWAY_ERRORS, key=lambda error: -len(error[1]))  # a name may end as another one
# Without leading zeros, as a JSON number has none; never as numbers, for a code may have any length.
_BY_CODE: Final = {code.lstrip("0"): kind for code, _, kind in GATEWAY_ERRORS}

_CODE_FIELDS: Final = frozenset({"resultcode", "returnreasoncode", "errorcode", "code"})
_MESSAGE_FIELDS: Final = frozenset({"message", "resultmsg", "returnauthmsg", "errmsg", "error", "msg"})
_TAGS: Final = re.compile(
    r"<(?:\w+:)?(resultCode|returnReasonCode|resultMsg|returnAuthMsg|errMsg)>\s*(?:<!\[CDATA\[)?([^<\]]*)",
    re.IGNORECASE,
)
# An unclosed tag extends to the end, so that the expression takes linear time.
_UNSEEN: Final = re.compile(
    r"<(script|style|title)\b.*?(?:</\1>|\Z)|<!--.*?(?:-->|\Z)|<[^<>]*>", re.IGNORECASE | re.DOTALL
)
_TITLE: Final = re.compile(r"<title\b[^<>]*>([^<]*)", re.IGNORECASE)
_HTML: Final = re.compile(
    r"<(!doctype html|html|head|body|title|meta|script|center|div|table|pre|h\d|p|b|br)\b", re.IGNORECASE
)

_BY_STATUS: Final[Mapping[int, type[WeatherError]]] = {
    HTTPStatus.UNAUTHORIZED: KeyRefused,
    HTTPStatus.FORBIDDEN: EndpointNotApproved,
    HTTPStatus.NOT_FOUND: Misconfigured,
    HTTPStatus.REQUEST_TIMEOUT: KmaUnavailable,
    HTTPStatus.TOO_EARLY: KmaUnavailable,
    HTTPStatus.TOO_MANY_REQUESTS: KmaUnavailable,
}
# The API itself refuses in JSON; a page with one of these is another server's.
_REFUSED: Final = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED}
)
# Texts that frameworks send as the error while the reason is in another field.
_PHRASES: Final = frozenset(status.phrase.lower() for status in HTTPStatus)
# Byte order marks, and how '{' or '<' begins in UTF-16 without one.
_ENCODINGS: Final = (
    (re.compile(re.escape(codecs.BOM_UTF16_LE)), "utf-16-le"),
    (re.compile(re.escape(codecs.BOM_UTF16_BE)), "utf-16-be"),
    (re.compile(rb"[^\0]\0[^\0]"), "utf-16-le"),
    (re.compile(rb"\0[^\0]"), "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Notice:
    """The content of an error response.

    Attributes:
        status: HTTP status that the body names; 0 if none.
        code: code of the gateway; empty if none.
        message: text in one line; empty if none.
        page: whether it is an HTML page, whose text may be about anything.
    """

    status: int = 0
    code: str = ""
    message: str = ""
    page: bool = False

    @property
    def quoted(self) -> str:
        """Code and message in parentheses, to be used in a sentence; empty if there are none."""
        parts = [self.code if self.code != self.message else "", self.message]
        text = ": ".join(part[:LONGEST_MESSAGE] for part in parts if part)
        return f" ({text})" if text else ""


def read(body: bytes) -> Notice:
    """Read an error response: JSON, XML, an HTML page or plain text, in UTF-8, EUC-KR or UTF-16."""
    if len(body) > LONGEST_ERROR:
        return Notice()
    text = _decoded(body).strip()
    if text.startswith(("{", "[")):
        return _of_json(text)
    if fields := [(name.lower(), _line(value)) for name, value in _TAGS.findall(text)]:
        return _of_fields(fields)
    if text.startswith("<"):
        seen, title = _line(_UNSEEN.sub(" ", text)), _TITLE.search(text)
        return Notice(message=seen or _line(title[1] if title else ""), page=bool(_HTML.search(text)))
    return Notice(message=_line(text))


def kind_of(http_status: int, notice: Notice) -> type[WeatherError] | None:
    """The error that a response means; None where it may be no error at all.

    Args:
        http_status: of HTTP; a status in the body overrides it.
        notice: content of the body.
    """
    status = notice.status or http_status
    broken = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    if notice.code:
        return _by_code(notice)
    if kind := _by_name(notice):
        return kind
    words = error_words.plain(notice.message)
    if kind := _by_page(words, status) if notice.page else error_words.meaning(words, broken=broken):
        return kind
    if broken:
        return KmaUnavailable
    if notice.page and status in _REFUSED:
        return Misconfigured
    unknown = FormatChanged if notice.status or status != HTTPStatus.OK else None
    return _BY_STATUS.get(status, unknown)


def _by_code(notice: Notice) -> type[WeatherError]:
    text = f"{notice.code} {notice.message}".upper().replace(" ", "_")
    for _, name, kind in _BY_NAME:
        if name in text:
            return kind
    if kind_of_code := _BY_CODE.get(notice.code.lstrip("0")):
        return kind_of_code
    unknown = notice.code == "99" or "UNKNOWN_ERROR" in text
    if unknown and error_words.NOT_YET.search(notice.message):
        return NothingYet
    words = error_words.plain(notice.message)
    return error_words.meaning(words, broken=False) or (KmaUnavailable if unknown else FormatChanged)


def _by_name(notice: Notice) -> type[WeatherError] | None:
    """Classify a response whose whole message is the name of an error; a page may mention any."""
    texts = [] if notice.page else [text.upper().replace(" ", "_") for text in notice.message.split("; ")]
    return next((kind for _, name, kind in _BY_NAME if name in texts), None)


def _by_page(words: str, status: int) -> type[WeatherError] | None:
    """Classify an HTML page by its text, where that can be the API's."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or error_words.IN_BETWEEN.search(words):
        return None
    if status != HTTPStatus.OK:
        return error_words.meaning(words, broken=False)
    # With 200 it may be a page of the portal that explains keys and quotas.
    if len(words) > LONGEST_MESSAGE or error_words.MAINTENANCE.search(words):
        return None
    return error_words.meaning(words, broken=False)


def _of_json(text: str) -> Notice:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return Notice(message=_line(text))
    notice = _of_fields(_scalars(document, lists=False))
    # A list may hold data; its fields count only when those outside say nothing.
    everything = _scalars(document, lists=True)
    if not notice.code and not notice.message:
        notice = replace(_of_fields(everything), status=notice.status)
    words = error_words.plain(notice.message)
    if words not in _PHRASES and error_words.meaning(words, broken=False):
        return notice
    texts = [value for name, value in everything if value and name not in _CODE_FIELDS | {"status"}]
    others = dict.fromkeys(text for text in texts if error_words.plain(text) not in _PHRASES)
    return replace(notice, message=_with_meaningful(notice.message, list(others)))


def _with_meaningful(message: str, others: list[str]) -> str:
    """Add to an unclear message the text of the document that can be classified; a used-up quota first."""
    kinds = [error_words.meaning(error_words.plain(text), broken=False) for text in others]
    known = sorted(
        (kind is not QuotaExhausted, position) for position, kind in enumerate(kinds) if kind is not None
    )
    if known:
        return "; ".join(part for part in (message, others[known[0][1]]) if part)
    return message or "; ".join(others)


def _scalars(document: Any, *, lists: bool) -> list[tuple[str, str]]:
    """Names and values of a document's objects, the outer ones first.

    Args:
        document: of JSON.
        lists: whether the items of its lists count as well, under the name of the list.
    """
    fields: list[tuple[str, str]] = []
    level: list[tuple[str, Any]] = [("", document)]
    while level:
        fields += [
            (name, _line(str(each)))
            for name, each in level
            if isinstance(each, str | int | float) and not isinstance(each, bool)
        ]
        inside = [pair for _, each in level if isinstance(each, dict) for pair in each.items()]
        inside = [(str(name).lower(), value) for name, value in inside]
        if lists:
            inside += [(name, item) for name, each in level if isinstance(each, list) for item in each]
        level = inside
    return fields


def _of_fields(fields: list[tuple[str, str]]) -> Notice:
    status = next((int(value) for name, value in fields if name == "status" and _is_status(value)), 0)
    code = next((value for name, value in fields if name in _CODE_FIELDS and value), "")
    messages = dict.fromkeys(value for name, value in fields if name in _MESSAGE_FIELDS and value)
    if not status and _is_status(code):
        status, code = int(code), ""
    return Notice(status, code, "; ".join(messages))


def _is_status(text: str) -> bool:
    return re.fullmatch(r"[1-5][0-9]{2}", text) is not None


def encoding_of(body: bytes) -> str:
    """UTF-16 if the first bytes say so, else UTF-8 (which may turn out to be EUC-KR)."""
    return next((name for start, name in _ENCODINGS if start.match(body)), "utf-8")


def _decoded(body: bytes) -> str:
    encoding = encoding_of(body)
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError:
        text = body.decode("euc-kr" if encoding == "utf-8" else encoding, "replace")
    return text.removeprefix("\ufeff")


def _line(text: str) -> str:
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())
