"""Replies of data.go.kr's ``AsosHourlyInfoService/getWthrDataList``, JSON or XML; one page or more.

Each has a header with a result code and a body with items, one per station and hour (KST), whose fields are
text: blank where nothing was observed. Observations passed the KMA's quality control.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from xml.etree import ElementTree as ET

from weather_mlops.errors import FileRefused
from weather_mlops.kma import wire
from weather_mlops.sources import cells, encodings
from weather_mlops.sources.fields import BY_SERVICE, Column
from weather_mlops.sources.quoting import quoted

SUCCESS: Final = "00"
STATION, TIME = "stnId", "tm"
FLAGS: Final = ("Qcflg", "Qcflag")
LONGEST_MESSAGE: Final = 200
ASK: Final = "It holds no observations: ask again."
# An escape in JSON that may be half of a surrogate pair.
_HALF: Final = re.compile(r"\\ud[89a-f]", re.IGNORECASE)
# Several documents in one file: each page was appended to the one before.
_PAGE: Final = re.compile(r"(?=<\?xml\b)|(?<=</response>)")
# The service never sends these, and entities are a risk in a parser.
_ENTITIES: Final = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)

Item = Mapping[str, Any]


def parse(text: str) -> wire.Parsed:
    """Parse a response, or several in one text.

    Raises:
        FileRefused: it is no JSON or XML, an error, or of another service.
    """
    items = [item for page in pages(text) for item in _items(page)]
    names = {name for item in items for name in item}
    known = {BY_SERVICE[name].name: name for name in names & BY_SERVICE.keys()}
    if items and not (known and STATION in names and TIME in names):
        raise FileRefused(_other_service(sorted(names)))
    flags = {
        canonical: [_flag(item, name) for item in items]
        for canonical, name in known.items()
        if any(f"{name}{flag}" in names for flag in FLAGS)
    }
    return cells.parsed(
        cells.Cells(
            lines=list(range(1, len(items) + 1)),
            stations=[_text(item.get(STATION)) or "" for item in items],
            times=[_text(item.get(TIME)) or "" for item in items],
            values={
                canonical: [_text(item.get(name)) for item in items] for canonical, name in known.items()
            },
            columns={
                canonical: Column(BY_SERVICE[name], BY_SERVICE[name].scale)
                for canonical, name in known.items()
            },
            flags=flags,
            text=lambda index: json.dumps(items[index], ensure_ascii=False),
        )
    )


def pages(text: str) -> Iterator[Mapping[str, Any]]:
    """The contents of ``response`` of each document.

    Raises:
        FileRefused: it is no JSON or XML, or an error.
    """
    text = encodings.whole(text)
    for document in _json(text) if text.lstrip()[:1] in {"{", "["} else _xml(text):
        for each in document if isinstance(document, list) else [document]:
            yield _response(each)


def _json(text: str) -> Iterator[Any]:
    decoder, position = json.JSONDecoder(), 0
    text = text.strip()
    halves = _HALF.search(text) is not None
    try:
        while position < len(text):
            document, position = decoder.raw_decode(text, position)
            if halves:
                document = json.loads(encodings.whole(json.dumps(document, ensure_ascii=False)))
            yield document
            while text[position : position + 1] in {" ", "\t", "\r", "\n", ","} - {""}:
                position += 1
    except (ValueError, RecursionError) as error:
        raise FileRefused(f"damaged JSON, or cut off: {error}. Download it again.") from error


def _xml(text: str) -> Iterator[Any]:
    if _ENTITIES.search(text):
        raise FileRefused("XML with a DOCTYPE, which no response has. Download it again.")
    for page in _PAGE.split(text.strip()):
        if not page.strip():
            continue
        try:
            root = ET.fromstring(page.strip())  # noqa: S314  without a DOCTYPE there are no entities
        except (ET.ParseError, RecursionError, ValueError) as error:
            raise FileRefused(f"damaged XML, or cut off: {error}. Download it again.") from error
        for element in root.iter():
            if isinstance(element.tag, str):
                element.tag = element.tag.rpartition("}")[2]  # without the namespace
        yield {root.tag: _tree(root)}


def _tree(root: ET.Element) -> Mapping[str, Any]:
    header = {child.tag: child.text for child in root.iterfind("./header/*")}
    error = {child.tag: child.text for child in root.iterfind("./cmmMsgHeader/*")}
    item = [{child.tag: child.text for child in item} for item in root.iterfind("./body/items/item")]
    return {"header": header, "cmmMsgHeader": error, "body": {"items": {"item": item}}}


def _response(document: Any) -> Mapping[str, Any]:
    """The contents of a response.

    Raises:
        FileRefused: it is an error of the API Hub, of data.go.kr or its gateway, or no response of theirs.
    """
    if not isinstance(document, dict):
        raise FileRefused(f"JSON that is no response of getWthrDataList: {quoted(document)!r}")
    if isinstance(result := document.get("result"), dict):
        raise FileRefused(
            f"an error of the API Hub: {result.get('status')} {_message(result.get('message'))}. {ASK}"
        )
    gateway = document.get("OpenAPI_ServiceResponse")
    if isinstance(gateway, dict) and isinstance(error := gateway.get("cmmMsgHeader"), dict):
        raise FileRefused(f"an error of data.go.kr: {_message(' '.join(map(str, error.values())))}. {ASK}")
    response = document.get("response", document)
    header = response.get("header") if isinstance(response, dict) else None
    if not isinstance(header, dict) or "resultCode" not in header:
        raise FileRefused(f"no response of getWthrDataList: {quoted(document)!r}")
    if _text(header["resultCode"]) not in {SUCCESS, "0"}:
        raise FileRefused(
            f"an error of data.go.kr: {header['resultCode']} {_message(header.get('resultMsg'))}. {ASK}"
        )
    return dict(response)


def _items(response: Mapping[str, Any]) -> list[Item]:
    body = response.get("body")
    items = body.get("items") if isinstance(body, dict) else None
    rows = items.get("item") if isinstance(items, dict) else items
    if rows in (None, ""):
        return []
    rows = [rows] if isinstance(rows, dict) else rows
    if not isinstance(rows, list) or not all(isinstance(item, dict) for item in rows):
        raise FileRefused(f"no items of getWthrDataList: {quoted(rows)!r}")
    return rows


def _other_service(names: list[str]) -> str:
    daily = any(name.startswith(("avg", "sum", "max", "min")) for name in names)
    what = (
        "daily observations (AsosDalyInfoService)" if daily else "a response of another service of data.go.kr"
    )
    return f"{what}, with {quoted(', '.join(names[:6]))}: ask for AsosHourlyInfoService/getWthrDataList"


def _flag(item: Item, name: str) -> str | None:
    return next((_text(item[f"{name}{flag}"]) for flag in FLAGS if f"{name}{flag}" in item), None)


def _message(text: object) -> str:
    return quoted(text, LONGEST_MESSAGE).rstrip(". ")


def _text(value: object) -> str | None:
    return None if value is None else str(value).strip()
